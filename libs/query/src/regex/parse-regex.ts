import { excerpt } from "@sluice/errors";
import { FilterError } from "../filter-error.ts";
import { caseless } from "./caseless.ts";
import { type CodePoints, MAX_CODE_POINT, others } from "./code-points.ts";
import type { Assertion, Regex } from "./regex.ts";
import { RegexClasses } from "./regex-classes.ts";
import { repetitionAt } from "./regex-repetition.ts";

/** Sets of so many are compared by what is in them, those of more by whether they are the same object: named classes are. */
const FEW_RANGES = 32;

/** A pattern that was read, and what that took. */
export interface ParsedRegex {
  readonly regex: Regex;
  /** Ranges of characters that were looked at. */
  readonly work: number;
}

interface Flags {
  readonly isCaseless: boolean;
  readonly isMultiline: boolean;
  readonly doesDotTakeAll: boolean;
}

const MAX_DEPTH = 200;
/** Each character of it may be looked at for each of the text. */
const MAX_PATTERN = 4096;

/** A pattern of RE2. Source: github.com/google/re2/wiki/Syntax. `.` takes line breaks too, as in Milvus. @throws {FilterError} */
export function parseRegex(pattern: string): ParsedRegex {
  if (pattern.length > MAX_PATTERN)
    throw new FilterError(`the pattern of =~ has ${pattern.length} characters, more than ${MAX_PATTERN}`);
  return new RegexParser(pattern).whole();
}

