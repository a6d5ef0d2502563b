/** Deepest nesting of objects and lists that is accepted. */
const MAX_DEPTH = 512;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Checks that `bytes[start, end)` is one JSON text (RFC 8259), blanks around it allowed. Answers -1, or the offset of the
 * first byte that no valid JSON could have there (`end` when the text is cut short, the bracket that nests too deeply).
 * That strings are UTF-8 is for the caller to check.
 */
export function findJsonError(bytes: Uint8Array, start = 0, end = bytes.length): number {
  return new JsonChecker(bytes, end).check(start);
}

/** What kind of value begins at or behind `start`. */
export function jsonTypeAt(bytes: Uint8Array, start: number): "object" | "array" | "string" | "number" | "bool" | "null" | "invalid" {
  let at = start;
  while (isBlank(bytes[at])) at++;
  const byte = bytes[at];
  if (byte === 0x7b) return "object";
  if (byte === 0x5b) return "array";
  if (byte === QUOTE) return "string";
  if (byte === 0x2d || isDigit(byte)) return "number";
  if (byte === 0x74 || byte === 0x66) return "bool";
  return byte === 0x6e ? "null" : "invalid";
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** One pass without recursion: a bit per level says whether it is an object. `#error` is where the text went wrong. */
class JsonChecker {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #isObject = new Uint8Array(MAX_DEPTH);
  #depth = 0;
  #at = 0;

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#end = end;
  }

  check(start: number): number {
    this.#at = start;
    let wantsValue = true;
    for (;;) {
      this.#blanks();
      if (wantsValue) {
        const step = this.#value();
        if (step === "error") return this.#at;
        wantsValue = step === "open";
      } else if (this.#depth === 0) {
        return this.#at === this.#end ? -1 : this.#at;
      } else {
        const step = this.#afterValue();
        if (step === "error") return this.#at;
        wantsValue = step === "next";
      }
    }
  }

  /** A scalar, an empty container ("done"), or the opening of one ("open": its first value comes next). */
  #value(): "open" | "done" | "error" {
    const byte = this.#peek();
    if (byte === 0x7b || byte === 0x5b) return this.#open(byte === 0x7b);
    if (byte === QUOTE) return this.#string() ? "done" : "error";
    if (byte === 0x74) return this.#word("true");
    if (byte === 0x66) return this.#word("false");
    if (byte === 0x6e) return this.#word("null");
    return this.#number() ? "done" : "error";
  }

  #open(isObject: boolean): "open" | "done" | "error" {
    if (this.#depth === MAX_DEPTH) return "error";
    this.#at++;
    this.#blanks();
    if (this.#peek() === (isObject ? 0x7d : 0x5d)) {
      this.#at++;
      return "done";
    }
    this.#isObject[this.#depth++] = isObject ? 1 : 0;
    return !isObject || this.#key() ? "open" : "error";
  }

  /** A comma with what follows ("next"), or the closing of the container ("done"). */
  #afterValue(): "next" | "done" | "error" {
    const isObject = this.#isObject[this.#depth - 1] === 1;
    const byte = this.#peek();
    if (byte === (isObject ? 0x7d : 0x5d)) {
      this.#at++;
      this.#depth--;
      return "done";
    }
    if (byte !== 0x2c) return "error";
    this.#at++;
    this.#blanks();
    return !isObject || this.#key() ? "next" : "error";
  }

  #key(): boolean {
    if (this.#peek() !== QUOTE || !this.#string()) return false;
    this.#blanks();
    if (this.#peek() !== 0x3a) return false;
    this.#at++;
    return true;
  }

  #string(): boolean {
    const bytes = this.#bytes;
    for (this.#at++; this.#at < this.#end; this.#at++) {
      const byte = bytes[this.#at];
      if (byte === QUOTE) {
        this.#at++;
        return true;
      }
      if (byte < 0x20) return false;
      if (byte === BACKSLASH && !this.#escape()) return false;
    }
    return false;
  }

  /** Leaves `#at` on the escape's last byte, or on the one that is wrong. */
  #escape(): boolean {
    this.#at++;
    const byte = this.#peek();
    if (byte !== 0x75) return byte > 0 && '"\\/bfnrt'.includes(String.fromCharCode(byte));
    for (let i = 0; i < 4; i++) {
      this.#at++;
      const digit = this.#peek();
      if (!isDigit(digit) && !((digit | 0x20) >= 0x61 && (digit | 0x20) <= 0x66)) return false;
    }
    return true;
  }

  #word(word: string): "done" | "error" {
    for (let i = 0; i < word.length; i++, this.#at++) if (this.#peek() !== word.charCodeAt(i)) return "error";
    return "done";
  }

  #number(): boolean {
    if (this.#peek() === 0x2d) this.#at++;
    if (this.#peek() === 0x30) this.#at++;
    else if (!this.#digits()) return false;
    if (this.#peek() === 0x2e) {
      this.#at++;
      if (!this.#digits()) return false;
    }
    if ((this.#peek() | 0x20) === 0x65) {
      this.#at++;
      if (this.#peek() === 0x2b || this.#peek() === 0x2d) this.#at++;
      if (!this.#digits()) return false;
    }
    return true;
  }

  #digits(): boolean {
    const start = this.#at;
    while (isDigit(this.#peek())) this.#at++;
    return this.#at > start;
  }

  #blanks(): void {
    while (this.#at < this.#end && isBlank(this.#bytes[this.#at])) this.#at++;
  }

  /** 0 at the end: it is valid nowhere in JSON. */
  #peek(): number {
    return this.#at < this.#end ? this.#bytes[this.#at] : 0;
  }
}
