import type { QueuedTask, TaskLease } from "../task-queue.ts";
import { type QueueJob, taskOf } from "./task-class.ts";

/** A lock of BullMQ as a lease. Its token is known to nobody else, so a holder that lost it can end nobody's lease. */
export class BullTaskLease implements TaskLease {
  readonly task: QueuedTask;
  readonly #job: QueueJob;
  readonly #leaseMs: number;
  readonly #lost = new AbortController();
  #expiry: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(job: QueueJob, leaseMs: number) {
    this.task = taskOf(job);
    this.#job = job;
    this.#leaseMs = leaseMs;
    this.#expectRenewal(leaseMs);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** By the own clock: who cannot reach Redis for so long must expect that another node works on the task. */
  #expectRenewal(withinMs: number): void {
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#lose(), Math.max(0, withinMs));
    this.#expiry.unref();
  }

  #lose(): void {
    if (this.#isOver) return;
    this.#end();
    this.#lost.abort(new Error(`the lease of task ${this.task.taskId} was lost`));
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#expiry);
  }

  /** While Redis is away the lease holds until its time is up. */
  async renew(): Promise<boolean> {
    if (this.#isOver) return false;
    const sentMs = performance.now();
    const isHeld = await this.#job.extendLock(this.#job.token as string, this.#leaseMs).then(
      (answer) => answer === 1,
      (error) => {
        if (isLockError(error)) return false;
        throw error;
      },
    );
    if (!isHeld) this.#lose();
    else if (!this.#isOver) this.#expectRenewal(this.#leaseMs - (performance.now() - sentMs));
    return isHeld && !this.#isOver;
  }

  async complete(): Promise<void> {
    if (this.#isOver) return;
    this.#end();
    await this.#job.moveToCompleted(null, this.#job.token as string, false).catch(ignoreLoss);
  }

  async giveBack(): Promise<void> {
    if (this.#isOver) return;
    this.#end();
    await this.#job.moveToWait(this.#job.token).catch(ignoreLoss);
  }
}

/** BullMQ's words for a lock that is gone or another's, and for a task that is gone. */
function isLockError(error: unknown): boolean {
  return /lock|missing key for job|is not in the active state/i.test((error as Error).message);
}

function ignoreLoss(error: unknown): void {
  if (!isLockError(error)) throw error;
}
