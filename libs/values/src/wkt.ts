// OGC well-known text, in two dimensions, to well-known binary, little-endian. Source: OGC 06-103r4; the accepted
// form: around-import §6. Topology is not checked.

import { WkbWriter } from "./wkb-writer.ts";

const typeCodes: Readonly<Record<string, number>> = {
  POINT: 1,
  LINESTRING: 2,
  POLYGON: 3,
  MULTIPOINT: 4,
  MULTILINESTRING: 5,
  MULTIPOLYGON: 6,
  GEOMETRYCOLLECTION: 7,
};
/** Names of the types, by their codes, which count from 1. */
export const GEOMETRY_TYPES: readonly string[] = Object.keys(typeCodes);
/** Deepest nesting of collections. */
export const MAX_DEPTH = 64;

/** @throws {RangeError} with the place of the first character that does not fit */
export function wktToWkb(text: string): Uint8Array {
  const parser = new WktParser(text);
  const out = new WkbWriter();
  parser.geometry(out, 0);
  parser.end();
  return out.bytes();
}

const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const letters = /[A-Za-z]+/y;

class WktParser {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  geometry(out: WkbWriter, depth: number): void {
    if (depth > MAX_DEPTH) throw this.#error("fewer nested collections");
    const name = this.#word();
    const code = Object.hasOwn(typeCodes, name) ? typeCodes[name] : undefined;
    if (code === undefined) throw this.#error(`one of ${GEOMETRY_TYPES.join(", ")}`);
    this.#header(out, code);
    if (this.#takeWord("EMPTY")) this.#empty(out, code);
    else if (code === 1) this.#inBrackets(() => this.#point(out));
    else if (code === 2) this.#list(out, () => this.#point(out));
    else if (code === 3) this.#polygon(out);
    else if (code === 7) this.#list(out, () => this.geometry(out, depth + 1));
    else this.#list(out, () => this.#member(out, code - 3));
  }

  end(): void {
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#error("the end");
  }

  #header(out: WkbWriter, code: number): void {
    out.uint8(1);
    out.uint32(code);
  }

  /** An empty point has coordinates that are no numbers; an empty list has no members. */
  #empty(out: WkbWriter, code: number): void {
    if (code === 1) {
      out.double(Number.NaN);
      out.double(Number.NaN);
    } else out.uint32(0);
  }

  /** A member of a MULTI…: it repeats its header, and a point may stand without brackets. */
  #member(out: WkbWriter, code: number): void {
    this.#header(out, code);
    if (this.#takeWord("EMPTY")) this.#empty(out, code);
    else if (code === 2) this.#list(out, () => this.#point(out));
    else if (code === 3) this.#polygon(out);
    else if (this.#peek() === "(") this.#inBrackets(() => this.#point(out));
    else this.#point(out);
  }

  #polygon(out: WkbWriter): void {
    this.#list(out, () => this.#list(out, () => this.#point(out)));
  }

  #list(out: WkbWriter, item: () => void): void {
    const countAt = out.length;
    out.uint32(0);
    let count = 0;
    this.#inBrackets(() => {
      do {
        item();
        count++;
      } while (this.#take(","));
    });
    out.setUint32(countAt, count);
  }

  #inBrackets(inner: () => void): void {
    if (!this.#take("(")) throw this.#error('"("');
    inner();
    if (!this.#take(")")) throw this.#error('")"');
  }

  #point(out: WkbWriter): void {
    out.double(this.#number());
    out.double(this.#number());
  }

  #number(): number {
    this.#blanks();
    number.lastIndex = this.#at;
    const match = number.exec(this.#text);
    const value = match ? Number(match[0]) : Number.NaN;
    if (!match || !Number.isFinite(value)) throw this.#error("a number");
    this.#at = number.lastIndex;
    return value;
  }

  #word(): string {
    this.#blanks();
    letters.lastIndex = this.#at;
    const word = letters.exec(this.#text)?.[0].toUpperCase() ?? "";
    if (Object.hasOwn(typeCodes, word) || word === "EMPTY") this.#at = letters.lastIndex;
    return word;
  }

  #takeWord(word: string): boolean {
    this.#blanks();
    if (this.#text.slice(this.#at, this.#at + word.length).toUpperCase() !== word) return false;
    this.#at += word.length;
    return true;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #peek(): string {
    this.#blanks();
    return this.#text[this.#at] ?? "";
  }

  #blanks(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #error(expected: string): RangeError {
    const found = this.#at < this.#text.length ? `"${this.#text.slice(this.#at, this.#at + 10)}"` : "the end";
    return new RangeError(`not well-known text: expected ${expected} at character ${this.#at}, found ${found}`);
  }
}
