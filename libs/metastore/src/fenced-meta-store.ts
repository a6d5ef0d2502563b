import { NotLeadingError } from "@sluice/errors";
import type { HeldKey, MetaEntry, MetaStore, MetaTransaction } from "./meta-store.ts";

/**
 * The store of a leader: every transaction is guarded by the key that makes it one, so that a leader that was paused, and
 * does not know yet that another one took over, writes nothing. A guard that fails while the key is still held is told to
 * the caller as ever. Limits are one operation less.
 */
export function fencedMetaStore(store: MetaStore, held: HeldKey): MetaStore {
  const transactionOperations = store.limits.transactionOperations - 1;
  return {
    limits: { transactionOperations },
    get: (key) => store.get(key),
    scan: (prefix, after) => store.scan(prefix, after),
    watch: (prefix, signal) => store.watch(prefix, signal),
    hold: (request) => store.hold(request),
    commit: async (transaction: MetaTransaction) => {
      if (held.lost.aborted) throw new NotLeadingError(roleOf(held));
      const { guards, writes } = transaction;
      const revision = await store.commit({ guards: [...guards, held.guard], writes });
      if (revision === undefined && !isHeld(await store.get(held.guard.key), held))
        throw new NotLeadingError(roleOf(held));
      return revision;
    },
    async [Symbol.asyncDispose]() {},
  };
}

function isHeld(entry: MetaEntry | undefined, held: HeldKey): boolean {
  return !held.lost.aborted && entry?.revision === held.guard.revision;
}

/** `leader/rootcoord` -> `rootcoord` */
function roleOf({ guard }: HeldKey): string {
  return guard.key.slice(guard.key.lastIndexOf("/") + 1);
}
