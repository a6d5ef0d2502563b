/** Code points: ranges with both ends, ascending, apart from one another. */
export type CodePoints = readonly (readonly [first: number, last: number])[];

/** The last one of Unicode. */
export const MAX_CODE_POINT = 0x10ffff;
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
