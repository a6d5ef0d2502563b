import { CutShort, Damage } from "../damage.ts";

/** Wire types of the compact protocol. Source: Apache Thrift, thrift-compact-protocol.md. */
export const ThriftType = {
  Stop: 0,
  True: 1,
  False: 2,
  Byte: 3,
  I16: 4,
  I32: 5,
  I64: 6,
  Double: 7,
  Binary: 8,
  List: 9,
  Set: 10,
  Map: 11,
  Struct: 12,
  Uuid: 13,
} as const;

/** Parquet's own structures nest less than ten levels. */
const MAX_DEPTH = 32;

/**
 * Compact-protocol decoder over bytes that are not trusted: it never reads beyond `end`, allocates nothing, and every
 * element of a list costs at least one byte, so a huge count cannot keep it busy. @throws {CutShort | Damage}
 */
export class ThriftReader {
  at = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** Id of the field whose type `nextField` has just answered. */
  fieldId = 0;

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
    this.fieldId = 0;
  }

  /** Type of the next field of the current struct, `Stop` at its end. */
  nextField(): number {
    const head = this.#byte();
    const type = head & 0x0f;
    if (type === ThriftType.Stop) return type;
    const delta = head >>> 4;
    this.fieldId = delta > 0 ? this.fieldId + delta : this.#zigzag32();
    return type;
  }

  /** A field of type I32 that counts or measures something. @throws {Damage} when it has another type */
  int32(type: number): number {
    if (type !== ThriftType.I32 && type !== ThriftType.I16)
      throw new Damage(`expected a 32-bit integer, found thrift type ${type}`);
    return this.#zigzag32();
  }

  bool(type: number): boolean {
    if (type !== ThriftType.True && type !== ThriftType.False)
      throw new Damage(`expected a boolean, found thrift type ${type}`);
    return type === ThriftType.True;
  }

  /** Enters a struct: the caller keeps what is answered and gives it to `leave`. */
  enter(type: number): number {
    if (type !== ThriftType.Struct) throw new Damage(`expected a structure, found thrift type ${type}`);
    const outer = this.fieldId;
    this.fieldId = 0;
    return outer;
  }

  leave(outer: number): void {
    this.fieldId = outer;
  }

  skip(type: number, depth = 0): void {
    if (depth > MAX_DEPTH) throw new Damage("structures nest too deeply");
    if (type === ThriftType.True || type === ThriftType.False) return;
    if (type === ThriftType.Byte) this.#advance(1);
    else if (type >= ThriftType.I16 && type <= ThriftType.I64) this.#varint();
    else if (type === ThriftType.Double) this.#advance(8);
    else if (type === ThriftType.Uuid) this.#advance(16);
    else if (type === ThriftType.Binary) this.#advance(this.#varint());
    else if (type === ThriftType.List || type === ThriftType.Set) this.#skipList(depth);
    else if (type === ThriftType.Map) this.#skipMap(depth);
    else if (type === ThriftType.Struct) this.skipStruct(depth);
    else throw new Damage(`unknown thrift type ${type}`);
  }

  skipStruct(depth = 0): void {
    const outer = this.enter(ThriftType.Struct);
    for (let type = this.nextField(); type !== ThriftType.Stop; type = this.nextField()) this.skip(type, depth + 1);
    this.leave(outer);
  }

  #skipList(depth: number): void {
    const head = this.#byte();
    const count = head >>> 4 === 15 ? this.#varint() : head >>> 4;
    for (let i = 0; i < count; i++) this.#skipElement(head & 0x0f, depth);
  }

  #skipMap(depth: number): void {
    const count = this.#varint();
    const types = count > 0 ? this.#byte() : 0;
    for (let i = 0; i < count; i++) {
      this.#skipElement(types >>> 4, depth);
      this.#skipElement(types & 0x0f, depth);
    }
  }

  /** In collections a boolean takes a byte of its own. */
  #skipElement(type: number, depth: number): void {
    if (type === ThriftType.True || type === ThriftType.False) this.#advance(1);
    else this.skip(type, depth + 1);
  }

  #byte(): number {
    if (this.at >= this.#end) throw new CutShort("a header");
    return this.#bytes[this.at++];
  }

  #advance(count: number): void {
    if (count > this.#end - this.at) throw new CutShort("a header");
    this.at += count;
  }

  /** Unsigned; exact below 2^53, which is beyond every length that fits into a file. */
  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new Damage("an integer is longer than ten bytes");
  }

  #zigzag32(): number {
    const value = this.#varint();
    if (value > 0xffffffff) throw new Damage(`an integer exceeds 32 bits: ${value}`);
    return (value >>> 1) ^ -(value & 1);
  }
}
