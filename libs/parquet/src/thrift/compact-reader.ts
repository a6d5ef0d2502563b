import { CutShort, Damage } from "../damage.ts";
import { ThriftType } from "./thrift-type.ts";

/**
 * What becomes of the fields of a structure, by id: each function takes its value from the reader, which stands before it.
 * Fields that have none are stepped over.
 */
export type ThriftFields<T> = (((target: T, reader: ThriftReader, type: number) => void) | undefined)[];

/** Parquet's own structures nest less than ten levels. */
const MAX_DEPTH = 32;

/**
 * Compact-protocol decoder over bytes that are not trusted: it never reads beyond `end`, allocates nothing, and every
 * element of a list costs at least one byte, so a huge count cannot keep it busy. @throws {CutShort | Damage}
 */
export class ThriftReader {
  at = 0;
  /** What is read; not copied. */
  bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** Id of the field whose type `nextField` has just answered. */
  fieldId = 0;

  /** Over `bytes[start, end)`, which starts with a field of a structure. */
  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
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

  /** A field that counts or measures something in 64 bits. @throws {Damage} also beyond 2^53 */
  int64(type: number): number {
    if (type < ThriftType.I16 || type > ThriftType.I64)
      throw new Damage(`expected a 64-bit integer, found thrift type ${type}`);
    const value = this.#varint();
    if (value > 2 * Number.MAX_SAFE_INTEGER) throw new Damage(`an integer exceeds 53 bits: ${value / 2}`);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Signed. @throws {Damage} when it has another type */
  byte(type: number): number {
    if (type !== ThriftType.Byte) throw new Damage(`expected a byte, found thrift type ${type}`);
    return (this.#byte() << 24) >> 24;
  }

  /** UTF-8, copied; longer than `maxBytes`, stepped over, and empty. */
  text(type: number, maxBytes = Number.POSITIVE_INFINITY): string {
    const start = this.#binary(type);
    if (this.at - start > maxBytes) return "";
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.at - start).toString();
  }

  /** Which of these a text is, if any; taken without a copy. @param words ASCII */
  oneOf<T extends string>(type: number, words: readonly T[]): T | undefined {
    const start = this.#binary(type);
    const isHere = (word: string) => {
      if (this.at - start !== word.length) return false;
      for (let i = 0; i < word.length; i++) if (this.bytes[start + i] !== word.charCodeAt(i)) return false;
      return true;
    };
    return words.find(isHere);
  }

  /** Enters a list and answers how many elements follow, at most as many as bytes are left. */
  list(type: number, elementType: number): number {
    if (type !== ThriftType.List) throw new Damage(`expected a list, found thrift type ${type}`);
    const head = this.#byte();
    const count = head >>> 4 === 15 ? this.#varint() : head >>> 4;
    if (count > this.#end - this.at) throw new CutShort(`a list of ${count} elements`);
    if (count > 0 && (head & 0x0f) !== elementType)
      throw new Damage(`expected elements of thrift type ${elementType}, found ${head & 0x0f}`);
    return count;
  }

  /** Reads the fields of the structure that the reader stands in, to its end. */
  fields<T>(target: T, fields: ThriftFields<T>): void {
    for (let type = this.nextField(); type !== ThriftType.Stop; type = this.nextField()) {
      const take = fields[this.fieldId];
      if (take) take(target, this, type);
      else this.skip(type, 1);
    }
  }

  /** Reads a field that is a structure into `target`. */
  struct<T>(type: number, target: T, fields: ThriftFields<T>): T {
    const outer = this.enter(type);
    this.fields(target, fields);
    this.leave(outer);
    return target;
  }

  /** The type itself is the value. @throws {Damage} when it has another type */
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

  /** @param outer as `enter` answered it */
  leave(outer: number): void {
    this.fieldId = outer;
  }

  /** Steps over a value of any type. @throws {Damage} beyond 32 levels */
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

  /** Steps over all fields of a structure. */
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
    return this.bytes[this.at++];
  }

  /** Steps over a text and answers where it starts; it ends at `at`. */
  #binary(type: number): number {
    if (type !== ThriftType.Binary) throw new Damage(`expected a text, found thrift type ${type}`);
    const length = this.#varint();
    this.#advance(length);
    return this.at - length;
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
