import { setImmediate as turn } from "node:timers/promises";
import { HeldMemory, mapConcurrent } from "@sluice/async";
import { completeBatch } from "@sluice/columns";
import { excerptOfList } from "@sluice/errors";
import {
  type FieldPlan,
  type FormatReader,
  formatNamed,
  type OnReject,
  openReader,
  planFields,
  withFolderKeys,
} from "@sluice/formats";
import type { ImportTaskInput, SetFindings, SourceSet } from "@sluice/jobs";
import type { SourceFile } from "@sluice/object-store";
import type { RejectedRows } from "../sinks/rejected-rows.ts";
import type { RowTaker } from "./set-rows.ts";
import type { TaskContext } from "./task-kind.ts";

/**
 * Pages of columnar files may take so many times what rows may: DuckDB writes pages of 100 MB, which are in memory as they stand
 * and inflated.
 */
const WHOLE_BY_ROWS = 3;

/** A segment of Milvus has hundreds of files, each of which storage is asked for. */
const CHECKS_AT_ONCE = 16;

/** Where the rows of one set go. */
export interface SetWork {
  readonly set: SourceSet;
  readonly group: number;
  readonly taken: RowTaker;
  readonly rejects: RejectedRows | undefined;
}

/** What became of the rows of a set. */
export interface ReadSet {
  /** Those that were taken. */
  readonly rows: number;
  /** Of those that cannot be imported, where the job goes on without them. */
  readonly rejected: SetFindings | undefined;
  readonly plan: FieldPlan;
}

/** Reads the rows of one set, checks them, and hands them on. */
export async function readSet(work: SetWork, input: ImportTaskInput, context: TaskContext): Promise<ReadSet> {
  const { set, group, taken } = work;
  const { signal } = context;
  const plan = planFields(input.schema, { ...input.options, ...set.options }, set.folders);
  await using opened = await context.openFiles(set.files, input.sources);
  using memory = new HeldMemory();
  await using reader = readerOf(set, opened.files, plan, input, context);
  const rejected = work.rejects?.begin({ ...textOf(set, reader), set: group });
  const counts = { rows: 0, read: 0 };
  const onReject: OnReject = (row) => {
    counts.read++;
    taken.skip(row.row);
    return rejected?.add(row);
  };
  const { wholeBytes } = taken;
  const reading = {
    ...{ batchBytes: context.limits.batchBytes, signal, memory },
    ...(wholeBytes && { wholeBytes }),
    ...(input.tolerance && { onReject }),
  };
  for await (const batch of reader.batches(reading)) {
    signal.throwIfAborted();
    counts.rows += await taken.append(completeBatch(plan.schema, withFolderKeys(plan, batch)));
    counts.read += batch.rowCount;
    context.onProgress(counts.rows, batch.sourceBytes);
    // Parsing takes no turns of its own: without this one, what comes next would not even be asked for until it has ended.
    await turn();
  }
  const findings = await rejected?.finish();
  await checkUnchanged(opened.files, signal);
  if (counts.read === 0 && !input.range) context.warn(`${excerptOfList(set.files.map(({ path }) => path))}: no rows`);
  return { rows: counts.rows, rejected: findings, plan };
}

function readerOf(
  { format, options }: SourceSet,
  sources: readonly SourceFile[],
  plan: FieldPlan,
  input: ImportTaskInput,
  { limits, warn }: TaskContext,
): FormatReader & AsyncDisposable {
  return openReader(format, {
    ...{ sources, plan, warn, options: { ...input.options, ...options } },
    ...(input.range && { range: input.range }),
    ...(input.isOneOfSeveral && { isOneOfSeveral: true }),
    wholeBytes: WHOLE_BY_ROWS * limits.workerMemoryBytes,
  });
}

/** A file that was cut short or written again meanwhile would give other rows than its owner means, without an error. */
async function checkUnchanged(files: readonly SourceFile[], signal: AbortSignal): Promise<void> {
  for await (const _ of mapConcurrent(files, CHECKS_AT_ONCE, (file) => file.check(signal)));
}

function textOf({ format, files }: SourceSet, reader: FormatReader) {
  return { file: files[0].path, text: formatNamed(format).text, head: () => reader.head };
}
