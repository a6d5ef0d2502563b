import type { EmbeddingSettings } from "@sluice/embedding";
import type { Failure } from "@sluice/errors";
import type { NamedRoot, NamedStorage, Secrets, StorageDescription } from "@sluice/object-store";
import type { StorageUse } from "@sluice/telemetry";
import type { TaskLimits, TaskOutcome } from "../tasks/task-kind.ts";

/** How a worker thread opens its stores; plain data. */
export interface ThreadStores {
  readonly objects: StorageDescription;
  /** Those of the settings; a task may bring more. */
  readonly sources: readonly NamedStorage[];
  /** Where files may be exported to. */
  readonly exportRoots?: readonly NamedRoot[];
  readonly secrets: Secrets;
}

/** What a worker thread gets once, when it starts. */
export interface ThreadSetup extends ThreadStores {
  readonly limits: TaskLimits;
  readonly embedding?: EmbeddingSettings;
}

/** A task as it goes into a thread, whatever its kind. */
export interface ThreadTask {
  readonly kind: string;
  /** Plain data as text, which only the kind can read. */
  readonly input: string;
  /** Credentials of the sources that the input names, as JSON; none unless given. */
  readonly secrets?: string;
  /** Bytes of rows that it may move in a second; any number unless given. */
  readonly bytesPerSecond?: number;
}

/** From the datanode to a thread. */
export type ToThread =
  | { readonly type: "run"; readonly run: number; readonly task: ThreadTask }
  | { readonly type: "abort"; readonly run: number }
  | { readonly type: "answer"; readonly run: number; readonly call: number; readonly value: unknown }
  | { readonly type: "refusal"; readonly run: number; readonly call: number; readonly failure: Failure };

/**
 * From a thread to the datanode: questions about ids, progress, and the end of a run with what the thread has done with its
 * stores since the last end.
 */
export type FromThread =
  | { readonly type: "ask"; readonly run: number; readonly call: number; readonly question: Question }
  | { readonly type: "progress"; readonly run: number; readonly rows: number; readonly sourceBytes: number }
  | {
      readonly type: "done";
      readonly run: number;
      readonly outcome: TaskOutcome;
      readonly storage: readonly StorageUse[];
    }
  | {
      readonly type: "failed";
      readonly run: number;
      readonly failure: Failure;
      /** Where a defect showed itself; for the log, never for users. */
      readonly stack?: string;
      readonly storage: readonly StorageUse[];
    };

/** What a worker thread asks the main one; each is answered, or fails with the coordinator's refusal. */
export type Question =
  /** Is the attempt still the current one? */
  { readonly kind: "is_current" } | CoordinatorQuestion;

/** What a coordinator answers. */
export type CoordinatorQuestion =
  | {
      readonly kind: "segments";
      readonly buckets: readonly { readonly partitionId: bigint; readonly vchannel: string }[];
    }
  | {
      readonly kind: "visible_segments";
      readonly segmentIds: readonly bigint[];
      /** Hybrid; 0 = now. */
      readonly timestamp: bigint;
      /** 0 = that of the task. */
      readonly collectionId: bigint;
    }
  | { readonly kind: "log_ids"; readonly count: number }
  | { readonly kind: "ids"; readonly count: number };
