/** How often a part of a pattern comes, and where it is said. */
interface Repetition {
  readonly min: number;
  readonly max: number;
  readonly end: number;
}

/** As RE2 has it. */
const MAX_REPEAT = 1000;

/** `*`, `+`, `?`, `{2,3}` at a place of a pattern, each with `?` behind it or without; undefined for another thing. */
export function repetitionAt(
  points: readonly string[],
  at: number,
  fail: (problem: string) => never,
): Repetition | undefined {
  const found = simple(points[at] ?? "") ?? counted(points.slice(at, at + 16).join(""), fail);
  if (!found) return undefined;
  const { min, max, length } = found;
  const end = at + length;
  return { min, max, end: points[end] === "?" ? end + 1 : end };
}

function simple(sign: string) {
  if (sign === "" || !"*+?".includes(sign)) return undefined;
  return { min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Number.POSITIVE_INFINITY, length: 1 };
}

/** Braces that hold no counts are characters. */
function counted(text: string, fail: (problem: string) => never) {
  const braces = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(text);
  if (!braces) return undefined;
  const min = Number(braces[1]);
  const max = braces[2] === undefined ? min : braces[3] === "" ? Number.POSITIVE_INFINITY : Number(braces[3]);
  if (min > MAX_REPEAT || (max > MAX_REPEAT && Number.isFinite(max)) || max < min) fail("invalid repeat count");
  return { min, max, length: braces[0].length };
}
