import type { ObjectStore } from "../object-store.ts";

/** In UTF-8. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Keys under a prefix, as they are listed. */
export async function keysOf(store: Pick<ObjectStore, "list">, prefix: string): Promise<string[]> {
  return Array.fromAsync(store.list(prefix), (info) => info.key);
}
