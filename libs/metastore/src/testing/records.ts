import type { MetaStore } from "../meta-store.ts";

/** Of all records under a prefix, as a scan gives them. */
export async function keysOf(store: MetaStore, prefix: string): Promise<string[]> {
  return Array.fromAsync(store.scan(prefix), (entry) => entry.key);
}

/** Writes a record, whatever stands there. */
export function put(store: MetaStore, key: string, value: string): Promise<bigint | undefined> {
  return store.commit({ guards: [], writes: [{ key, value }] });
}
