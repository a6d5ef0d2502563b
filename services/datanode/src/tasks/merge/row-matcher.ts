import { standInOf } from "@sluice/columns";
import type { MergeTaskInput } from "@sluice/jobs";
import type { TaskContext } from "../task-kind.ts";
import { type FileCounts, KEY_TABLE_BYTES, type KeyLimits } from "./file-keys.ts";
import { announcedRows, type FileBatch, fileKey, fileRows } from "./file-rows.ts";
import { GraceJoin } from "./grace-join.ts";
import { HashSide } from "./hash-side.ts";
import type { MatchedRows, RowMatcher, SourcePart } from "./matched-rows.ts";
import type { SourceKeys } from "./merge-keys.ts";
import { RangedMatches, withNumbers } from "./ranged-matches.ts";
import { RowStore } from "./row-store.ts";
import { RowsThatCount } from "./rows-that-count.ts";
import type { SourceRows } from "./source-rows.ts";
import type { SpilledBatch } from "./spill.ts";
import { SpilledMatches } from "./spilled-matches.ts";

/** Bits that say which rows count may take such a part of the memory of keys: a file may have more rows that do not. */
const KEYS_PER_BITS = 8;

type StandIns = readonly (Uint8Array | null)[];

/** What a merge has of the worker's memory beside `worker-memory`. */
export type MergeLimits = Pick<KeyLimits, "tableBytes">;

/**
 * The files in memory where they fit; else their keys alone, with the values on the worker's disk by where they are wanted; else both
 * sides by parts on the disk.
 * @throws {ImportError} as `fileRows`, `HashSide.finish`, `RangedMatches.take`, `GraceJoin.join`
 */
export async function openMatcher(
  input: MergeTaskInput,
  context: TaskContext,
  source: SourceRows,
  counts: FileCounts,
  { tableBytes = KEY_TABLE_BYTES }: MergeLimits,
): Promise<RowMatcher> {
  const standIns = input.newFields.map((field) => standInOf(field) ?? null);
  if (!input.keyField || input.sets.length === 0) return new NoMatches(input, standIns);
  const { newFields, rules, keyField } = input;
  const limits = { valueBytes: context.limits.workerMemoryBytes, tableBytes };
  const { signal } = context;
  const counted = new RowsThatCount();
  await using sides = new AsyncDisposableStack();
  const expectedRows = await announcedRows(input, context);
  const side = sides.use(new HashSide(newFields, rules, { ...limits, expectedRows }, counts));
  if (!(await fillSide(side, counted, tableBytes / KEYS_PER_BITS, input, context, counts))) {
    side[Symbol.dispose]();
    const join = new GraceJoin({ ...{ keyField: fileKey(keyField), newFields, rules, limits, counts, signal } });
    const run = () => join.join(countedRows(input, context, counts), source.allKeys(), source.others());
    return SpilledMatches.of(join, run, {
      ...{ newFields, standIns },
    });
  }
  side.finish(rules.mergeField);
  sides.move();
  if (side.hasValues) return new MatchesInMemory(side, standIns);
  await using ranged = new AsyncDisposableStack();
  const matches = ranged.use(new RangedMatches(side.keys, source, { ...{ newFields, standIns, signal }, ...limits }));
  await matches.take(numberedRows(counted, countedRows(input, context, counts)));
  ranged.move();
  return matches;
}

/** False where the keys do not fit. */
async function fillSide(
  side: HashSide,
  counted: RowsThatCount,
  maxBitsBytes: number,
  input: MergeTaskInput,
  context: TaskContext,
  counts: FileCounts,
): Promise<boolean> {
  for await (const { keys, columns, at } of countedRows(input, context, counts, !side.hasValues)) {
    const kept = side.add(keys, columns, at);
    if (!kept) return false;
    counted.add(kept, keys.rowCount);
    if (counted.bytes > maxBitsBytes) return false;
  }
  return true;
}

async function* numberedRows(counted: RowsThatCount, batches: AsyncIterable<FileBatch>): AsyncGenerator<SpilledBatch> {
  for await (const { keys, columns } of batches) {
    const { rowCount } = keys;
    yield { rowCount, columns: withNumbers(counted.numbers(rowCount), columns) };
  }
}

/** Counts from the start, however often the files are read. */
async function* countedRows(
  input: MergeTaskInput,
  context: TaskContext,
  counts: FileCounts,
  areKeysEnough = false,
): AsyncGenerator<FileBatch> {
  counts.fileRows = 0;
  counts.nullFileKeys = 0;
  const onBytes = (bytes: number) => context.onProgress(0, bytes);
  for await (const batch of fileRows(input, context, onBytes, areKeysEnough)) {
    const { validity } = batch.keys.column;
    counts.fileRows += batch.keys.rowCount;
    if (validity) for (let row = 0; row < batch.keys.rowCount; row++) if (validity[row] === 0) counts.nullFileKeys++;
    yield batch;
  }
}

/** There are no files: the new fields have their default, or null. */
class NoMatches implements RowMatcher {
  readonly #store: RowStore;
  readonly #standIns: StandIns;

  constructor({ newFields }: MergeTaskInput, standIns: StandIns) {
    this.#store = new RowStore(newFields);
    this.#standIns = standIns;
  }

  async match({ rowCount }: SourcePart): Promise<MatchedRows> {
    return { columns: this.#store.gather(new Int32Array(rowCount).fill(-1), this.#standIns), matched: 0 };
  }

  async end(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#store[Symbol.dispose]();
  }
}

class MatchesInMemory implements RowMatcher {
  readonly #side: HashSide;
  readonly #standIns: StandIns;
  #rows = new Int32Array(0);

  constructor(side: HashSide, standIns: StandIns) {
    this.#side = side;
    this.#standIns = standIns;
  }

  async match({ rowCount, keys }: SourcePart): Promise<MatchedRows> {
    if (this.#rows.length < rowCount) this.#rows = new Int32Array(2 * rowCount);
    const rows = this.#rows.subarray(0, rowCount);
    const matched = this.#side.find(await keys(), rows);
    return { columns: this.#side.gather(rows, this.#standIns), matched };
  }

  end(others: AsyncIterable<SourceKeys>): Promise<void> {
    return this.#side.end(others);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#side[Symbol.dispose]();
  }
}
