import { ThriftType } from "./thrift-type.ts";

/**
 * Writes one Thrift struct in the compact protocol: as much of it as Parquet page headers and footers need. Field ids
 * ascend within a struct; integers are not negative and below 2^52.
 */
export class CompactWriter {
  #bytes = new Uint8Array(256);
  #length = 0;
  #lastId = 0;

  /** A field of one integer, below 2^31. */
  int32(id: number, value: number): void {
    this.#field(id, ThriftType.I32);
    this.#varint(value * 2); // Zigzag of a value that is not negative.
  }

  /** A field of one integer, below 2^52. */
  int64(id: number, value: number): void {
    this.#field(id, ThriftType.I64);
    this.#varint(value * 2);
  }

  /** A field of one byte, 0 to 255. */
  byte(id: number, value: number): void {
    this.#field(id, ThriftType.Byte);
    this.#push(value);
  }

  /** A field whose type is its value. */
  bool(id: number, value: boolean): void {
    this.#field(id, value ? ThriftType.True : ThriftType.False);
  }

  /** In UTF-8. */
  text(id: number, value: string): void {
    this.#field(id, ThriftType.Binary);
    this.#text(value);
  }

  /** @param write writes the fields of the structure */
  struct(id: number, write: () => void): void {
    this.#field(id, ThriftType.Struct);
    this.#struct(write);
  }

  /** A list; `write` is called for each item, in order. */
  structs<T>(id: number, items: readonly T[], write: (item: T) => void): void {
    this.#list(id, ThriftType.Struct, items.length);
    for (const item of items) this.#struct(() => write(item));
  }

  /** A list of integers below 2^31. */
  int32s(id: number, values: readonly number[]): void {
    this.#list(id, ThriftType.I32, values.length);
    for (const value of values) this.#varint(value * 2);
  }

  /** A list of texts in UTF-8. */
  texts(id: number, values: readonly string[]): void {
    this.#list(id, ThriftType.Binary, values.length);
    for (const value of values) this.#text(value);
  }

  /** Ends the outermost struct and gives its bytes. */
  finish(): Uint8Array {
    this.#push(0);
    return this.#bytes.subarray(0, this.#length);
  }

  #struct(write: () => void): void {
    const outer = this.#lastId;
    this.#lastId = 0;
    write();
    this.#push(0);
    this.#lastId = outer;
  }

  #field(id: number, type: number): void {
    const delta = id - this.#lastId;
    if (delta < 1 || delta > 15) throw new RangeError(`thrift field ${id} cannot follow ${this.#lastId}`);
    this.#push((delta << 4) | type);
    this.#lastId = id;
  }

  #list(id: number, elementType: number, count: number): void {
    this.#field(id, ThriftType.List);
    this.#push((Math.min(count, 15) << 4) | elementType);
    if (count >= 15) this.#varint(count);
  }

  #text(value: string): void {
    const bytes = Buffer.from(value);
    this.#varint(bytes.length);
    for (const byte of bytes) this.#push(byte);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#push(rest);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}
