import { CompactType } from "@sluice/parquet";
import { malformed } from "../malformed.ts";

export type ThriftValue = number | boolean | Uint8Array | ThriftValue[] | ThriftStruct;

/** Deeper nesting than any Parquet structure has. */
const maxDepth = 24;

/** Values of one struct by field id. Missing or of another kind than asked for reads as undefined or is refused. */
export class ThriftStruct {
  readonly #fields = new Map<number, ThriftValue>();
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  set(id: number, value: ThriftValue): void {
    this.#fields.set(id, value);
  }

  has(id: number): boolean {
    return this.#fields.has(id);
  }

  optionalInt(id: number): number | undefined {
    const value = this.#fields.get(id);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isSafeInteger(value)) throw this.#missing(id, "integer");
    return value;
  }

  int(id: number): number {
    return this.optionalInt(id) ?? this.#fail(id, "integer");
  }

  bool(id: number, absent: boolean): boolean {
    const value = this.#fields.get(id) ?? absent;
    if (typeof value !== "boolean") throw this.#missing(id, "boolean");
    return value;
  }

  optionalStruct(id: number): ThriftStruct | undefined {
    const value = this.#fields.get(id);
    if (value === undefined || value instanceof ThriftStruct) return value;
    throw this.#missing(id, "struct");
  }

  struct(id: number): ThriftStruct {
    return this.optionalStruct(id) ?? this.#fail(id, "struct");
  }

  structs(id: number): ThriftStruct[] {
    const value = this.#fields.get(id);
    if (!Array.isArray(value)) throw this.#missing(id, "list");
    return value.map((item) => (item instanceof ThriftStruct ? item : this.#fail(id, "list of structs")));
  }

  optionalText(id: number): string | undefined {
    const value = this.#fields.get(id);
    return value instanceof Uint8Array ? Buffer.from(value).toString() : undefined;
  }

  #fail(id: number, expected: string): never {
    throw this.#missing(id, expected);
  }

  #missing(id: number, expected: string): Error {
    return malformed(`${this.#what}: expected a ${expected} as thrift field ${id}`);
  }
}

/**
 * Reads one struct of the compact protocol; `end` is the offset after it. Integers come as doubles, so those beyond 2^53
 * are not exact: `ThriftStruct.int` refuses them.
 * @param what names the struct in messages
 * @throws {ImportError} `malformed_file`
 */
export function readThriftStruct(bytes: Uint8Array, start: number, what: string): { value: ThriftStruct; end: number } {
  const reader = new CompactReader(bytes, start, what);
  const value = reader.struct(0);
  return { value, end: reader.position };
}

class CompactReader {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #what: string;

  constructor(bytes: Uint8Array, start: number, what: string) {
    this.#bytes = bytes;
    this.position = start;
    this.#what = what;
  }

  struct(depth: number): ThriftStruct {
    if (depth > maxDepth) throw malformed(`${this.#what}: thrift structs are nested too deep`);
    const struct = new ThriftStruct(this.#what);
    let id = 0;
    for (;;) {
      const header = this.#byte();
      if (header === 0) return struct;
      const delta = header >>> 4;
      id = delta === 0 ? this.#zigzag() : id + delta;
      struct.set(id, this.#value(header & 15, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case CompactType.True:
        return true;
      case CompactType.False:
        return false;
      case CompactType.Byte:
        return (this.#byte() << 24) >> 24;
      case CompactType.I16:
      case CompactType.I32:
      case CompactType.I64:
        return this.#zigzag();
      case CompactType.Double:
        return this.#double();
      case CompactType.Binary:
        return this.#take(this.#varint());
      case CompactType.List:
      case CompactType.Set:
        return this.#list(depth);
      case CompactType.Struct:
        return this.struct(depth + 1);
      default:
        throw malformed(`${this.#what}: thrift type ${type} is not used in Parquet`);
    }
  }

  #list(depth: number): ThriftValue[] {
    if (depth > maxDepth) throw malformed(`${this.#what}: thrift lists are nested too deep`);
    const header = this.#byte();
    const count = header >>> 4 === 15 ? this.#varint() : header >>> 4;
    // Every element takes a byte at least: a count that lies cannot make us allocate.
    if (count > this.#bytes.length - this.position) throw malformed(`${this.#what}: a list of ${count} is cut short`);
    const type = header & 15;
    const isBool = type === CompactType.True || type === CompactType.False;
    const list: ThriftValue[] = [];
    for (let i = 0; i < count; i++)
      list.push(isBool ? this.#byte() === CompactType.True : this.#value(type, depth + 1));
    return list;
  }

  #double(): number {
    const bytes = this.#take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw malformed(`${this.#what}: an integer has more than 10 bytes`);
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.position) throw malformed(`${this.#what} is cut short`);
    this.position += length;
    return this.#bytes.subarray(this.position - length, this.position);
  }

  #byte(): number {
    if (this.position >= this.#bytes.length) throw malformed(`${this.#what} is cut short`);
    return this.#bytes[this.position++];
  }
}
