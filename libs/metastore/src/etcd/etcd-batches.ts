import { Batches } from "@sluice/async";
import type { Guard, MetaTransaction, Write } from "../meta-store.ts";

/** What one transaction of etcd holds. */
export interface EtcdLimits {
  readonly transactionOperations: number;
  /** Of values. */
  readonly writeBytes: number;
}

type Commit = (transaction: MetaTransaction) => Promise<bigint | undefined>;

/** Transactions of etcd under way at once, before others wait to go together. */
const CONCURRENCY = 2;

/**
 * Commits that come while others are under way go together, as one transaction: what etcd and its client do for a transaction
 * costs more than what stands in it.
 *
 * E4. Transactions go together only where none writes what another one guards or writes: whatever the order, each finds what
 *     it would have found alone. When a guard has moved, nothing was written, and each goes alone, to find out whose it was.
 */
export function commitBatches(commit: Commit, limits: EtcdLimits): Commit {
  const batches = new Batches<MetaTransaction, bigint | undefined>({
    concurrency: CONCURRENCY,
    fitting: (waiting) => fitting(waiting, limits),
    run: async (transactions) => {
      if (transactions.length === 1) return [commit(transactions[0])];
      const revision = await commit(mergeOf(transactions));
      return transactions.map((one) => revision ?? commit(one));
    },
  });
  return (transaction) => batches.add(transaction);
}

/** Reads likewise: one request for the keys that are asked for meanwhile. */
export function readBatches<T>(read: (keys: readonly string[]) => Promise<readonly T[]>, limits: EtcdLimits) {
  const batches = new Batches<string, T>({
    concurrency: CONCURRENCY,
    fitting: (waiting) => Math.min(waiting.length, limits.transactionOperations),
    run: read,
  });
  return (key: string): Promise<T> => batches.add(key);
}

/** How many of the first ones may go together (E4). */
function fitting(waiting: readonly MetaTransaction[], { transactionOperations, writeBytes }: EtcdLimits): number {
  const guards = new Map<string, bigint>();
  const written = new Set<string>();
  let bytes = 0;
  for (const [i, one] of waiting.entries()) {
    const isApart =
      one.guards.some(({ key, revision }) => written.has(key) || (guards.get(key) ?? revision) !== revision) ||
      one.writes.some(({ key }) => written.has(key) || guards.has(key));
    if (isApart) return i;
    for (const { key, revision } of one.guards) guards.set(key, revision);
    for (const { key } of one.writes) written.add(key);
    bytes += bytesOf(one.writes);
    if (guards.size + written.size > transactionOperations || bytes > writeBytes) return i;
  }
  return waiting.length;
}

/** Each guard once. */
function mergeOf(transactions: readonly MetaTransaction[]): MetaTransaction {
  const guards = new Map(transactions.flatMap((one) => one.guards.map((guard): [string, Guard] => [guard.key, guard])));
  return { guards: [...guards.values()], writes: transactions.flatMap(({ writes }) => writes) };
}

/** Of the values in UTF-8, without keys. */
export function bytesOf(writes: readonly Write[]): number {
  return writes.reduce((sum, { value = "" }) => sum + Buffer.byteLength(value), 0);
}
