import type { Turns } from "@sluice/async";

/** Sorted in one piece, some milliseconds at most. */
const RUN = 4096;
/** Steps of a merge between two looks at the clock. */
const STEPS = 4096;

/** The items in order, those that are equal in the order in which they came. Others get their turns meanwhile. */
export async function sortInTurns(
  items: Uint32Array,
  compare: (a: number, b: number) => number,
  turns: Turns,
): Promise<Uint32Array> {
  let from = items.slice();
  for (let at = 0; at < from.length; at += RUN) {
    from.subarray(at, at + RUN).sort(compare);
    if (turns.isDue) await turns.next();
  }
  let to = new Uint32Array(from.length);
  for (let width = RUN; width < from.length; width *= 2) {
    for (let at = 0; at < from.length; at += 2 * width) await merge(from, to, at, width, compare, turns);
    [from, to] = [to, from];
  }
  return from;
}

/** Merges two neighbouring runs of `width` items, of which the second may be shorter or missing. */
async function merge(
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  width: number,
  compare: (a: number, b: number) => number,
  turns: Turns,
): Promise<void> {
  const middle = Math.min(start + width, from.length);
  const end = Math.min(middle + width, from.length);
  let [left, right, at] = [start, middle, start];
  // What is in order already, as keys often are, is copied.
  if (middle === end || compare(from[middle - 1], from[middle]) <= 0) return void to.set(from.subarray(start, end), at);
  while (left < middle && right < end) {
    const until = Math.min(at + STEPS, end);
    while (at < until && left < middle && right < end)
      to[at++] = compare(from[left], from[right]) <= 0 ? from[left++] : from[right++];
    if (turns.isDue) await turns.next();
  }
  to.set(from.subarray(left, middle), at);
  to.set(from.subarray(right, end), at + middle - left);
}
