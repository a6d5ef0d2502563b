let places = new Uint32Array(0);

/** Rows `first` to `end`, exclusive, in memory that all callers share: not to be written. */
export function rowsBetween(first: number, end: number): Uint32Array {
  if (end > places.length) places = Uint32Array.from({ length: Math.max(end, 2 * places.length) }, (_, i) => i);
  return places.subarray(first, end);
}

/** Whether rows, ascending and each once, follow one another. */
export function isRange(rows: Uint32Array): boolean {
  return rows.length > 0 && rows[rows.length - 1] - rows[0] === rows.length - 1;
}

/** What two ascending lists have in common. */
export function inBoth(a: Uint32Array, b: Uint32Array): Uint32Array {
  let at = 0;
  return a.filter((row) => {
    while (at < b.length && b[at] < row) at++;
    return b[at] === row;
  });
}
