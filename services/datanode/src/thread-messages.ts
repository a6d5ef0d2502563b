import type { ImportErrorCode, SourceLocation } from "@sluice/errors";
import type { ObjectStoreDescription, SourceStoreDescription } from "@sluice/object-store";
import type { StorageUse } from "@sluice/telemetry";
import type { ImportTaskInput, ImportTaskOutcome } from "./import-task.ts";

/** How a worker thread opens its stores; plain data. */
export interface ThreadStores {
  readonly objects: ObjectStoreDescription;
  readonly sources: SourceStoreDescription;
}

/** From the datanode to a thread. */
export type ToThread =
  | { readonly type: "run"; readonly run: number; readonly input: ImportTaskInput }
  | { readonly type: "abort"; readonly run: number }
  | { readonly type: "answer"; readonly run: number; readonly call: number; readonly value: unknown }
  | { readonly type: "refusal"; readonly run: number; readonly call: number; readonly error: ThreadError };

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
      readonly outcome: ImportTaskOutcome;
      readonly storage: readonly StorageUse[];
    }
  | {
      readonly type: "failed";
      readonly run: number;
      readonly error: ThreadError;
      readonly storage: readonly StorageUse[];
    };

export type Question =
  | {
      readonly kind: "segments";
      readonly buckets: readonly { readonly partitionId: bigint; readonly vchannel: string }[];
    }
  | { readonly kind: "log_ids"; readonly count: number }
  | { readonly kind: "ids"; readonly count: number };

/** An error as it crosses threads: structured clone would lose its class. */
export interface ThreadError {
  readonly code: ImportErrorCode;
  readonly reason: string;
  readonly at: SourceLocation | undefined;
  /** Where a defect showed itself; for the log, never for users. */
  readonly stack?: string;
}
