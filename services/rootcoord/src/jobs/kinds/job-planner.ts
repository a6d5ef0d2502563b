import type { JobRecord, TaskRecord } from "@sluice/catalog";
import type { Failure } from "@sluice/errors";
import type { WrittenRejects } from "@sluice/jobs";
import type { Secrets } from "@sluice/object-store";
import { decodeStoredSchema } from "@sluice/rpc";
import type { CollectionSchema, SegmentId } from "@sluice/schema";

/** A task that has no id yet. */
export type PlannedTask = Omit<TaskRecord, "taskId" | "jobId">;

/** What the rootcoord has to know of one kind of job; the rest of a job's life is the same for all. */
export interface JobPlanner {
  /**
   * Cuts a job into tasks, whose kinds the datanode knows. May be called twice: only one answer is recorded.
   * @throws {ImportError} for input that cannot be read; the job fails with it. Others: it is tried again
   */
  plan(job: JobRecord): Promise<readonly PlannedTask[]>;
  /** Of which tasks the job would consist; nothing is made for them. Absent: `plan` makes nothing either. @throws as `plan` */
  tasksOf?(job: JobRecord): Promise<readonly PlannedTask[]>;
  /** The same where no file has to be looked at: the job is recorded with its tasks then. */
  planAtOnce?(job: JobRecord): readonly PlannedTask[] | undefined;
  /** What an attempt of a task works on, from the records alone: plain data of the task's kind. */
  inputOf(job: JobRecord, task: TaskRecord): object;
  /** Credentials that an attempt is opened with beside its input; they stand in no record and no log. */
  secretsOf?(job: JobRecord): Secrets;
  /** Why the job cannot go on, whatever its tasks do. */
  lost?(job: JobRecord): Failure | undefined;
  /** Why what the tasks have made must not become visible; asked when all are persisted. */
  refusal?(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined;
  /**
   * Ends a job in its own way, when all tasks are persisted; may be called twice. Absent: what they made becomes visible.
   * @throws {ImportError} `job_failed` when it cannot be ended; others: it is tried again
   */
  finish?(
    job: JobRecord,
    tasks: readonly TaskRecord[],
    signal: AbortSignal,
  ): Promise<{ readonly rowCount: number; readonly segmentIds?: SegmentId[] }>;
  /**
   * Writes the rows that a job has left out where that was asked for, between its rows' becoming visible and its completion, or before
   * it fails because of them; may be called twice. @throws only for what passes: it is tried again
   */
  writeRejects?(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal): Promise<WrittenRejects | undefined>;
  /**
   * Removes what a job that failed has made in another service; may be called twice.
   * @throws {ImportError} `job_failed` when it stays there; others: it is tried again
   */
  cleanUp?(job: JobRecord): Promise<void>;
  /** Segments that are visible until the job is committed, and no longer: those that it replaces or takes away. */
  removes?(job: JobRecord): readonly SegmentId[];
}

/** Of the job's collection, as it was when the job was recorded: a running job keeps it. */
export function schemaOf({ schema, properties }: JobRecord): CollectionSchema {
  const known = read.get(properties);
  if (known?.schema === schema) return known.collection;
  const collection = decodeStoredSchema(Buffer.from(schema, "base64"), properties);
  read.set(properties, { schema, collection });
  return collection;
}

/** By a list that stays the same in all states of a job: each of its tasks is given the schema. */
const read = new WeakMap<object, { readonly schema: string; readonly collection: CollectionSchema }>();

/** Planners by the kind of job. */
export type JobPlanners = Readonly<Record<string, JobPlanner>>;
