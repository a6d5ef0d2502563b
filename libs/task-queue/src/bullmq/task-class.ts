import { randomUUID } from "node:crypto";
import { forEachConcurrent } from "@sluice/async";
import { type TaskId, taskId } from "@sluice/schema";
import { type Job, Queue, Worker } from "bullmq";
import type { QueuedTask } from "../task-queue.ts";
import type { RedisClient } from "./redis-connection.ts";
import { takeRounds } from "./rounds.ts";

/** A task as BullMQ keeps it: JSON has no bigint. */
interface TaskData {
  readonly taskId: string;
  readonly jobId: string;
  readonly sizeBytes: number;
  readonly isBackground?: boolean;
}

/** One task in a queue. */
export type QueueJob = Job<TaskData>;

/** Ids of BullMQ must not be bare numbers. */
const bullId = (id: TaskId) => `t${id}`;
const waitingStates = ["wait", "prioritized", "delayed"] as const;
/** Tasks of a cancelled job that are taken away at once. */
const REMOVED_AT_ONCE = 64;
/** Tasks that one call enqueues. */
const BATCH = 1000;

/** A class, and the two connections that BullMQ wants: one of them blocks. */
export interface TaskClassOptions {
  readonly name: string;
  readonly prefix: string;
  readonly producer: RedisClient;
  readonly consumer: RedisClient;
  readonly leaseMs: number;
}

/** Tasks of one class of sizes: a queue of BullMQ, and the means to take from it by hand. */
export class TaskClass {
  readonly #options: TaskClassOptions;
  readonly #queue: Queue<TaskData>;
  readonly #worker: Worker<TaskData>;
  #isBlocking = false;

  /** Both clients must be connected, and the server checked. */
  static async open(options: TaskClassOptions): Promise<TaskClass> {
    const opened = new TaskClass(options);
    try {
      await Promise.all([opened.#queue.waitUntilReady(), opened.#worker.waitUntilReady()]);
      void opened.#worker.startStalledCheckTimer();
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  private constructor(options: TaskClassOptions) {
    this.#options = options;
    const { name, prefix, producer, consumer, leaseMs } = options;
    this.#queue = new Queue<TaskData>(name, { connection: producer, prefix, skipVersionCheck: true });
    // No processor: a lease lives from a call to another, over processes of its holder's choosing, not as long as a
    // function runs. A task whose node dies again and again is the fault of nodes, never the task's: no bound on that.
    this.#worker = new Worker<TaskData>(name, null, {
      ...{ connection: consumer, prefix, autorun: false, lockDuration: leaseMs, skipLockRenewal: true },
      ...{ stalledInterval: Math.max(250, Math.floor(leaseMs / 4)), maxStalledCount: Number.MAX_SAFE_INTEGER },
      drainDelay: 5,
      skipVersionCheck: true, // `checkServer` has looked, once for all connections.
    });
    this.#queue.on("error", () => {}); // The calls themselves fail.
    this.#worker.on("error", () => {});
  }

  /** In calls of at most 1000; a task that is there already stays as it is. */
  async enqueue(tasks: readonly QueuedTask[]): Promise<void> {
    for (let i = 0; i < tasks.length; i += BATCH) await this.#enqueueBatch(tasks.slice(i, i + BATCH));
  }

  async #enqueueBatch(tasks: readonly QueuedTask[]): Promise<void> {
    const { producer } = this.#options;
    const jobIds = tasks.map((task) => task.jobId);
    const keys = [this.#queue.toKey("prioritized"), this.#queue.toKey("rounds")] as const;
    const rounds = await takeRounds(producer, ...keys, jobIds);
    await this.#queue.addBulk(
      tasks.map((task, i) => ({
        name: "import",
        data: dataOf(task),
        opts: { jobId: bullId(task.taskId), priority: rounds[i], removeOnComplete: true, removeOnFail: true },
      })),
    );
  }

  /** The next task, if there is one now. */
  async take(): Promise<QueueJob | undefined> {
    return (await this.#worker.getNextJob(randomUUID(), { block: false })) ?? undefined;
  }

  /** Calls `onJob` with the next task that comes, or with nothing after some seconds; one wait at a time. */
  waitForOne(onJob: (job: QueueJob | undefined) => void): void {
    if (this.#isBlocking) return;
    this.#isBlocking = true;
    const end = (job?: QueueJob) => {
      this.#isBlocking = false;
      onJob(job);
    };
    this.#worker.getNextJob(randomUUID()).then(
      (job) => end(job ?? undefined),
      () => setTimeout(end, 200),
    );
  }

  /** Takes tasks away, also from those who hold them: without its lock a holder learns it at its next renewal. */
  async remove(ids: readonly TaskId[]): Promise<void> {
    const { producer } = this.#options;
    await forEachConcurrent(ids, REMOVED_AT_ONCE, async (id) => {
      await producer.del(`${this.#queue.toKey(bullId(id))}:lock`);
      await this.#queue.remove(bullId(id));
    });
  }

  /** Of this class alone. */
  async depth(): Promise<{ waiting: number; leased: number }> {
    const counts = await this.#queue.getJobCounts(...waitingStates, "active");
    const waiting = waitingStates.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    return { waiting, leased: counts.active ?? 0 };
  }

  /** Ids of tasks that wait or are leased. */
  async known(): Promise<TaskId[]> {
    const ids = await this.#queue.getRanges([...waitingStates, "active"], 0, -1);
    return ids.filter((id) => /^t\d+$/.test(id)).map((id) => taskId(BigInt(id.slice(1))));
  }

  /** Leases are left to lapse; never throws. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#worker.close(true), this.#queue.close()]);
  }
}

function dataOf({ taskId: id, jobId, ...others }: QueuedTask): TaskData {
  return { taskId: id.toString(), jobId: jobId.toString(), ...others };
}

/** Numbers become ids again. */
export function taskOf({ data }: QueueJob): QueuedTask {
  return {
    taskId: taskId(BigInt(data.taskId)),
    jobId: BigInt(data.jobId) as QueuedTask["jobId"],
    sizeBytes: data.sizeBytes,
    ...(data.isBackground && { isBackground: true }),
  };
}
