import { excerpt } from "@sluice/errors";

/** What a NumPy header may hold. Lists and tuples are arrays. */
export type PythonValue = string | number | boolean | null | readonly PythonValue[];

/** A literal that is none, with the place of the first character that does not fit. */
export class LiteralError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const DEPTH_LIMIT = 16;
const integer = /-?(?:0|[1-9]\d*)L?/y;
const word = /[A-Za-z]+/y;

/**
 * Reads the dictionary of a NumPy header: string keys, and as values strings, integers (with the `L` of Python 2), True,
 * False, None, tuples and lists. Nothing is evaluated: any other expression is refused. Blanks and line ends may surround it.
 * @throws {LiteralError}
 */
export function parsePythonDict(text: string): Map<string, PythonValue> {
  const parser = new LiteralParser(text);
  return parser.dictionary();
}

class LiteralParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  dictionary(): Map<string, PythonValue> {
    const entries = new Map<string, PythonValue>();
    this.#expect("{");
    while (!this.#accept("}")) {
      const key = this.#string();
      if (entries.has(key)) this.#fail(`the key '${excerpt(key)}' once`);
      this.#expect(":");
      entries.set(key, this.#value(0));
      if (!this.#accept(",") && this.#peek() !== "}") this.#fail("',' or '}'");
    }
    if (this.#peek() !== "") this.#fail("the end");
    return entries;
  }

  #value(depth: number): PythonValue {
    if (depth > DEPTH_LIMIT) this.#fail("fewer nested values");
    const first = this.#peek();
    if (first === "'" || first === '"') return this.#string();
    if (this.#accept("(")) return this.#items(")", depth);
    if (this.#accept("[")) return this.#items("]", depth);
    const number = this.#take(integer);
    if (number !== undefined) return Number.parseInt(number, 10);
    const name = this.#take(word);
    if (name === "True" || name === "False") return name === "True";
    if (name === "None") return null;
    this.#at -= name?.length ?? 0;
    return this.#fail("a string, an integer, True, False, None, a tuple or a list");
  }

  #items(close: string, depth: number): PythonValue[] {
    const items: PythonValue[] = [];
    while (!this.#accept(close)) {
      items.push(this.#value(depth + 1));
      if (!this.#accept(",") && this.#peek() !== close) this.#fail(`',' or '${close}'`);
    }
    return items;
  }

  #string(): string {
    const quote = this.#peek();
    if (quote !== "'" && quote !== '"') this.#fail("a string");
    let value = "";
    for (this.#at++; this.#text[this.#at] !== quote; this.#at++) {
      if (this.#text[this.#at] === "\\") this.#at++;
      if (this.#at >= this.#text.length) this.#fail(`${quote}`);
      value += this.#text[this.#at];
    }
    this.#at++;
    return value;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    this.#at += match?.length ?? 0;
    return match;
  }

  #accept(mark: string): boolean {
    if (this.#peek() !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#accept(mark)) this.#fail(`'${mark}'`);
  }

  /** The next character that is no blank; empty at the end. */
  #peek(): string {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
    return this.#text[this.#at] ?? "";
  }

  #fail(expected: string): never {
    const found = this.#text.slice(this.#at, this.#at + 20);
    throw new LiteralError(`expected ${expected}, found ${found ? `"${found}"` : "the end"}`, this.#at);
  }
}
