import { isUtf8 } from "node:buffer";

import { PickledClass, PickledObject, type Unpickled } from "./pickled.ts";

const MARK = Symbol("mark");
type Slot = Unpickled | typeof MARK;

/** The stack, the memo and the bytes of a pickle, on which its opcodes work. @throws {RangeError} with what is wrong, and its byte */
export class PickleMachine {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #stack: Slot[] = [];
  readonly #memo: Unpickled[] = [];
  readonly #classes: ReadonlySet<string>;
  #at = 0;

  /** @param classes names of those that objects may be of, such as `qdrant_client.http.models.models.PointStruct` */
  constructor(bytes: Uint8Array, classes: ReadonlySet<string>) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#classes = classes;
  }

  /** The byte that is read next. */
  get at(): number {
    return this.#at;
  }

  /** Onto the stack. */
  push(value: Slot): void {
    this.#stack.push(value);
  }

  /** The next bytes. */
  #take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new RangeError(`the pickle breaks off at byte ${this.#bytes.length}`);
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A count or length of so many bytes, little-endian. */
  uint(bytes: 1 | 2 | 4 | 8): number {
    const at = this.#at;
    this.#take(bytes);
    switch (bytes) {
      case 1:
        return this.#bytes[at];
      case 2:
        return this.#view.getUint16(at, true);
      case 4:
        return this.#view.getUint32(at, true);
      default:
        return Number(this.#view.getBigUint64(at, true));
    }
  }

  /** Little-endian. */
  int32(): number {
    return this.#take(4).readInt32LE();
  }

  /** Eight bytes, big-endian. */
  float(): number {
    return this.#take(8).readDoubleBE();
  }

  /** Two's complement, of any length. */
  long(length: number): number | bigint {
    const bytes = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  /** @param length in bytes of UTF-8 */
  text(length: number): string {
    const bytes = this.#take(length);
    if (isUtf8(bytes)) return bytes.toString();
    // Python keeps halves of characters, which no UTF-8 has.
    throw new RangeError(`the text before byte ${this.#at} is no UTF-8`);
  }

  /** The next ones, borrowed. */
  bytes(length: number): Uint8Array {
    return this.#take(length);
  }

  /** The next line without its end, as protocol 0 has its arguments. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    return this.#take((end < 0 ? this.#bytes.length : end) + 1 - this.#at)
      .toString("utf8")
      .trimEnd();
  }

  /** From the stack; a mark is no value. */
  pop(): Unpickled {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw this.#wrong("nothing is on the stack");
    return value;
  }

  /** What is pushed from here on goes together. */
  mark(): void {
    this.#stack.push(MARK);
  }

  /** What is above the last mark, without it. */
  marked(): Unpickled[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw this.#wrong("no mark is on the stack");
    const values = this.#stack.splice(at).slice(1);
    return values as Unpickled[];
  }

  /** The value on top, of a kind. */
  top(): Unpickled {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw this.#wrong("nothing is on the stack");
    return value;
  }

  /** The value on top stays there. @param index the next one unless given */
  memoize(index = this.#memo.length): void {
    // Indexes go up by one as they are made, with any writer.
    if (index > this.#memo.length) throw this.#wrong(`memo ${index} is made before those below`);
    this.#memo[index] = this.top();
  }

  /** Onto the stack, a value that was memoized. */
  recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) throw this.#wrong(`memo ${index} is empty`);
    this.push(value);
  }

  /** The one on top of the stack, which stays there. */
  list(): Unpickled[] {
    const value = this.top();
    if (!Array.isArray(value)) throw this.#wrong("items are added to what is no list");
    return value;
  }

  /** Members in pairs, into the dictionary on top. */
  setItems(pairs: readonly Unpickled[]): void {
    const map = this.top();
    if (!(map instanceof Map) || pairs.length % 2 !== 0) throw this.#wrong("members are given to what takes none");
    for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  }

  /** A class onto the stack; nothing is ever called or loaded for it. */
  global(module: Unpickled, name: Unpickled): void {
    const found = `${module}.${name}`;
    if (!this.#classes.has(found)) throw new RangeError(`the pickle has objects of ${found}, which are not read`);
    this.push(new PickledClass(found));
  }

  /** An object of a class and its arguments, which are on top of the stack. */
  make(): void {
    const args = this.pop();
    const made = this.pop();
    if (!(made instanceof PickledClass) || !Array.isArray(args)) throw this.#wrong("an object is made of no class");
    this.push(new PickledObject(made.name, args));
  }

  /** Gives the object below it the state that is on top of the stack. */
  build(): void {
    const state = this.pop();
    const object = this.top();
    if (!(object instanceof PickledObject)) throw this.#wrong("a state is given to what takes none");
    object.state = state;
  }

  #wrong(what: string): RangeError {
    return new RangeError(`the pickle is damaged before byte ${this.#at}: ${what}`);
  }
}
