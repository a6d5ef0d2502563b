import { perlClasses, posixClasses } from "./ascii-classes.ts";
import { caseless } from "./caseless.ts";
import { type CodePoints, MAX_CODE_POINT, others, together } from "./code-points.ts";
import { unicodeClass } from "./unicode-classes.ts";

/** A part of a pattern that stands for one character, and where it ends. */
interface Found {
  readonly points: CodePoints;
  readonly end: number;
}

/** Each is looked for once among all characters. */
const MAX_NAMES = 16;

/** All characters that have a case are looked at. */
const CASELESS_WORK = 200;

/** Classes that have names, without regard to case: each takes a millisecond. */
const known = new Map<string, CodePoints>();

/** @param name of one class alone: those of Unicode begin with capitals */
function caselessOf(name: string, points: CodePoints): CodePoints {
  const found = known.get(name) ?? caseless(points);
  known.set(name, found);
  return found;
}

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/** What in a pattern stands for one of many characters, or for one by its number. */
export class RegexClasses {
  readonly #points: readonly string[];
  readonly #fail: (problem: string, from: number) => never;
  readonly #names = new Set<string>();
  /** What all classes so far took, in ranges that were looked at. */
  work = 0;

  constructor(points: readonly string[], fail: (problem: string, from: number) => never) {
    this.#points = points;
    this.#fail = fail;
  }

  /** `[a-z_]` at a place. */
  brackets(from: number, isCaseless: boolean): Found {
    let at = from + 1;
    const isNegated = this.#points[at] === "^";
    if (isNegated) at++;
    const ranges: (readonly [number, number])[] = [];
    const classes: (readonly [number, number])[] = [];
    for (const first = at; this.#points[at] !== "]" || at === first; ) {
      if (at >= this.#points.length) this.#fail("missing closing ]", from);
      const named = this.#posix(at, isCaseless) ?? this.named(at, isCaseless);
      const found = named ?? this.#range(at, from);
      (named ? classes : ranges).push(...found.points);
      at = found.end;
    }
    const points = together(ranges);
    this.work += ranges.length + classes.length + (isCaseless ? CASELESS_WORK : 0);
    const all = together([...(isCaseless ? caseless(points) : points), ...classes]);
    return { points: isNegated ? others(all) : all, end: at + 1 };
  }

  #posix(at: number, isCaseless: boolean): Found | undefined {
    const [whole, isNegated, name] = /^\[:(\^?)([a-z]+):\]/.exec(this.#points.slice(at, at + 16).join("")) ?? [];
    if (whole === undefined || name === undefined) return undefined;
    const found = posixClasses.get(name) ?? this.#fail("invalid character class range", at);
    const points = isCaseless ? caselessOf(name, found) : found;
    return { points: isNegated ? others(points) : points, end: at + whole.length };
  }

  #range(at: number, from: number): Found {
    const first = this.#one(at, from);
    if (this.#points[first.end] !== "-" || this.#points[first.end + 1] === "]")
      return { points: [[first.point, first.point]], end: first.end };
    const last = this.#one(first.end + 1, from);
    if (last.point < first.point) this.#fail("invalid character class range", at);
    return { points: [[first.point, last.point]], end: last.end };
  }

  #one(at: number, from: number): { readonly point: number; readonly end: number } {
    const sign = this.#points[at];
    if (sign === undefined) return this.#fail("missing closing ]", from);
    return sign === "\\" ? this.escaped(at) : { point: sign.codePointAt(0) ?? 0, end: at + 1 };
  }

  /** `\d`, `\pL`, `\p{Han}` and the like at a place; undefined for another thing. */
  named(at: number, isCaseless: boolean): Found | undefined {
    if (this.#points[at] !== "\\") return undefined;
    const letter = this.#points[at + 1] ?? "";
    const perl = perlClasses.get(letter.toLowerCase());
    if (perl) {
      const points = isCaseless ? caselessOf(letter.toLowerCase(), perl) : perl;
      return { points: letter === letter.toLowerCase() ? points : others(points), end: at + 2 };
    }
    if (letter.toLowerCase() !== "p") return undefined;
    const [whole = "", brace, single] =
      /^(?:\{(\^?\w+)\}|([A-Z]))/.exec(this.#points.slice(at + 2, at + 50).join("")) ?? [];
    const name = (brace ?? single ?? "").replace("^", "");
    if (this.#names.add(name).size > MAX_NAMES) this.#fail(`more than ${MAX_NAMES} different classes of Unicode`, at);
    const found = (whole && unicodeClass(name)) || this.#fail("invalid character class range", at);
    const points = isCaseless ? caselessOf(name, found) : found;
    const isNegated = (letter === "P") !== (brace?.startsWith("^") ?? false);
    if (isNegated) this.work += points.length;
    return { points: isNegated ? others(points) : points, end: at + 2 + whole.length };
  }

  /** The character that an escape stands for. */
  escaped(at: number): { readonly point: number; readonly end: number } {
    const rest = this.#points.slice(at + 1, at + 12).join("");
    const [sign] = rest;
    if (sign === undefined) return this.#fail("trailing backslash at end of expression", at);
    const control = controls[sign];
    if (control !== undefined) return { point: control, end: at + 2 };
    const [number, hex, braced, octal] =
      /^(?:x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,8})\}|(0[0-7]{0,2}|[1-7][0-7]{1,2}))/.exec(rest) ?? [];
    if (number !== undefined) {
      const point = octal === undefined ? Number.parseInt(hex ?? braced, 16) : Number.parseInt(octal, 8);
      if (point > MAX_CODE_POINT) this.#fail("invalid escape sequence", at);
      return { point, end: at + 1 + number.length };
    }
    const point = sign.codePointAt(0) ?? 0;
    if (point >= 0x80 || /[A-Za-z0-9]/.test(sign)) this.#fail("invalid escape sequence", at);
    return { point, end: at + 2 };
  }
}
