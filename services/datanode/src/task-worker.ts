import { aborted, sleep } from "@sluice/async";
import type { CredentialsKey } from "@sluice/cluster";
import type { importing } from "@sluice/rpc";
import type { NodeId } from "@sluice/schema";
import type { TaskLease, TaskQueue } from "@sluice/task-queue";
import { type Logger, type SpanAttributes, withSpan } from "@sluice/telemetry";
import type { Coordinators } from "./coordinators.ts";
import { endFailed } from "./failed-attempt.ts";
import { keepRenewed, makeRoom } from "./held-lease.ts";
import { insist } from "./insist.ts";
import { LastKnown } from "./last-known.ts";
import type { AttemptEnd, DataNodeMetrics } from "./metrics.ts";
import { secretsOf } from "./order-secrets.ts";
import { ProgressReports } from "./progress-reports.ts";
import type { TaskOutcome } from "./tasks/task-kind.ts";
import type { Question } from "./thread/messages.ts";
import type { AttemptRunner, RunHooks } from "./thread/worker-thread.ts";

/** What one slot needs. */
export interface TaskWorkerDeps {
  /** Resolves when the node has its id. */
  readonly joined: Promise<void>;
  readonly nodeId: () => NodeId;
  readonly queue: TaskQueue;
  readonly coordinators: Coordinators;
  readonly runner: AttemptRunner;
  /** Takes only tasks of at most so many source bytes; undefined = any. */
  readonly maxSizeBytes: number | undefined;
  /** Greatest source bytes of tasks that others take too. */
  readonly smallTaskBytes: number;
  readonly taskLeaseMs: number;
  /** Opens sealed credentials. */
  readonly credentialsKey?: CredentialsKey | undefined;
  readonly log: Logger;
  readonly metrics: DataNodeMetrics;
  readonly onTask: (taskId: bigint, isRunning: boolean) => void;
}

/** Pause before a call to a coordinator, or a lease, is tried again. */
const RETRY_MS = 200;

interface Attempt {
  readonly order: importing.TaskOrder;
  /** That it is the current attempt. */
  readonly current: LastKnown;
  readonly sizeBytes: number;
  /** For the log. */
  readonly run: object;
}

interface AttemptSignals {
  /** Aborts when the attempt is not ours any more. */
  readonly signal: AbortSignal;
  /** Aborts when the task is to be given back. */
  readonly back: AbortSignal;
}

/** Who is told that an attempt needs its thread no longer. */
type OnMade = () => void;

/**
 * One slot of a datanode: leases a task, runs an attempt of it in its thread, saves and reports. T1. The next one is leased as
 * soon as the thread is free, and runs while that of before is saved and reported: of one such end at a time.
 */
export class TaskWorker implements AsyncDisposable {
  readonly #deps: TaskWorkerDeps;
  readonly #drain = new AbortController();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** Of the last attempt. */
  #ending: Promise<void> = Promise.resolve();

  constructor(deps: TaskWorkerDeps) {
    this.#deps = deps;
    this.#running = this.#loop();
  }

  /** Takes nothing more; a task in hand is finished, or given back when `limit` aborts first. */
  async drain(limit: AbortSignal): Promise<void> {
    this.#drain.abort();
    const stop = () => this.#stop.abort();
    limit.addEventListener("abort", stop);
    if (limit.aborted) stop();
    await this.#running;
    limit.removeEventListener("abort", stop);
  }

