import type { EmbeddingSettings } from "@sluice/embedding";
import type { FileRef } from "@sluice/formats";
import type { ImportFindings } from "@sluice/jobs";
import type { NamedStorage, ObjectReads, ObjectWrites, Secrets, SourceFile } from "@sluice/object-store";
import type { SegmentId, StoredSegment, VisibleSegment } from "@sluice/schema";
import type { SegmentIds } from "@sluice/segment";

/** Sizes in bytes; together they bound what a worker needs, whatever the size of its input. */
export interface TaskLimits {
  /** Decoded bytes that a reader hands over at once. */
  readonly batchBytes: number;
  /** Rows of a segment in memory before they are written. */
  readonly flushBytes: number;
  /** All rows in memory, over all segments. */
  readonly workerMemoryBytes: number;
  /** A segment is sealed when it has reached this. */
  readonly segmentBytes: number;
  /** Files of a segment that are being written at once. */
  readonly flushesInFlight?: number;
}

/** Files of a task, closed when it is disposed. */
export interface OpenFiles extends AsyncDisposable {
  readonly files: readonly SourceFile[];
}

/** What an attempt of a task, of whatever kind, works with. */
export interface TaskContext {
  /**
   * Opens files to read them, in their order; `brought` are the storages that the job has of its own. Disposing closes all.
   * @throws {ImportError} as `Sources.open`
   */
  readonly openFiles: (refs: readonly FileRef[], brought?: readonly NamedStorage[]) => Promise<OpenFiles>;
  /** Credentials of what the job brings, by the names that stand in its input. */
  readonly secrets: Secrets;
  /** Objects of visible segments. */
  readonly stored: ObjectReads;
  /**
   * Visible segments, parallel to `ids`, or all of the collection without any; each call leaves the thread.
   * @param timestamp hybrid, of an earlier snapshot; now unless given
   * @param collectionId that of the task unless given
   * @throws {ImportError} `job_failed` when one of them is not visible any more
   */
  readonly visibleSegments: (
    ids: readonly bigint[],
    timestamp?: bigint,
    collectionId?: bigint,
  ) => Promise<readonly VisibleSegment[]>;
  /**
   * The export root of this name; as in `objects`, nothing appears there any more once the attempt is superseded.
   * @throws {ImportError} `path_refused`; as the adapter's `open`
   */
  readonly openExportRoot: (name: string) => Promise<ObjectWrites>;
  /** Where segments are written to; nothing appears there any more once the attempt is superseded. */
  readonly objects: ObjectWrites;
  /** Asked before what cannot be fenced is sent. @throws once the attempt is superseded */
  readonly confirmCurrent: () => Promise<void>;
  readonly limits: TaskLimits;
  /** Servers that functions may ask for vectors. */
  readonly embedding: EmbeddingSettings;
  /** Segment and log ids; each call leaves the thread. */
  readonly ids: SegmentIds;
  /** The first of `count` new ids for automatic keys. */
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly onProgress: (rows: number, sourceBytes: number) => void;
  /** Waited for before so many bytes of rows are moved, by tasks whose jobs may be held to a rate. @throws the signal's reason */
  readonly paced: (bytes: number) => Promise<void>;
  /**
   * Tells the user something about the input that does not stop the task. Said twice, it is shown once.
   * @param group that it is about, where the task has several
   */
  readonly warn: (text: string, group?: number) => void;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** What a kind of task answers. */
export interface TaskResult {
  readonly rowCount: number;
  /** Of each group of files, where the task has several. */
  readonly groupRows?: readonly number[];
  /** Of each group the segment that it became, where that is one. */
  readonly groupSegments?: readonly SegmentId[];
  /** Sealed, and invisible until the job is committed. */
  readonly segments: readonly StoredSegment[];
  /** Half-open ranges [begin, end, begin, end …) of automatic keys, in row order. */
  readonly autoIds: readonly bigint[];
  /** What it found out of its input besides. */
  readonly findings?: ImportFindings;
}

/** The same with what was warned of on the way. */
export interface TaskOutcome extends TaskResult {
  readonly warnings: readonly string[];
  /** Of each warning, the group that it is about, where the task has several. */
  readonly warningGroups?: readonly number[];
}

/**
 * One kind of task, run in a worker thread from its input to what it made. It is safe to run again from the start: every
 * attempt has segments of its own.
 * @param input what the kind's planner in the rootcoord gave it; plain data, whose type stands in `libs/jobs`
 * @throws {ImportError} located by file, row and field; with a code that may be tried again for storage that is away
 */
export type RunTask<Input> = (input: Input, context: TaskContext) => Promise<TaskResult>;

/** Kinds of tasks by the name that stands in a task's order. */
export type TaskKinds = Readonly<Record<string, RunTask<never>>>;
