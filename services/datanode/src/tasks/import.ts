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
import { readSet } from "./read-set.ts";
import { type RowTaker, SetRows } from "./set-rows.ts";
import type { TaskContext, TaskResult } from "./task-kind.ts";

/** What the sets of a task go through. */
interface TaskParts {
  readonly sink: BatchSink;
  /** Leaves rows out whose keys others have. */
  readonly unique: UniqueRows | undefined;
  /** Looks at keys that come more than once. */
  readonly keys: RepeatedKeys | undefined;
  readonly rejects: RejectedRows | undefined;
  /** Of a dry run. */
  readonly mappings: Mappings | undefined;
}

/** What became of the sets so far, in their order. */
class TakenSets {
  readonly groupRows: number[] = [];
  readonly givenIds: bigint[] = [];
  readonly findings: SetFindings[] = [];
  rows = 0;
  sourceBytes = 0;
}

/** Bytes of the sources -> columns -> checks -> sink. One pass, but for `on_duplicate=last`. See `RunTask`. */
export async function runImport(input: ImportTaskInput, context: TaskContext): Promise<TaskResult> {
  await using sink = openSink(input, context);
  const unique = input.keyRule && new UniqueRows(input.keyRule, input.schema);
  if (unique?.isReadTwice) await noteKeys(unique, input, context);
  using keys = unique || input.sink === "none" ? undefined : new RepeatedKeys(input.schema);
  const mappings = input.sink === "none" ? new Mappings() : undefined;
  const parts = { sink, unique, keys, rejects: rejectsOf(input, context), mappings };
  const taken = new TakenSets();
  for (const group of input.sets.keys()) await takeSet(group, taken, parts, input, context);
  return await resultOf(taken, parts);
}

async function takeSet(
  group: number,
  taken: TakenSets,
  { sink, unique, keys, rejects, mappings }: TaskParts,
  input: ImportTaskInput,
  context: TaskContext,
): Promise<void> {
  const set = input.sets[group];
  const before = { rows: taken.rows, bytes: taken.sourceBytes };
  const onProgress = (rows: number, bytes: number) => context.onProgress(before.rows + rows, before.bytes + bytes);
  const warn = (text: string) => context.warn(text, group);
  const ids = givenIdsOf(set, input);
  const taker = new SetRows(set, { sink, unique, ids, keys }, !input.range);
  const work = { set, group, taken: taker, rejects };
  const { rows, rejected, plan } = await readSet(work, input, { ...context, onProgress, warn });
  const repeated = keys?.take();
  if (repeated) warn(`${set.files[0].path}: ${repeated}`);
  const duplicates = unique && { duplicateRows: taker.duplicates };
  taken.findings.push({ rejectedRows: 0, ...rejected, ...duplicates, ...mappings?.of(plan) });
  taken.groupRows.push(rows);
  taken.givenIds.push(...(ids?.ranges ?? []));
  taken.rows += rows;
  taken.sourceBytes += set.files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

async function resultOf(taken: TakenSets, { sink, unique, rejects, mappings }: TaskParts): Promise<TaskResult> {
  const { checked, autoIds, ...made } = await sink.finish();
  const findings = {
    ...{ sets: taken.findings, rejected: rejects?.named ?? [] },
    ...(checked && { checked }),
    ...(mappings && { mappings: mappings.all }),
  };
  return {
    rowCount: taken.rows,
    ...(taken.groupRows.length > 1 && { groupRows: taken.groupRows }),
    ...made,
    autoIds: [...taken.givenIds, ...autoIds],
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
