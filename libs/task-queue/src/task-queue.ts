import type { JobId, NodeId, TaskId } from "@sluice/schema";

/** What the queue knows of a task; the order itself is fetched from the records. */
export interface QueuedTask {
  readonly taskId: TaskId;
  readonly jobId: JobId;
  /** Source bytes: decides whether a lease for small tasks takes it. */
  readonly sizeBytes: number;
  /** Leased where nothing else waits, by who takes tasks of any size: it is not to take time from imports beside it. */
  readonly isBackground?: boolean;
}

/** Who wants a task, which, and for how long. */
export interface LeaseRequest {
  readonly nodeId: NodeId;
  /** Only tasks of at most so many bytes; absent = any. */
  readonly maxSizeBytes?: number;
  readonly leaseMs: number;
  /** Aborting ends the wait: `lease` then resolves to undefined, or to a lease that was granted just before. */
  readonly signal: AbortSignal;
}

/** A task held by a node. Not renewed for `leaseMs`, it goes back to the queue. */
export interface TaskLease {
  readonly task: QueuedTask;
  /** Aborts when the lease was lost, by expiry or because the task was removed. */
  readonly lost: AbortSignal;
  /** Resolves to false when the lease was lost. */
  renew(): Promise<boolean>;
  /** The task is done, for good or bad: it leaves the queue. */
  complete(): Promise<void>;
  /** Back to the front of its job, for another node. */
  giveBack(): Promise<void>;
}

/**
 * Work from datacoord to datanodes, at least once; delivery only, the records are the truth. Fair between jobs: leases go
 * round the jobs that have waiting tasks, first in, first out inside a job. Adapter: embedded.
 */
export interface TaskQueue extends AsyncDisposable {
  /** Why it does not serve now, and what to do, for people; undefined when it does. */
  readonly problem?: string | undefined;
  /** A second enqueue of a task that waits or is leased changes nothing. */
  enqueue(tasks: readonly QueuedTask[]): Promise<void>;
  /** Waits for a task. */
  lease(request: LeaseRequest): Promise<TaskLease | undefined>;
  /** Removes waiting tasks and revokes leases of the given tasks. */
  remove(taskIds: readonly TaskId[]): Promise<void>;
  /** Whether a task of more than so many bytes waits, besides those of the background. */
  hasWaiting(moreThanBytes: number): Promise<boolean>;
  /** Tasks that wait for a lease, and those that have one. */
  depth(): Promise<{ readonly waiting: number; readonly leased: number }>;
  /** Ids of tasks that wait or are leased, for reconciliation with the records. */
  known(): Promise<ReadonlySet<TaskId>>;
}
