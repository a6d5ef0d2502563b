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
import { idRangeOf } from "@sluice/jobs/findings";
import type { BatchSink } from "../sinks/batch-sink.ts";
import { CheckSink } from "../sinks/check-sink.ts";
import { GivenIds } from "../sinks/given-ids.ts";
import { RejectedRows } from "../sinks/rejected-rows.ts";
import { RepeatedKeys } from "../sinks/repeated-keys.ts";
import { SegmentSink } from "../sinks/segment-sink.ts";
import { UniqueRows } from "../sinks/unique/unique-rows.ts";
import { Mappings } from "./mappings.ts";
import { type RowTaker, SetRows } from "./set-rows.ts";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/**
 * Pages of columnar files may take so many times what rows may: DuckDB writes pages of 100 MB, which are in memory as they stand
 * and inflated.
 */
const WHOLE_BY_ROWS = 3;

/** A segment of Milvus has hundreds of files, each of which storage is asked for. */
const CHECKS_AT_ONCE = 16;

/** Bytes of the sources -> columns -> checks -> sink. One pass, but for `on_duplicate=last`. See `RunTask`. */
export async function runImport(input: ImportTaskInput, context: TaskContext): Promise<TaskResult> {
  await using sink = openSink(input, context);
  const unique = input.keyRule && new UniqueRows(input.keyRule, input.schema);
  if (unique?.isReadTwice) await noteKeys(unique, input, context);
  using keys = unique || input.sink === "none" ? undefined : new RepeatedKeys(input.schema);
  const rejects = rejectsOf(input, context);
  const groupRows: number[] = [];
  const givenIds: bigint[] = [];
  const sets: SetFindings[] = [];
  const mappings = input.sink === "none" ? new Mappings() : undefined;
  const before = { rows: 0, bytes: 0 };
  for (const [group, set] of input.sets.entries()) {
    const onProgress = (rows: number, bytes: number) => context.onProgress(before.rows + rows, before.bytes + bytes);
    const warn = (text: string) => context.warn(text, group);
    const ids = givenIdsOf(set, input);
    const taken = new SetRows(set, { sink, unique, ids, keys }, !input.range);
    const { rows, rejected, plan } = await readSet({ set, group, taken, rejects }, input, {
      ...context,
      onProgress,
      warn,
    });
    const repeated = keys?.take();
    if (repeated) warn(`${set.files[0].path}: ${repeated}`);
    groupRows.push(rows);
    givenIds.push(...(ids?.ranges ?? []));
    sets.push({
      rejectedRows: 0,
      ...rejected,
      ...(unique && { duplicateRows: taken.duplicates }),
      ...mappings?.of(plan),
    });
    before.rows += rows;
    before.bytes += set.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  }
  const { checked, autoIds, ...made } = await sink.finish();
  const findings = {
    sets,
    rejected: rejects?.named ?? [],
    ...(checked && { checked }),
    ...(mappings && { mappings: mappings.all }),
  };
  const groups = groupRows.length > 1 && { groupRows };
  return {
    rowCount: before.rows,
    ...groups,
    ...made,
    autoIds: [...givenIds, ...autoIds],
    ...((rejects || unique) && { findings }),
  };
}

/** Ranges are cut by rows where keys go by the numbers of these. */
function givenIdsOf({ options, files }: SourceSet, { schema, range }: ImportTaskInput): GivenIds | undefined {
  const ids = idRangeOf(options);
  return ids && new GivenIds(ids, schema, files[0].path, range?.begin ?? 0);
}

/** The pass before, which learns the last row of each key. */
async function noteKeys(unique: UniqueRows, input: ImportTaskInput, context: TaskContext): Promise<void> {
  const taken: RowTaker = {
    append: async (batch) => {
      unique.note(batch);
      return batch.rowCount;
    },
    skip: () => {},
  };
  for (const [group, set] of input.sets.entries())
    await readSet({ set, group, taken, rejects: undefined }, input, { ...context, onProgress() {}, warn() {} });
  unique.beginAgain();
}

/** Where the rows of one set go. */
interface SetWork {
  readonly set: SourceSet;
  readonly group: number;
  readonly taken: RowTaker;
  readonly rejects: RejectedRows | undefined;
}

/** Rows of one set; how many of them were taken, and what became of those that cannot be imported. */
async function readSet(
  { set, group, taken, rejects }: SetWork,
  input: ImportTaskInput,
  context: TaskContext,
): Promise<{ rows: number; rejected: SetFindings | undefined; plan: FieldPlan }> {
  const { signal, limits } = context;
  const options = { ...input.options, ...set.options };
  const plan = planFields(input.schema, options, set.folders);
  await using opened = await context.openFiles(set.files, input.sources);
  let [rows, readRows] = [0, 0];
  using memory = new HeldMemory();
  await using reader = openReader(set.format, {
    sources: opened.files,
    plan,
    ...(input.range && { range: input.range }),
    ...(input.isOneOfSeveral && { isOneOfSeveral: true }),
    wholeBytes: WHOLE_BY_ROWS * limits.workerMemoryBytes,
    options,
    warn: context.warn,
  });
  const rejected = rejects?.begin({ ...textOf(set, reader), set: group });
  const reject: OnReject = (row) => {
    readRows++;
    taken.skip(row.row);
    return rejected?.add(row);
  };
  const { wholeBytes } = taken;
  const reading = {
    ...{ batchBytes: limits.batchBytes, signal, memory },
    ...(wholeBytes && { wholeBytes }),
    ...(input.tolerance && { onReject: reject }),
  };
  for await (const batch of reader.batches(reading)) {
    signal.throwIfAborted();
    rows += await taken.append(completeBatch(plan.schema, withFolderKeys(plan, batch)));
    readRows += batch.rowCount;
    context.onProgress(rows, batch.sourceBytes);
    // Parsing takes no turns of its own: without this one, what comes next would not even be asked for until it has ended.
    await turn();
  }
  const findings = await rejected?.finish();
  // A file that was cut short or written again meanwhile would give other rows than its owner means, without an error.
  for await (const _ of mapConcurrent(opened.files, CHECKS_AT_ONCE, (file) => file.check(signal)));
  if (readRows === 0 && !input.range) context.warn(`${excerptOfList(set.files.map(({ path }) => path))}: no rows`);
  return { rows, rejected: findings, plan };
}

function textOf({ format, files }: SourceSet, reader: FormatReader) {
  return { file: files[0].path, text: formatNamed(format).text, head: () => reader.head };
}

/** Of tasks that share the rows of a job by their keys, all see the bad ones, and the first one has them. */
function rejectsOf(
  { tolerance, rejectsPrefix: prefix, keyRule }: ImportTaskInput,
  context: TaskContext,
): RejectedRows | undefined {
  if (!tolerance || (keyRule && keyRule.bucket > 0)) return undefined;
  return new RejectedRows({ tolerance, ...(prefix !== undefined && { prefix }) }, context);
}

function openSink(input: ImportTaskInput, context: TaskContext): BatchSink {
  switch (input.sink) {
    case "segments":
      // A segment of Milvus has what its rows have besides; a backup of Milvus 1.x has not.
      return new SegmentSink({ ...input, areRowsStored: input.sets[0].format === "binlog" }, context);
    case "none":
      return new CheckSink(input, context);
  }
}
