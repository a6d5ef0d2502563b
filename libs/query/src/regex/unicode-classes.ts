import { type CodePoints, MAX_CODE_POINT, together } from "./code-points.ts";

/** Text is well-formed: none of these occurs. */
const SURROGATES = [0xd800, 0xdfff] as const;
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
export function assignedOf(pattern: RegExp): [number, number][] {
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
