import { ImportError } from "@sluice/errors";
import { readDeltaFile, timeBounds } from "@sluice/formats";
import type { DeletesTaskInput, SourceSet } from "@sluice/jobs";
import type { SourceFile } from "@sluice/object-store";
import type { StoredSegment } from "@sluice/schema";
import { type KeyDeletes, writeDeltaLog } from "@sluice/segment";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/** Who commits the job has all of them in a table of their keys: 64 MB, or 256 MB just after it has grown. */
const MAX_DELETES = 4_000_000;
/** Of logs as they are read and kept: text keys are in that table with their bytes. */
const MAX_LOG_BYTES = 512 << 20;

/**
 * Delta logs -> delta logs of one segment without rows, which nobody sees: the commit of the job looks up which rows they concern. See
 * `RunTask`.
 */
export async function runDeletes(input: DeletesTaskInput, context: TaskContext): Promise<TaskResult> {
  const kept = new KeptDeletes(input, context);
  for (const [group, set] of input.sets.entries()) await keepAll(set, group, kept, input, context);
  const { rowCount, groupRows } = kept;
  return { rowCount, ...(groupRows.length > 1 && { groupRows }), segments: kept.segments(), autoIds: [] };
}

async function keepAll(
  set: SourceSet,
  group: number,
  kept: KeptDeletes,
  { primaryKey, options, sources }: DeletesTaskInput,
  context: TaskContext,
): Promise<void> {
  const bounds = timeBounds(options);
  await using opened = await context.openFiles(set.files, sources);
  for (const file of opened.files) {
    context.signal.throwIfAborted();
    const { primaryKeys: keys, timestamps } = await readDeltaFile(file, primaryKey, bounds, context.signal);
    await kept.add({ keys, timestamps }, group, file);
    await file.check(context.signal);
  }
}

/** Deletes as they are kept until the job is committed: a log for each that was read. */
class KeptDeletes {
  readonly #input: DeletesTaskInput;
  readonly #context: TaskContext;
  readonly groupRows: number[];
  readonly #logIds: bigint[] = [];
  readonly #rowCounts: number[] = [];
  readonly #sizesBytes: number[] = [];
  #segmentId: bigint | undefined;
  rowCount = 0;
  #readBytes = 0;
  #newestTs = 0n;
  #ahead = 0;

  constructor(input: DeletesTaskInput, context: TaskContext) {
    this.#input = input;
    this.#context = context;
    this.groupRows = input.sets.map(() => 0);
  }

  /** @param group that the log is of @throws {ImportError} `unsupported` for more than a job may have */
  async add({ keys, timestamps }: KeyDeletes, group: number, file: SourceFile): Promise<void> {
    this.rowCount += keys.length;
    this.groupRows[group] += keys.length;
    this.#readBytes += file.sizeBytes;
    if (this.rowCount > MAX_DELETES || this.#readBytes > MAX_LOG_BYTES) throw tooMany(file.path);
    const bounded = timestamps.map((timestamp) => this.#bounded(timestamp));
    if (keys.length > 0 && !this.#input.isDryRun) await this.#write({ keys, timestamps: bounded });
    this.#context.onProgress(this.rowCount, this.#readBytes);
  }

  /** What a clock ahead of ours has written must not concern rows that come after this import. */
  #bounded(timestamp: bigint): bigint {
    const { timestamp: latest } = this.#input;
    if (timestamp > latest) this.#ahead++;
    const bounded = timestamp > latest ? latest : timestamp;
    if (bounded > this.#newestTs) this.#newestTs = bounded;
    return bounded;
  }

  async #write(deletes: KeyDeletes): Promise<void> {
    const { ids, objects, now } = this.#context;
    const { collectionId, bucket } = this.#input;
    this.#segmentId ??= (await ids.segments([bucket]))[0];
    const logId = await ids.logIds(1);
    const place = { collectionId, partitionId: bucket.partitionId, segmentId: this.#segmentId };
    this.#sizesBytes.push(await writeDeltaLog(objects, place, logId, deletes, now()));
    this.#logIds.push(logId);
    this.#rowCounts.push(deletes.keys.length);
  }

  /** Their segment, which has no rows; none where nothing was written. */
  segments(): StoredSegment[] {
    const { collectionId, bucket, primaryKey } = this.#input;
    const note = `${this.#ahead} deletes have timestamps that are still to come: they count as made by this import`;
    if (this.#ahead > 0) this.#context.warn(note);
    if (this.#segmentId === undefined) return [];
    const [logIds, rowCounts, sizesBytes] = [this.#logIds, this.#rowCounts, this.#sizesBytes];
    const logs = { fieldId: primaryKey.fieldId, logIds, rowCounts, sizesBytes };
    const sizeBytes = sizesBytes.reduce((sum, size) => sum + size, 0);
    return [
      {
        ...{ segmentId: this.#segmentId, collectionId, ...bucket, timestamp: this.#newestTs },
        ...{ rowCount: 0, sizeBytes, memoryBytes: 0, insertLogs: [], statsLogs: [], deltaLogs: [logs], deletedRows: 0 },
      },
    ];
  }
}

function tooMany(file: string): ImportError {
  const reason = `more than ${MAX_DELETES} deletes, or ${MAX_LOG_BYTES} bytes of them: import the folders of segments in several jobs`;
  return new ImportError("unsupported", reason, { file });
}
