import { standInOf } from "@sluice/columns";
import type { MergeTaskInput } from "@sluice/jobs";
import type { TaskContext } from "../task-kind.ts";
import type { FileCounts } from "./file-keys.ts";
import { announcedRows, type FileBatch, fileKey, fileRows } from "./file-rows.ts";
import { GraceJoin } from "./grace-join.ts";
import { HashSide } from "./hash-side.ts";
import type { MatchedRows, RowMatcher, SourcePart } from "./matched-rows.ts";
import type { SourceRows } from "./source-rows.ts";
import { SpilledMatches } from "./spilled-matches.ts";

type StandIns = readonly (Uint8Array | null)[];

/**
 * The files in memory where they fit, else both sides by parts on the worker's disk.
 * @throws {ImportError} as `fileRows`, `HashSide.finish`, `GraceJoin.join`
 */
export async function openMatcher(
  input: MergeTaskInput,
  context: TaskContext,
  source: SourceRows,
  counts: FileCounts,
): Promise<RowMatcher> {
  const standIns = input.newFields.map((field) => standInOf(field) ?? null);
  if (!input.keyField || input.sets.length === 0) return new NoMatches(input, standIns);
  const { newFields, rules, keyField } = input;
  const limits = { valueBytes: context.limits.workerMemoryBytes };
  const expectedRows = await announcedRows(input, context);
  await using sides = new AsyncDisposableStack();
  const side = sides.use(new HashSide(newFields, rules, { ...limits, expectedRows }, counts));
  for await (const batch of countedRows(input, context, counts)) {
    if (side.add(batch.keys, batch.columns, batch.at)) continue;
    side[Symbol.dispose]();
    const key = fileKey(keyField);
    const join = new GraceJoin({ ...{ keyField: key, newFields, rules, limits, counts, signal: context.signal } });
    return SpilledMatches.of(join, () => join.join(countedRows(input, context, counts), source.allKeys()), {
      ...{ newFields, standIns },
    });
  }
  side.finish(rules.mergeField);
  sides.move();
  return new MatchesInMemory(side, standIns);
}

/** Counts from the start, however often the files are read. */
async function* countedRows(
  input: MergeTaskInput,
  context: TaskContext,
  counts: FileCounts,
): AsyncGenerator<FileBatch> {
  counts.fileRows = 0;
  counts.nullFileKeys = 0;
  for await (const batch of fileRows(input, context, (bytes) => context.onProgress(0, bytes))) {
    const { validity } = batch.keys.column;
    counts.fileRows += batch.keys.rowCount;
    if (validity) for (let row = 0; row < batch.keys.rowCount; row++) if (validity[row] === 0) counts.nullFileKeys++;
    yield batch;
  }
}

/** There are no files: the new fields have their default, or null. */
class NoMatches implements RowMatcher {
  readonly #side: HashSide;
  readonly #standIns: StandIns;

  constructor({ newFields, rules }: MergeTaskInput, standIns: StandIns) {
    const counts = { fileRows: 0, duplicateFileKeys: 0, nullFileKeys: 0, unmatchedFileRows: 0 };
    this.#side = new HashSide(newFields, rules, { valueBytes: 0 }, counts);
    this.#standIns = standIns;
  }

  async match({ rowCount }: SourcePart): Promise<MatchedRows> {
    return { columns: this.#side.gather(new Int32Array(rowCount).fill(-1), this.#standIns), matched: 0 };
  }

  end(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#side[Symbol.dispose]();
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

  end(): void {
    this.#side.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#side[Symbol.dispose]();
  }
}
