/** Code points: ranges with both ends, ascending, apart from one another. */
export type CodePoints = readonly (readonly [first: number, last: number])[];

export const MAX_CODE_POINT = 0x10ffff;
/** Text is well-formed: none of these occurs. */
const SURROGATES = [0xd800, 0xdfff] as const;

/** Ranges in any order, that may overlap, as one set. */
export function together(ranges: CodePoints): CodePoints {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** All others. */
export function others(ranges: CodePoints): CodePoints {
  const left: [number, number][] = [];
  let next = 0;
  for (const [first, last] of ranges) {
    if (first > next) left.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= MAX_CODE_POINT) left.push([next, MAX_CODE_POINT]);
  return left;
}

/** The same with whatever differs from them by its case alone, by Unicode's simple folding. */
export function caseless(points: CodePoints): CodePoints {
  const [[first, last] = [0, 1]] = points;
  if (points.length === 1 && first === last) return together([...points, ...aloneOf(cased().get(first) ?? [])]);
  const more: (readonly [number, number])[] = [];
  let at = 0;
  for (const [point, like] of cased()) {
    while (at < points.length && points[at][1] < point) at++;
    if (at === points.length) break;
    if (points[at][0] <= point) more.push(...aloneOf(like));
  }
  return together([...points, ...more]);
}

function aloneOf(points: readonly number[]): CodePoints {
  return points.map((point) => [point, point]);
}

/** Letters of one folding that have no other case of a single character. Source: Unicode, CaseFolding.txt, status S. */
const twins: ReadonlyMap<number, number> = new Map([
  [0x390, 0x1fd3],
  [0x3b0, 0x1fe3],
  [0xfb05, 0xfb06],
]);

let known: ReadonlyMap<number, readonly number[]> | undefined;

/** Of each code point that has a case those that differ from it by that alone, ascending. */
function cased(): ReadonlyMap<number, readonly number[]> {
  if (known) return known;
  const groups = new Map<number, readonly number[]>();
  for (const [first, last] of assignedOf(/\p{Changes_When_Casemapped}+/gu))
    for (let point = first; point <= last; point++) {
      const group = [...new Set([point, ...alike(point)].flatMap((one) => groups.get(one) ?? [one]))];
      for (const one of group) groups.set(one, group);
    }
  known = new Map([...groups].sort((a, b) => a[0] - b[0]));
  return known;
}

/** Others of the same letter. What does not lead back is asked of the runtime's own folding: `ı` is no `i`. */
function alike(point: number): number[] {
  const twin = twins.get(point);
  if (twin !== undefined) return [twin];
  const text = String.fromCodePoint(point);
  const [lower, upper] = [text.toLowerCase(), text.toUpperCase()];
  const other = lower === text ? upper : lower;
  const isPair = (other === upper ? other.toLowerCase() : other.toUpperCase()) === text;
  if (isPair) return pointsOf([other]);
  const same = new RegExp(`^\\u{${point.toString(16)}}$`, "iu");
  return pointsOf([lower, upper, upper.toLowerCase()].filter((one) => same.test(one)));
}

function pointsOf(texts: readonly string[]): number[] {
  return texts.flatMap((one) => ([...one].length === 1 ? [one.codePointAt(0) ?? 0] : []));
}

const classes = new Map<string, CodePoints | undefined>();

/** General categories, without those of code points that mean nothing yet. */
const categories = /^(C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?)$/;

/** A category (`Lu`) or a script (`Han`) of Unicode; undefined for another name. */
export function unicodeClass(name: string): CodePoints | undefined {
  if (!classes.has(name)) classes.set(name, found(name));
  return classes.get(name);
}

function found(name: string): CodePoints | undefined {
  if (name === "Any") return [[0, MAX_CODE_POINT]];
  if (!/^[A-Za-z_]{1,40}$/.test(name)) return undefined;
  const test = categories.test(name)
    ? name === "C"
      ? "[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}]"
      : `\\p{${name}}`
    : `\\p{Script=${name}}`;
  const pattern = compiled(test);
  if (!pattern) return undefined;
  const ranges = assignedOf(pattern);
  // What lies there is for private use, all of it.
  const isPrivate = String.fromCodePoint(PRIVATE[0][0]).search(pattern) >= 0;
  return together(isPrivate ? [...ranges, ...PRIVATE] : ranges);
}

const PRIVATE = [
  [0xf0000, 0xffffd],
  [0x100000, 0x10fffd],
] as const;
/** Planes in which code points are assigned, but for those for private use. Source: Unicode 17, chapter 2.8. */
const ASSIGNED = [
  [0, SURROGATES[0] - 1],
  [SURROGATES[1] + 1, 0x3ffff],
  [0xe0000, 0xe0fff],
] as const;

/** Runs that a pattern finds among code points that are assigned. @param pattern global, of any length */
function assignedOf(pattern: RegExp): [number, number][] {
  const found: [number, number][] = [];
  for (const [first, last] of ASSIGNED) {
    const text = textOf(first, last);
    const isWide = first > 0xffff;
    const pointAt = (index: number) => {
      const basic = isWide ? 0 : Math.max(0, Math.min(index, 0x10000 - first));
      return first + basic + (index - basic) / 2;
    };
    for (const { 0: run, index } of text.matchAll(pattern))
      found.push([pointAt(index), pointAt(index + run.length) - 1]);
  }
  return found;
}

/** All code points of a range, one after the other. */
function textOf(first: number, last: number): string {
  const units = new Uint16Array(2 * (last + 1 - first));
  let length = 0;
  for (let point = first; point <= last; point++) {
    if (point > 0xffff) units[length++] = 0xd800 | ((point - 0x10000) >>> 10);
    units[length++] = point > 0xffff ? 0xdc00 | (point & 0x3ff) : point;
  }
  return Buffer.from(units.buffer, 0, 2 * length).toString("utf16le");
}

function compiled(test: string): RegExp | undefined {
  try {
    return new RegExp(`${test}+`, "gu");
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

const digits = [[0x30, 0x39]] as const;
const letters = [
  [0x41, 0x5a],
  [0x61, 0x7a],
] as const;
export const wordPoints: CodePoints = together([...digits, ...letters, [0x5f, 0x5f]]);

/** `\d`, `\s`, `\w`: of ASCII alone, as in RE2. */
export const perlClasses: ReadonlyMap<string, CodePoints> = new Map<string, CodePoints>([
  ["d", digits],
  ["s", together([...[9, 10, 12, 13, 32].map((point): [number, number] => [point, point])])],
  ["w", wordPoints],
]);

/** `[[:alpha:]]` and the like. */
export const posixClasses: ReadonlyMap<string, CodePoints> = new Map<string, CodePoints>([
  ["alnum", together([...digits, ...letters])],
  ["alpha", letters],
  ["ascii", [[0, 0x7f]]],
  [
    "blank",
    together([
      [9, 9],
      [32, 32],
    ]),
  ],
  [
    "cntrl",
    together([
      [0, 0x1f],
      [0x7f, 0x7f],
    ]),
  ],
  ["digit", digits],
  ["graph", [[0x21, 0x7e]]],
  ["lower", [[0x61, 0x7a]]],
  ["print", [[0x20, 0x7e]]],
  [
    "punct",
    together([
      [0x21, 0x2f],
      [0x3a, 0x40],
      [0x5b, 0x60],
      [0x7b, 0x7e],
    ]),
  ],
  [
    "space",
    together([
      [9, 13],
      [32, 32],
    ]),
  ],
  ["upper", [[0x41, 0x5a]]],
  ["word", wordPoints],
  ["xdigit", together([...digits, [0x41, 0x46], [0x61, 0x66]])],
]);
