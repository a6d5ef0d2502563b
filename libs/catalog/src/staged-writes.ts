import type { Guard, MetaEntry, MetaStore, Write } from "@sluice/metastore";

/** A write that was decided on a copy of records in memory, and that tells the copy what came of it. */
export interface StagedWrite {
  /** The revision that the copy was read at; undefined writes whatever is there. */
  readonly guard: Guard | undefined;
  readonly write: Write;
  /** Takes the entry as it is stored: the one that was written or, where another one stands, that. */
  readonly settle: (stored: MetaEntry | undefined) => void;
}

/** Bytes of one transaction: etcd takes requests of 1.5 MiB, unless it is told otherwise. */
const PAGE_BYTES = 1 << 20;

/**
 * Writes records in as many transactions as the store needs, in their order. The guards are those that were staged, so that
 * what changes while one transaction runs is noticed by a later one. A guard that fails may mean that a transaction was
 * carried out whose answer was lost: what is stored is read again, and where it is what was to be written, all is well.
 * @param also guards of every transaction, such as one on the job whose tasks are written
 * @returns false when records had moved; the copy knows those of the transaction that failed, and nothing was written after it
 */
export async function commitInPages(
  store: MetaStore,
  staged: readonly StagedWrite[],
  also: readonly Guard[] = [],
): Promise<boolean> {
  for (const page of pagesOf(staged, store.limits.transactionOperations - also.length))
    if (!(await commitStaged(store, page, also))) return false;
  return true;
}

/** The same in one transaction: all of it or nothing. @throws {Error} when it is larger than the store takes */
export async function commitStaged(
  store: MetaStore,
  staged: readonly StagedWrite[],
  also: readonly Guard[] = [],
): Promise<boolean> {
  const own = staged.flatMap(({ guard }) => guard ?? []);
  const guarded = new Set(own.map(({ key }) => key));
  const guards = [...also.filter(({ key }) => !guarded.has(key)), ...own];
  const revision = await store.commit({ guards, writes: staged.map(({ write }) => write) });
  if (revision === undefined) return settleAsStored(store, staged);
  for (const { write, settle } of staged) settle(entryOf(write, revision));
  return true;
}

async function settleAsStored(store: MetaStore, staged: readonly StagedWrite[]): Promise<boolean> {
  let isAsWanted = true;
  for (const { write, settle } of staged) {
    const found = await store.get(write.key);
    isAsWanted &&= found?.value === write.value;
    settle(found);
  }
  return isAsWanted;
}

function entryOf({ key, value }: Write, revision: bigint): MetaEntry | undefined {
  return value === undefined ? undefined : { key, value, revision };
}

/** At most so many operations at a time, and so many bytes, whichever comes first; one write may be larger. */
function* pagesOf(staged: readonly StagedWrite[], maxOperations: number): Generator<StagedWrite[]> {
  let page: StagedWrite[] = [];
  let [operations, bytes] = [0, 0];
  for (const one of staged) {
    const [ownOperations, ownBytes] = [one.guard ? 2 : 1, bytesOf(one)];
    const isFull = operations + ownOperations > maxOperations || bytes + ownBytes > PAGE_BYTES;
    if (page.length > 0 && isFull) {
      yield page;
      page = [];
      [operations, bytes] = [0, 0];
    }
    page.push(one);
    operations += ownOperations;
    bytes += ownBytes;
  }
  if (page.length > 0) yield page;
}

function bytesOf({ guard, write: { key, value = "" } }: StagedWrite): number {
  return Buffer.byteLength(value) + key.length * (guard ? 2 : 1);
}
