/** No row of changes is wider: of two changes two places to either side. */
const MAX_WIDTH = 5;
const rows = [0, 1, 2].map(() => new Int32Array(MAX_WIDTH));

/**
 * Whether two texts are so many changes apart, or fewer: a character that is put in, left out or replaced, or two neighbours that
 * change places and are not changed otherwise. The time is linear in the texts.
 * @param most 0, 1 or 2
 */
export function isNear(one: readonly string[], other: readonly string[], most: number): boolean {
  if (Math.abs(one.length - other.length) > most) return false;
  const width = 2 * most + 1;
  // Of places that are no further from one another than `most`: more changes than that count for nothing.
  let [beforeLast, last, row] = rows;
  for (let d = 0; d < width; d++) last[d] = d < most ? most + 1 : d - most;
  for (let i = 1; i <= one.length; i++) {
    let least = most + 1;
    for (let d = 0; d < width; d++) {
      const j = i + d - most;
      let changes = j === 0 ? i : most + 1;
      if (j > 0 && j <= other.length) {
        changes = Math.min(changes, last[d] + (one[i - 1] === other[j - 1] ? 0 : 1));
        if (d + 1 < width) changes = Math.min(changes, last[d + 1] + 1);
        if (d > 0) changes = Math.min(changes, row[d - 1] + 1);
        const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
        if (isSwap) changes = Math.min(changes, beforeLast[d] + 1);
      }
      row[d] = changes;
      if (changes < least) least = changes;
    }
    if (least > most) return false;
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return last[other.length - one.length + most] <= most;
}
