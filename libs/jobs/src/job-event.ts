import type { Failure } from "@sluice/errors";
import type { NodeId, SegmentId, TaskId } from "@sluice/schema";
import type { Task } from "./job.ts";
import type { OrderEvent } from "./orders.ts";
import type { TaskReport } from "./task-report.ts";
import type { WrittenRejects } from "./written-rejects.ts";

/** What can happen to a job. Everything that comes from outside is in the event: time, answers, reports. */
export type JobEvent<T extends Task> =
  /** Somebody looked: after every change, at every tick, after a restart. */
  | {
      readonly kind: "looked";
      readonly nowMs: number;
      /** What the rows were meant for and is dropped, such as `collection 7`. */
      readonly droppedTarget?: string;
      /** Why what all tasks have made must not become visible. */
      readonly refusal?: Failure;
      /** Why tasks that are not done cannot be done any more. */
      readonly lost?: Failure;
    }
  | { readonly kind: "planned"; readonly tasks: readonly T[] }
  /** The input of the job cannot be cut into tasks. */
  | { readonly kind: "plan_refused"; readonly failure: Failure; readonly nowMs: number }
  | {
      readonly kind: "task_started";
      readonly taskId: TaskId;
      readonly nodeId: NodeId;
      readonly nowMs: number;
      /** Unix milliseconds since which this rootcoord leads. */
      readonly leadsSinceMs: number;
      /** Datanodes that may die with it, and with no other task alike (D2). */
      readonly maxNodesKilled: number;
      /** All other tasks, of whatever job, and what this one reads: to tell whether it is what datanodes die of. */
      readonly others: Iterable<Task>;
      readonly files: readonly string[];
    }
  /** A datanode speaks whose task went to another one, because it had fallen silent. */
  | { readonly kind: "node_heard"; readonly taskId: TaskId; readonly attempt: number }
  | { readonly kind: "task_reported"; readonly report: TaskReport; readonly nowMs: number }
  /** What the job made is visible. */
  | {
      readonly kind: "committed";
      readonly segmentIds: readonly SegmentId[];
      readonly rowCount: number;
      readonly rejects?: WrittenRejects;
      readonly nowMs: number;
    }
  /** What all tasks have made must not become visible, and what they left out is written. */
  | {
      readonly kind: "refused";
      readonly failure: Failure;
      readonly rejects?: WrittenRejects;
      readonly nowMs: number;
    }
  /** Another change came first, of what this job would have replaced: nothing of it is visible, nor ever will be. */
  | { readonly kind: "commit_refused"; readonly failure: Failure; readonly nowMs: number }
  | OrderEvent
  /** The rows of a completed job are visible no longer. */
  | { readonly kind: "taken_out"; readonly nowMs: number }
  /** They are no longer as the job made them: nothing was taken out. */
  | { readonly kind: "take_out_refused"; readonly failure: Failure }
  /** Nothing of a failed job is in the other service. */
  | { readonly kind: "cleaned_up"; readonly nowMs: number }
  /** It stays there: the service refuses, or was away for too long. */
  | { readonly kind: "cleanup_refused"; readonly failure: Failure };

/** One kind of them. */
export type EventOf<T extends Task, K extends JobEvent<T>["kind"]> = Extract<JobEvent<T>, { kind: K }>;
