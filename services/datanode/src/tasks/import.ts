import { setImmediate as turn } from "node:timers/promises";
import { completeBatch } from "@sluice/columns";
import { type FormatReader, formatNamed, planFields, withFolderKeys } from "@sluice/formats";
import type { ImportTaskInput, SourceSet } from "@sluice/jobs";
import type { BatchSink } from "../sinks/batch-sink.ts";
import { CheckSink } from "../sinks/check-sink.ts";
import { RejectedRows } from "../sinks/rejected-rows.ts";
import { SegmentSink } from "../sinks/segment-sink.ts";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/** Bytes of the sources -> columns -> checks -> sink. One pass. See `RunTask`. */
export async function runImport(input: ImportTaskInput, context: TaskContext): Promise<TaskResult> {
  await using sink = openSink(input, context);
  const rejects = rejectsOf(input, context);
  const groupRows: number[] = [];
  const before = { rows: 0, bytes: 0 };
  for (const [group, set] of input.sets.entries()) {
    const onProgress = (rows: number, bytes: number) => context.onProgress(before.rows + rows, before.bytes + bytes);
    const warn = (text: string) => context.warn(text, group);
    const rows = await readSet({ set, group, sink, rejects }, input, { ...context, onProgress, warn });
    groupRows.push(rows);
    before.rows += rows;
    before.bytes += set.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  }
  const { checked, ...made } = await sink.finish();
  const findings = rejects && { sets: rejects.sets, rejected: rejects.named, ...(checked && { checked }) };
  const groups = groupRows.length > 1 && { groupRows };
  return { rowCount: before.rows, ...groups, ...made, ...(findings && { findings }) };
}

/** Where the rows of one set go. */
interface SetWork {
  readonly set: SourceSet;
  readonly group: number;
  readonly sink: BatchSink;
  readonly rejects: RejectedRows | undefined;
}

/** Rows of one set, into the sink; how many they are. */
async function readSet(
  { set, group, sink, rejects }: SetWork,
  input: ImportTaskInput,
  context: TaskContext,
): Promise<number> {
  const { signal, limits } = context;
  const plan = planFields(input.schema, input.options, set.folders);
  await using opened = await context.openFiles(set.files, input.sources);
  let rowCount = 0;
  await using reader = formatNamed(set.format).open({
    sources: opened.files,
    plan,
    ...(input.range && { range: input.range }),
    options: input.options,
    warn: context.warn,
  });
  const rejected = rejects?.begin({ ...textOf(set, reader), set: group });
  const batchOptions = { batchBytes: limits.batchBytes, signal, ...(rejected && { onReject: rejected.add }) };
  for await (const batch of reader.batches(batchOptions)) {
    signal.throwIfAborted();
    await sink.append(completeBatch(plan.schema, withFolderKeys(plan, batch)));
    rowCount += batch.rowCount;
    context.onProgress(rowCount, batch.sourceBytes);
    // Parsing takes no turns of its own: without this one, what comes next would not even be asked for until it has ended.
    await turn();
  }
  await rejected?.finish();
  // A file that was cut short or written again meanwhile would give other rows than its owner means, without an error.
  for (const file of opened.files) await file.check(signal);
  if (rowCount === 0 && !input.range) context.warn(`${set.files.map(({ path }) => path).join(", ")}: no rows`);
  return rowCount;
}

function textOf({ format, files }: SourceSet, reader: FormatReader) {
  return { file: files[0].path, text: formatNamed(format).text, head: () => reader.head };
}

function rejectsOf(
  { tolerance, rejectsPrefix: prefix }: ImportTaskInput,
  context: TaskContext,
): RejectedRows | undefined {
  return tolerance && new RejectedRows({ tolerance, ...(prefix !== undefined && { prefix }) }, context);
}

function openSink(input: ImportTaskInput, context: TaskContext): BatchSink {
  switch (input.sink) {
    case "segments":
      return new SegmentSink(input, context);
    case "none":
      return new CheckSink(input, context);
  }
}