  async #loop(): Promise<void> {
    const { queue, taskLeaseMs: leaseMs, maxSizeBytes, nodeId } = this.#deps;
    const signal = this.#drain.signal;
    await Promise.race([this.#deps.joined, aborted(signal)]);
    while (!signal.aborted) {
      try {
        const lease = await queue.lease({
          nodeId: nodeId(),
          leaseMs,
          signal,
          ...(maxSizeBytes !== undefined && { maxSizeBytes }),
        });
        if (lease) await this.#work(lease);
      } catch (error) {
        await this.#pauseAfter(error);
      }
    }
    await this.#ending;
  }

  async #pauseAfter(error: unknown): Promise<void> {
    this.#deps.log.warn("a worker could not take or finish a task; it goes on", { err: error });
    await sleep(RETRY_MS, this.#drain.signal);
  }

  /** Resolves when the thread is free and the attempt of before has ended (T1). */
  async #work(lease: TaskLease): Promise<void> {
    const before = this.#ending;
    const made = Promise.withResolvers<void>();
    this.#ending = this.#hold(lease, made.resolve).catch((error) => this.#pauseAfter(error));
    await Promise.race([made.promise, this.#ending]);
    await before;
  }

  async #hold(lease: TaskLease, onMade: OnMade): Promise<void> {
    const { taskId } = lease.task;
    this.#deps.onTask(taskId, true);
    using renewal = keepRenewed(lease, this.#deps.taskLeaseMs);
    using making = makeRoom(lease.task, this.#deps);
    const made = () => {
      making[Symbol.dispose]();
      onMade();
    };
    const back = AbortSignal.any([this.#stop.signal, making.room]);
    try {
      await this.#attempt(lease, { signal: AbortSignal.any([lease.lost, renewal.lost, back]), back }, made);
    } finally {
      this.#deps.onTask(taskId, false);
    }
  }

  async #attempt(lease: TaskLease, signals: AttemptSignals, onMade: OnMade): Promise<void> {
    const { coordinators, nodeId, log } = this.#deps;
    const { taskId, jobId, sizeBytes } = lease.task;
    const current = new LastKnown();
    const start = () => coordinators.startTask(jobId, taskId, nodeId());
    const { order } = await this.#insist(() => current.note(start), signals.signal);
    if (!order) return lease.complete();
    const run = { jobId: jobId.toString(), taskId: taskId.toString(), attempt: Number(order.attempt) };
    const startedMs = performance.now();
    const ended = (end: AttemptEnd) => this.#deps.metrics.attemptEnded(end, (performance.now() - startedMs) / 1000);
    log.info("attempt begins", { ...run, kind: order.kind, sizeBytes });
    try {
      await withSpan(
        `${order.kind} attempt`,
        run,
        (note) => this.#complete({ order, current, sizeBytes, run }, { signal: signals.signal, note, onMade }),
        order.traceParent,
      );
      ended("persisted");
      await lease.complete();
    } catch (error) {
      ended(await endFailed({ lease, order, run }, error, signals, this.#deps));
    }
  }

  async #complete(
    { order, current, sizeBytes, run }: Attempt,
    { signal, note, onMade }: { signal: AbortSignal; note: (more: SpanAttributes) => void; onMade: OnMade },
  ): Promise<void> {
    const { coordinators, nodeId, log, metrics } = this.#deps;
    const outcome = await this.#run(order, current, signal);
    onMade();
    await this.#insist(() => coordinators.saveSegments(order, outcome.segments), signal);
    await this.#insist(() => coordinators.report(order, nodeId(), { state: "persisted", ...outcome }), signal);
    const done = { rows: outcome.rowCount, segments: outcome.segments.length };
    note(done);
    const segmentBytes = outcome.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
    // What others make was read before.
    if (order.kind === "import") metrics.persisted(outcome.rowCount, sizeBytes, segmentBytes);
    log.info("task persisted", { ...run, ...done });
  }

  async #run(order: importing.TaskOrder, current: LastKnown, signal: AbortSignal): Promise<TaskOutcome> {
    const { coordinators, runner, nodeId, taskLeaseMs } = this.#deps;
    using progress = new ProgressReports(Number(order.reportMs), current, (progress) =>
      coordinators.report(order, nodeId(), { state: "running", ...progress }),
    );
    const ended = AbortSignal.any([signal, progress.superseded]);
    const answerIds = coordinators.answerer(order);
    // F1: what was confirmed within the lease of a task, which nobody else begins before.
    const answer = (question: Question): Promise<unknown> =>
      question.kind === "is_current" ? current.confirm(taskLeaseMs, () => progress.report()) : answerIds(question);
    const hooks: RunHooks = {
      onStorage: this.#deps.metrics.storage,
      answer: (question: Question) => this.#insist(() => answer(question), ended),
      onProgress: (rowCount: number, processedBytes: number) => progress.note({ rowCount, processedBytes }),
    };
    const secrets = secretsOf(order, this.#deps.credentialsKey);
    return await runner.run({ ...order, bytesPerSecond: Number(order.bytesPerSecond), secrets }, hooks, ended);
  }

  #insist<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return insist(call, { signal, log: this.#deps.log });
  }

  /** Gives back at once what is not finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(AbortSignal.abort());
  }
}
