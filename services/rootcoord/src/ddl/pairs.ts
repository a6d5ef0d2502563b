import type { common } from "@sluice/rpc";
import { invalid } from "./refusals.ts";

/** Key-value pairs as records keep them, in order. */
export type Pairs = readonly (readonly [key: string, value: string])[];

/** In their order, repeated keys too. */
export function toPairs(list: readonly common.KeyValuePair[]): Pairs {
  return list.map(({ key, value }) => [key, value] as const);
}

/** The same back. */
export function fromPairs(pairs: Pairs): common.KeyValuePair[] {
  return pairs.map(([key, value]) => ({ key, value }));
}

/** Text in one form for equal sets of pairs, whatever their order. */
export function pairsKey(pairs: Pairs): string {
  return JSON.stringify([...pairs].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)));
}

/**
 * The pairs after a change: values of known keys are replaced in place, new ones follow, deleted ones go.
 * @throws {StatusError} 1100 when the change is empty or both sets and deletes
 */
export function changePairs(pairs: Pairs, set: Pairs, deleted: readonly string[]): Pairs {
  if (set.length > 0 && deleted.length > 0) throw invalid("cannot provide both DeleteKeys and ExtraParams");
  if (set.length === 0 && deleted.length === 0) throw invalid("no properties or delete keys provided");
  const changed = new Map(pairs);
  for (const [key, value] of set) changed.set(key, value);
  for (const key of deleted) changed.delete(key);
  return [...changed];
}
