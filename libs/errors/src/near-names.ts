import { excerpt } from "./excerpt.ts";

/** Names that are compared with one; more would cost their product where many are not found. */
const MAX_COMPARED = 200;
/** Longer ones are no slip of the hand. */
const MAX_NAME = 256;

/**
 * ` (did you mean 'x'?)` with the name that is meant most likely, or nothing when none is near: equal but for case, or for one
 * letter, in names of more than four for two.
 */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const near = nearestName(name, candidates);
  return near === undefined ? "" : ` (did you mean '${excerpt(near)}'?)`;
}

function nearestName(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > MAX_NAME) return undefined;
  let nearest: string | undefined;
  let least = 3;
  for (const candidate of candidates.slice(0, MAX_COMPARED)) {
    if (candidate === name || candidate.length > MAX_NAME) continue;
    const letters = lettersBetween(name.toLowerCase(), candidate.toLowerCase());
    if (letters >= least) continue;
    least = letters;
    nearest = candidate;
  }
  return nearest;
}

/** How many letters differ; Infinity where the names are too far apart to be one. */
function lettersBetween(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  const allowed = shorter > 4 ? 2 : 1;
  if (shorter < 3 || Math.abs(a.length - b.length) > allowed) return Number.POSITIVE_INFINITY;
  const found = distance(a, b);
  return found <= allowed ? found : Number.POSITIVE_INFINITY;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