class RegexParser {
  readonly #pattern: string;
  readonly #points: readonly string[];
  readonly #classes: RegexClasses;
  #at = 0;
  #depth = 0;
  #flags: Flags = { isCaseless: false, isMultiline: false, doesDotTakeAll: true };
  readonly #sets = new Map<string | CodePoints, Regex>();

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#points = [...pattern];
    this.#classes = new RegexClasses(this.#points, (problem, from) => this.#fail(problem, from));
  }

  whole(): ParsedRegex {
    const regex = this.#alternatives();
    if (this.#at < this.#points.length) this.#fail("unexpected )", 0);
    return { regex, work: this.#points.length + this.#classes.work };
  }

  #fail(problem: string, from: number): never {
    const part = excerpt(this.#points.slice(from).join("") || this.#pattern);
    throw new FilterError(`invalid regex pattern in =~ operator: ${problem}: \`${part}\``);
  }

  get #next(): string {
    return this.#points[this.#at] ?? "";
  }

  #alternatives(): Regex {
    const parts = [this.#sequence()];
    while (this.#next === "|") {
      this.#at++;
      parts.push(this.#sequence());
    }
    return parts.length === 1 ? parts[0] : { kind: "any", parts };
  }

  #sequence(): Regex {
    const parts: Regex[] = [];
    while (this.#at < this.#points.length && this.#next !== "|" && this.#next !== ")") this.#piece(parts);
    return parts.length === 1 ? parts[0] : { kind: "all", parts };
  }

  /** One thing with what says how often it comes. */
  #piece(parts: Regex[]): void {
    if (this.#repetition()) this.#fail("missing argument to repetition operator", this.#at);
    const part = this.#atom(parts);
    if (!part) return;
    const found = this.#repetition();
    if (!found) {
      parts.push(part);
      return;
    }
    const from = this.#at;
    this.#at = found.end;
    if (this.#repetition()) this.#fail("invalid nested repetition operator", from);
    parts.push({ kind: "repeat", part, min: found.min, max: found.max });
  }

  #repetition() {
    return repetitionAt(this.#points, this.#at, (problem) => this.#fail(problem, this.#at));
  }

  /** Undefined for what changes flags alone. */
  #atom(parts: Regex[]): Regex | undefined {
    const sign = this.#next;
    switch (sign) {
      case "(":
        return this.#group();
      case "^":
        return this.#assertion(this.#flags.isMultiline ? "lineStart" : "textStart");
      case "$":
        return this.#assertion(this.#flags.isMultiline ? "lineEnd" : "textEnd");
      case ".":
        this.#at++;
        return this.#set(this.#flags.doesDotTakeAll ? [[0, MAX_CODE_POINT]] : others([[10, 10]]));
      case "[":
        return this.#taken(this.#classes.brackets(this.#at, this.#flags.isCaseless));
      case "\\":
        return this.#escape(parts);
      default:
        this.#at++;
        return this.#character(sign.codePointAt(0) ?? 0);
    }
  }

  #assertion(assertion: Assertion, length = 1): Regex {
    this.#at += length;
    return { kind: "assertion", assertion };
  }

  #character(point: number): Regex {
    return this.#set([[point, point]], this.#flags.isCaseless);
  }

  #taken({ points, end }: { readonly points: CodePoints; readonly end: number }): Regex {
    this.#at = end;
    return this.#set(points);
  }

  /** Equal sets are one: of long patterns that repeat them there are few. */
  #set(points: CodePoints, isCaseless = false): Regex {
    const key = points.length > FEW_RANGES ? points : `${isCaseless}${points.join()}`;
    const known = this.#sets.get(key) ?? { kind: "set", points: isCaseless ? caseless(points) : points };
    this.#sets.set(key, known);
    return known;
  }

  #escape(parts: Regex[]): Regex | undefined {
    const letter = this.#points[this.#at + 1] ?? "";
    if (letter === "A") return this.#assertion("textStart", 2);
    if (letter === "z") return this.#assertion("textEnd", 2);
    if (letter === "b") return this.#assertion("wordBoundary", 2);
    if (letter === "B") return this.#assertion("noWordBoundary", 2);
    if (letter === "Q") return this.#quoted(parts);
    const found = this.#classes.named(this.#at, this.#flags.isCaseless);
    if (found) return this.#taken(found);
    const { point, end } = this.#classes.escaped(this.#at);
    this.#at = end;
    return this.#character(point);
  }

  /** `\Q...\E`: each character for itself, the last of which may be repeated. */
  #quoted(parts: Regex[]): Regex | undefined {
    const from = this.#at + 2;
    let end = from;
    while (end < this.#points.length && !(this.#points[end] === "\\" && this.#points[end + 1] === "E")) end++;
    this.#at = Math.min(end + 2, this.#points.length);
    const quoted = this.#points.slice(from, end).map((one) => this.#character(one.codePointAt(0) ?? 0));
    parts.push(...quoted.slice(0, -1));
    return quoted.at(-1);
  }

  #group(): Regex | undefined {
    const from = this.#at++;
    if (++this.#depth > MAX_DEPTH) this.#fail("expression nests too deeply", 0);
    const outer = this.#flags;
    const isWhole = this.#next === "?" && this.#flagsOf(from);
    if (isWhole) {
      this.#depth--;
      return undefined;
    }
    const regex = this.#alternatives();
    if (this.#next !== ")") this.#fail("missing closing )", from);
    this.#at++;
    this.#depth--;
    this.#flags = outer;
    return regex;
  }

  /** What stands behind `(?`; true where that is all of the group, whose flags go on behind it. */
  #flagsOf(from: number): boolean {
    const rest = this.#points.slice(this.#at, this.#at + 64).join("");
    const name = /^\?P?<([A-Za-z0-9_]+)>/.exec(rest);
    const flags = /^\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest);
    const what = name ?? flags;
    if (!what || (flags && what[0] === "?)")) return this.#fail("invalid or unsupported Perl syntax", from);
    this.#at += what[0].length;
    if (name || !flags) return false;
    const [, on, off = "", end] = flags;
    const flag = (letter: string, before: boolean) => (before || on.includes(letter)) && !off.includes(letter);
    const { isCaseless, isMultiline, doesDotTakeAll } = this.#flags;
    this.#flags = {
      isCaseless: flag("i", isCaseless),
      isMultiline: flag("m", isMultiline),
      doesDotTakeAll: flag("s", doesDotTakeAll),
    };
    return end === ")";
  }
}
