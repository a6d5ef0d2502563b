import { excerpt } from "@sluice/errors";
import { FilterError, lineAndColumn } from "../filter-error.ts";
import type { PathStep } from "./ast.ts";
import { isDigit, readNumber } from "./number-literal.ts";
import { decodePathKey, decodePattern, decodeString, stringEnd } from "./string-literal.ts";

/** Operators and brackets are their own kind; `&&`, `||`, `!` are `and`, `or`, `not`. `=~` and `!~` are both `regex`. */
export type TokenKind =
  | "end"
  | "number"
  | "bool"
  | "string"
  | "name"
  | "path"
  | "is null"
  | "is not null"
  | "and"
  | "or"
  | "not"
  | "in"
  | "like"
  | "exists"
  | "regex"
  | Symbol;

type Symbol =
  | ("==" | "!=" | "<=" | ">=" | "<<" | ">>" | "**" | "<" | ">" | "+" | "-" | "*" | "/" | "%")
  | ("&" | "|" | "^" | "~" | "=" | "(" | ")" | "[" | "]" | "{" | "}" | ",");

const keywords: ReadonlySet<string> = new Set(["and", "or", "not", "in", "like", "exists"]);
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
]);
const symbols: ReadonlyMap<string, TokenKind> = new Map<string, TokenKind>([
  ...(["==", "!=", "<=", ">=", "<<", ">>", "**"] as const).map((text) => [text, text] as const),
  ...([..."<>+-*/%&|^~=()[]{},"] as Symbol[]).map((text) => [text, text] as const),
  ["&&", "and"],
  ["||", "or"],
  ["=~", "regex"],
  ["!~", "regex"],
  ["!", "not"],
]);

