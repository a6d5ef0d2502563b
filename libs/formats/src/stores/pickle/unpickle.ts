import { isUtf8 } from "node:buffer";

/** What a pickle made: data, and nothing that could run. */
export type Unpickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Unpickled[]
  | Map<Unpickled, Unpickled>
  | PickledClass
  | PickledObject;

/** The name of a class or function. */
export class PickledClass {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An object of a class: what it was made of, and its state. */
export class PickledObject {
  readonly className: string;
  readonly args: readonly Unpickled[];
  state: Unpickled = null;
  constructor(className: string, args: readonly Unpickled[]) {
    this.className = className;
    this.args = args;
  }
}

const MARK = Symbol("mark");
type Slot = Unpickled | typeof MARK;

/**
 * Reads a pickle of protocols 2 to 5 without executing anything: classes are names, objects what they were given. Opcodes that
 * call what was pickled are refused unless they make a plain object.
 * Source: CPython, `pickletools.py`.
 */
export class Unpickler {
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

  /** @throws {RangeError} with what is wrong or not known, and its byte */
  read(): Unpickled {
    for (;;) {
      const at = this.#at;
      const opcode = this.#take(1)[0];
      if (opcode === 0x2e) return this.#pop(); // STOP
      const work = opcodes[opcode];
      if (!work) throw new RangeError(`opcode 0x${opcode.toString(16)} at byte ${at} of the pickle is not read`);
      work(this);
    }
  }

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

  int32(): number {
    return this.#take(4).readInt32LE();
  }

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

  text(length: number): string {
    const bytes = this.#take(length);
    if (isUtf8(bytes)) return bytes.toString();
    // Python keeps halves of characters, which no UTF-8 has.
    throw new RangeError(`the text before byte ${this.#at} is no UTF-8`);
  }

  bytes(length: number): Uint8Array {
    return this.#take(length);
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    return this.#take((end < 0 ? this.#bytes.length : end) + 1 - this.#at)
      .toString("utf8")
      .trimEnd();
  }

  pop(): Unpickled {
    return this.#pop();
  }

  #pop(): Unpickled {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw this.#wrong("nothing is on the stack");
    return value;
  }

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

  memoize(index = this.#memo.length): void {
    // Indexes go up by one as they are made, with any writer.
    if (index > this.#memo.length) throw this.#wrong(`memo ${index} is made before those below`);
    this.#memo[index] = this.top();
  }

  recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) throw this.#wrong(`memo ${index} is empty`);
    this.push(value);
  }

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

  global(module: Unpickled, name: Unpickled): void {
    const found = `${module}.${name}`;
    if (!this.#classes.has(found)) throw new RangeError(`the pickle has objects of ${found}, which are not read`);
    this.push(new PickledClass(found));
  }

  make(): void {
    const args = this.#pop();
    const made = this.#pop();
    if (!(made instanceof PickledClass) || !Array.isArray(args)) throw this.#wrong("an object is made of no class");
    this.push(new PickledObject(made.name, args));
  }

  build(): void {
    const state = this.#pop();
    const object = this.top();
    if (!(object instanceof PickledObject)) throw this.#wrong("a state is given to what takes none");
    object.state = state;
  }

  #wrong(what: string): RangeError {
    return new RangeError(`the pickle is damaged before byte ${this.#at}: ${what}`);
  }
}

type Opcode = (reader: Unpickler) => void;

const constant = (value: Unpickled | (() => Unpickled)): Opcode =>
  typeof value === "function" ? (r) => r.push(value()) : (r) => r.push(value);

const opcodes: Readonly<Record<number, Opcode>> = {
  128: (r) => void r.uint(1), // PROTO
  149: (r) => void r.uint(8), // FRAME
  78: constant(null), // NONE
  136: constant(true), // NEWTRUE
  137: constant(false), // NEWFALSE
  93: constant(() => []), // EMPTY_LIST
  41: constant(() => []), // EMPTY_TUPLE
  125: constant(() => new Map()), // EMPTY_DICT
  143: constant(() => []), // EMPTY_SET
  75: (r) => r.push(r.uint(1)), // BININT1
  77: (r) => r.push(r.uint(2)), // BININT2
  74: (r) => r.push(r.int32()), // BININT
  138: (r) => r.push(r.long(r.uint(1))), // LONG1
  139: (r) => r.push(r.long(r.uint(4))), // LONG4
  71: (r) => r.push(r.float()), // BINFLOAT
  140: (r) => r.push(r.text(r.uint(1))), // SHORT_BINUNICODE
  88: (r) => r.push(r.text(r.uint(4))), // BINUNICODE
  141: (r) => r.push(r.text(r.uint(8))), // BINUNICODE8
  67: (r) => r.push(r.bytes(r.uint(1))), // SHORT_BINBYTES
  66: (r) => r.push(r.bytes(r.uint(4))), // BINBYTES
  142: (r) => r.push(r.bytes(r.uint(8))), // BINBYTES8
  40: (r) => r.mark(),
  48: (r) => void r.pop(), // POP
  148: (r) => r.memoize(), // MEMOIZE
  113: (r) => r.memoize(r.uint(1)), // BINPUT
  114: (r) => r.memoize(r.uint(4)), // LONG_BINPUT
  104: (r) => r.recall(r.uint(1)), // BINGET
  106: (r) => r.recall(r.uint(4)), // LONG_BINGET
  97: (r) => {
    // APPEND
    const value = r.pop();
    r.list().push(value);
  },
  101: (r) => {
    // APPENDS
    const values = r.marked();
    const list = r.list();
    for (const value of values) list.push(value);
  },
  144: (r) => void r.marked(), // ADDITEMS: sets are of nobody's interest here
  115: (r) => {
    // SETITEM
    const value = r.pop();
    r.setItems([r.pop(), value]);
  },
  117: (r) => r.setItems(r.marked()), // SETITEMS
  116: (r) => r.push(r.marked()), // TUPLE
  133: (r) => r.push([r.pop()]), // TUPLE1
  134: (r) => r.push([r.pop(), r.pop()].reverse()), // TUPLE2
  135: (r) => r.push([r.pop(), r.pop(), r.pop()].reverse()), // TUPLE3
  99: (r) => r.global(r.line(), r.line()), // GLOBAL
  147: (r) => {
    // STACK_GLOBAL
    const name = r.pop();
    r.global(r.pop(), name);
  },
  129: (r) => r.make(), // NEWOBJ
  98: (r) => r.build(), // BUILD
};
