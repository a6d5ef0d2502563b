import { firstMember, type JsonKind, jsonKindAt, nextMember, readJsonNumber, skipValue } from "@sluice/values";
import { type Constant, isList, utf8 } from "../constant.ts";
import { ByteSet, equalBytes } from "./byte-set.ts";
import { jsonBytes } from "./json-strings.ts";
import { PlainValues } from "./plain-values.ts";

/**
 * Finds JSON values in a list of literals, of any kinds together. Fed the elements of one list after the other it counts
 * how many different literals have occurred.
 */
export class LiteralMatcher {
  /** Literals, without repetitions. */
  readonly size: number;
  /** The kinds of JSON values that can match. */
  readonly kinds: ReadonlySet<JsonKind>;
  /** Different literals found since `reset()`. */
  matched = 0;

  /** Those that are numbered first; strings follow, and lists. */
  readonly #plain: PlainValues;
  readonly #strings: ByteSet;
  readonly #firstString: number;
  readonly #lists: readonly (readonly Constant[])[];
  readonly #firstList: number;
  /** The round in which each literal was last found. */
  readonly #seen: Uint32Array;
  #round = 0;

  constructor(values: readonly Constant[]) {
    const strings = [...new Set(values.filter((value) => typeof value === "string"))];
    this.#plain = new PlainValues(values);
    this.#strings = new ByteSet(strings);
    this.#lists = [...new Set(values.filter(isList))];
    this.#firstString = this.#plain.size;
    this.#firstList = this.#firstString + strings.length;
    this.size = this.#firstList + this.#lists.length;
    this.kinds = new Set(values.map(kindOf));
    this.#seen = new Uint32Array(this.size);
  }

  /** Another list begins: nothing of it was found yet. */
  reset(): void {
    this.matched = 0;
    this.#round = (this.#round + 1) >>> 0;
    if (this.#round !== 0) return;
    this.#seen.fill(0);
    this.#round = 1;
  }

  /** Looks up the JSON value at `at`. */
  feed(data: Uint8Array, at: number, end: number): void {
    const kind = jsonKindAt(data, at);
    if (!this.kinds.has(kind)) return;
    if (kind === "number") this.#feedNumber(readJsonNumber(data, at, skipValue(data, at, end)));
    else if (kind === "bool") this.#mark(this.#plain.bool(data[at] === 0x74));
    else if (kind === "string") this.#feedString(data, at, end);
    else this.#feedList(data, at, end);
  }

  #feedNumber(value: number | bigint): void {
    this.#mark(this.#plain.double(value));
    this.#mark(this.#plain.integer(value));
  }

  #feedString(data: Uint8Array, at: number, end: number): void {
    const text = jsonBytes(data, at, end);
    const number = this.#strings.indexOf(text.data, text.start, text.end);
    this.#mark(number < 0 ? number : this.#firstString + number);
  }

  #feedList(data: Uint8Array, at: number, end: number): void {
    this.#lists.forEach((list, index) => {
      if (jsonEquals(data, at, end, list)) this.#mark(this.#firstList + index);
    });
  }

  #mark(number: number): void {
    if (number < 0 || this.#seen[number] === this.#round) return;
    this.#seen[number] = this.#round;
    this.matched++;
  }
}

function kindOf(value: Constant): JsonKind {
  if (isList(value)) return "list";
  return typeof value === "string" ? "string" : typeof value === "boolean" ? "bool" : "number";
}

/** Does the JSON value equal the literal: numbers by value, lists element by element? */
export function jsonEquals(data: Uint8Array, at: number, end: number, literal: Constant): boolean {
  if (jsonKindAt(data, at) !== kindOf(literal)) return false;
  if (isList(literal)) return listEquals(data, at, end, literal);
  if (typeof literal === "boolean") return (data[at] === 0x74) === literal;
  if (typeof literal === "string") {
    const text = jsonBytes(data, at, end);
    return equalBytes(text.data, text.start, text.end, utf8(literal));
  }
  const value = readJsonNumber(data, at, skipValue(data, at, end));
  // biome-ignore lint/suspicious/noDoubleEquals: only == compares a bigint with a double by value
  return typeof literal === "number" ? Number(value) === literal : value == literal;
}

function listEquals(data: Uint8Array, at: number, end: number, literal: readonly Constant[]): boolean {
  let element = firstMember(data, at, end);
  for (const item of literal) {
    if (element >= end || !jsonEquals(data, element, end, item)) return false;
    element = nextMember(data, element, end);
  }
  return element >= end;
}