const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const nullTest = /is[ \t\r\n]+(not[ \t\r\n]+)?null(?![A-Za-z0-9_])/iy;
const inAhead = /[ \t\r\n]*in(?![A-Za-z0-9_])/iy;
const meta = /\$meta(?![A-Za-z0-9_])/y;
const pathIndex = /\[(0|[1-9][0-9]*)\]/y;
const structPart = /(?:\[([0-9]+)\])?(\[[A-Za-z_][A-Za-z0-9_]*\])/y;
const element = /\$\[[A-Za-z_][A-Za-z0-9_]*\]/y;
/** What is meant by a member of an element, in the ways of other languages. */
const otherElement = /\$(?:\.?|\[[ '"]*)([A-Za-z_][A-Za-z0-9_]*)/y;

/**
 * Splits an expression into tokens, one at a time: after `advance()` the current token lies in the public members.
 * @throws {FilterError} for text that is no token; parts that may never come are never looked at.
 */
export class Lexer {
  readonly text: string;
  kind: TokenKind = "end";
  /** Of the current token, in UTF-16 units; `end` exclusive. */
  start = 0;
  end = 0;
  /** Of `number`, `bool`, `string`; the name of `name` and `path`. */
  value: bigint | number | boolean | string = "";
  /** Of `path`. */
  steps: readonly PathStep[] = [];
  /** Fields that are spelt like a keyword in mixed case, which Milvus allows: for this text they are names. */
  readonly #fieldWords: ReadonlySet<string>;

  constructor(text: string, fieldWords: ReadonlySet<string>) {
    this.text = text;
    this.#fieldWords = fieldWords;
    this.advance();
  }

  /** Behind the end it stays at `end`. @throws {FilterError} for text that is no token */
  advance(): void {
    const { text } = this;
    let at = this.end;
    while (isBlank(text.charCodeAt(at))) at++;
    const isPattern = this.kind === "regex";
    this.start = at;
    const code = text.charCodeAt(at);
    if (at >= text.length) this.#take("end", at);
    else if (isDigit(code) || (code === 0x2e && isDigit(text.charCodeAt(at + 1)))) this.#number();
    else if (code === 0x22 || code === 0x27) this.#string(at, isPattern);
    else if (isWordStart(code)) this.#word();
    else if (code === 0x24) this.#dollar();
    else this.#symbol();
  }

  /** Does `in` follow the current `not`? */
  inFollows(): boolean {
    inAhead.lastIndex = this.end;
    return inAhead.test(this.text);
  }

  /** The current token as written, for messages. */
  describe(): string {
    if (this.kind === "end") return "<EOF>";
    return excerpt(this.text.slice(this.start, this.end));
  }

  /** @throws {FilterError} with the current token's place in front, as Milvus's grammar messages have it */
  fail(problem: string): never {
    throw new FilterError(`${lineAndColumn(this.text, this.start)} ${problem}`);
  }

  #take(kind: TokenKind, end: number, value: bigint | number | boolean | string = ""): void {
    this.kind = kind;
    this.end = end;
    this.value = value;
  }

  #number(): void {
    const { value, end } = readNumber(this.text, this.start);
    this.#take("number", end, value);
  }

  #string(quote: number, isPattern: boolean): void {
    const end = stringEnd(this.text, quote);
    if (end < 0) this.#unrecognized(this.text.slice(this.start, this.start + 20));
    this.#take("string", end, (isPattern ? decodePattern : decodeString)(this.text, quote, end));
  }

  #word(): void {
    const { text, start } = this;
    word.lastIndex = start;
    const name = word.exec(text)![0];
    const end = start + name.length;
    if (isQuote(text.charCodeAt(end)) && this.#prefixedString(name, end)) return;
    nullTest.lastIndex = start;
    const test = nullTest.exec(text);
    const bool = booleans.get(name);
    const lower = name.length <= 6 ? name.toLowerCase() : name;
    if (test) this.#take(test[1] ? "is not null" : "is null", start + test[0].length);
    else if (bool !== undefined) this.#take("bool", end, bool);
    else if (keywords.has(lower) && !this.#fieldWords.has(name)) this.#take(lower as TokenKind, end);
    else this.#nameOrPath(name, end);
  }

  #prefixedString(prefix: string, quote: number): boolean {
    if (prefix === "r" || prefix === "R") {
      const end = stringEnd(this.text, quote);
      if (end < 0) this.#unrecognized(this.text.slice(this.start, this.start + 20));
      this.#take("string", end, this.text.slice(quote + 1, end - 1));
      return true;
    }
    if (prefix === "u8" || prefix === "u" || prefix === "U" || prefix === "L")
      this.fail(`string prefix ${prefix} is not supported`);
    return false;
  }

  #dollar(): void {
    meta.lastIndex = element.lastIndex = this.start;
    const [member] = element.exec(this.text) ?? [];
    if (member !== undefined) this.#take("name", this.start + member.length, member);
    else if (meta.test(this.text)) this.#nameOrPath("$meta", this.start + "$meta".length);
    else this.#unrecognized("$", this.#meantElement());
  }

  #meantElement(): string {
    otherElement.lastIndex = this.start;
    const [, name] = otherElement.exec(this.text) ?? [];
    return name === undefined ? "" : `: a member of an element is written $[${excerpt(name)}]`;
  }

  /** A name with the `[...]` that follow it without blanks. One that is not closed properly is left to the parser. */
  #nameOrPath(name: string, nameEnd: number): void {
    structPart.lastIndex = nameEnd;
    const [member = "", index, memberName = ""] = structPart.exec(this.text) ?? [];
    // `s[0][a]` is the element 0 of the member `s[a]`.
    const steps: PathStep[] = index === undefined ? [] : [{ text: index, quoted: false }];
    let end = nameEnd + member.length;
    for (let next = this.#step(end, steps); next > 0; next = this.#step(end, steps)) end = next;
    this.steps = steps;
    this.#take(steps.length > 0 ? "path" : "name", end, name + memberName);
    if (steps.some((step) => step.text === "")) {
      throw new FilterError(`invalid identifier: ${excerpt(this.text.slice(this.start, end))}`, this.start);
    }
  }

  /** Reads one `["key"]` or `[3]` at `at`; returns its end, or -1. */
  #step(at: number, steps: PathStep[]): number {
    const { text } = this;
    if (text[at] !== "[") return -1;
    pathIndex.lastIndex = at;
    const index = pathIndex.exec(text);
    if (index) {
      steps.push({ text: index[1], quoted: false });
      return at + index[0].length;
    }
    const raw = text[at + 1] === "r" || text[at + 1] === "R";
    const quote = at + (raw ? 2 : 1);
    const end = isQuote(text.charCodeAt(quote)) ? stringEnd(text, quote) : -1;
    if (end < 0 || text[end] !== "]") return -1;
    const body = text.slice(quote + 1, end - 1);
    steps.push({ text: raw ? body : decodePathKey(body), quoted: true });
    return end + 1;
  }

  #symbol(): void {
    const { text, start } = this;
    const pair = symbols.get(text.slice(start, start + 2));
    const single = symbols.get(text[start]);
    if (pair) this.#take(pair, start + 2);
    else if (single) this.#take(single, start + 1);
    else this.#unrecognized(String.fromCodePoint(text.codePointAt(start)!));
  }

  #unrecognized(piece: string, advice = ""): never {
    this.fail(`token recognition error at: '${piece.toWellFormed()}'${advice}`);
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b && code !== 0x0c);
}

function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27;
}

function isWordStart(code: number): boolean {
  const letter = code | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || code === 0x5f;
}
