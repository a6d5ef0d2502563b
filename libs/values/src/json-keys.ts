const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const SPACE = 0x20;
/** So many keys of one object are compared faster than hashed into a table. */
const FEW_KEYS = 64;

/** Keys of the objects that are open, outermost first, and where each object's begin. Synchronous, so one serves all. */
const hashes: number[] = [];
const frames: number[] = [];

/**
 * Removes, in place, every member of an object whose key occurs again further on: the last one counts, as it does for Go's and
 * Python's decoders and so for Milvus's import. Filters stop at the first match and clients keep the last one; of a text
 * without repetitions they cannot mean different things. Blanks take the place of what is removed, at the end of the text, for those
 * whose texts keep their length.
 * @param bytes valid JSON in `[start, end)`
 * @returns where the text ends without these blanks
 */
export function dropRepeatedKeys(bytes: Uint8Array, start = 0, end = bytes.length): number {
  if (!mayRepeatKeys(bytes, start, end)) return end;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const left = start + new Rewriter(text).whole();
  bytes.fill(SPACE, left, end);
  return left;
}

/** One pass over hashes of keys: false when no object repeats one. Equal hashes and escapes call for a closer look. */
function mayRepeatKeys(bytes: Uint8Array, start: number, end: number): boolean {
  hashes.length = frames.length = 0;
  let isKey = false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const close = closingQuote(bytes, at + 1);
      if (isKey && isRepeated(bytes, at + 1, close)) return true;
      isKey = false;
      at = close;
    } else if (byte === OPEN_OBJECT) {
      frames.push(hashes.length);
      isKey = true;
    } else if (byte === OPEN_LIST) {
      frames.push(-1);
      isKey = false;
    } else if (byte === COMMA) isKey = frames[frames.length - 1] >= 0;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      const frame = frames.pop() as number;
      if (frame >= 0) hashes.length = frame;
      isKey = false;
    }
  }
  return false;
}

/** Adds a key to the innermost object. */
function isRepeated(bytes: Uint8Array, start: number, end: number): boolean {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) {
    if (bytes[at] === BACKSLASH) return true;
    hash = Math.imul(hash ^ bytes[at], 0x01000193);
  }
  const frame = frames[frames.length - 1];
  // Of objects with many keys the closer look is the only one: its time is linear in their number.
  if (hashes.length - frame >= FEW_KEYS) return true;
  for (let i = frame; i < hashes.length; i++) if (hashes[i] === hash) return true;
  hashes.push(hash);
  return false;
}

function closingQuote(bytes: Uint8Array, at: number): number {
  while (bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** Where a member of an object lies in the text, its comma included. */
interface Member {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Finds what is to go. Numbers and texts stay as they are written. */
class Rewriter {
  readonly #text: Buffer;
  /** What is left out: start and end of each. One lies in another or apart from it. Numbers alone, as there may be millions. */
  #gone = new Uint32Array(64);
  #count = 0;
  #at = 0;

  constructor(text: Buffer) {
    this.#text = text;
  }

  /** Moves what stays to the front of the text; answers its length. */
  whole(): number {
    this.#value();
    let from = 0;
    let length = 0;
    const keep = (end: number) => {
      this.#text.copyWithin(length, from, end);
      length += end - from;
    };
    for (const [start, end] of this.#sorted()) {
      if (start < from) continue; // It goes with the one that it lies in.
      keep(start);
      from = end;
    }
    keep(this.#text.length);
    return length;
  }

  *#sorted(): Generator<readonly [start: number, end: number]> {
    const gone = this.#gone;
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i).sort((a, b) => gone[2 * a] - gone[2 * b]);
    for (const i of order) yield [gone[2 * i], gone[2 * i + 1]];
  }

  #leaveOut({ start, end }: Member): void {
    if (2 * this.#count === this.#gone.length) {
      const grown = new Uint32Array(2 * this.#gone.length);
      grown.set(this.#gone);
      this.#gone = grown;
    }
    this.#gone[2 * this.#count] = start;
    this.#gone[2 * this.#count++ + 1] = end;
  }

  /** Walks over the value that begins here; recursion is bounded by the depth that valid texts have. */
  #value(): void {
    const byte = this.#peek();
    if (byte === QUOTE) this.#at = closingQuote(this.#text, this.#at + 1) + 1;
    else if (byte === OPEN_OBJECT) this.#object();
    else if (byte === OPEN_LIST) this.#list();
    else while (this.#at < this.#text.length && !isEnd(this.#text[this.#at])) this.#at++;
  }

  #list(): void {
    this.#at++;
    while (this.#peek() !== CLOSE_LIST) {
      this.#value();
      if (this.#peek() === COMMA) this.#at++;
    }
    this.#at++;
  }

  #object(): void {
    this.#at++;
    const last = new Map<string, Member>();
    while (this.#peek() !== CLOSE_OBJECT) {
      const member = this.#member();
      const earlier = last.get(member.name);
      if (earlier) this.#leaveOut(earlier);
      last.set(member.name, member);
    }
    this.#at++;
  }

  /** A key with its value and the comma behind it. */
  #member(): Member {
    const start = this.#at;
    const close = closingQuote(this.#text, start + 1);
    const name = JSON.parse(this.#text.toString("utf8", start, close + 1)) as string;
    this.#at = close + 1;
    this.#peek();
    this.#at++; // The colon.
    this.#value();
    if (this.#peek() === COMMA) this.#at++;
    return { name, start, end: this.#at };
  }

  /** The next byte that is no blank; stands at it. */
  #peek(): number {
    while (this.#at < this.#text.length && this.#text[this.#at] <= SPACE) this.#at++;
    return this.#text[this.#at];
  }
}

function isEnd(byte: number): boolean {
  return byte <= SPACE || byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT;
}
