import { sleep } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { TaskId } from "@sluice/schema";
import { type LeaseWaiter, LeaseWaiters } from "../lease-waiters.ts";
import type { LeaseRequest, QueuedTask, TaskLease, TaskQueue } from "../task-queue.ts";
import { BullTaskLease } from "./bull-task-lease.ts";
import { checkServer, explainRedis } from "./check-server.ts";
import { connected, connectRedis, failFast, isReady, patient, type RedisClient } from "./redis-connection.ts";
import { parseRedisUrl } from "./redis-url.ts";
import { type QueueJob, TaskClass } from "./task-class.ts";

/** Where Redis is, and what every process of a cluster must agree on. */
export interface BullTaskQueueOptions {
  /** See `parseRedisUrl`. */
  readonly url: string;
  /** What every key begins with. */
  readonly prefix: string;
  /** Greatest source bytes of a small task; every process of a cluster must name the same. */
  readonly smallTaskBytes: number;
  /** How long a lease lives without a renewal. */
  readonly leaseMs: number;
  /** Told once what is unwise about the server. */
  readonly onWarning?: (reason: string) => void;
  /** Certificate authority, for `rediss`. */
  readonly tls?: { readonly caPem?: string };
}

const classNames = ["small", "large", "background"] as const;
type ClassName = (typeof classNames)[number];
type TaskClasses = Readonly<Record<ClassName, TaskClass>>;

/** A Redis that is not there does not hold up the start. */
const CONNECT_MS = 2000;
const RETRY_MS = 200;
/** A Redis that does not answer does not hold up the end. */
const CLOSE_MS = 1000;

/**
 * Tasks in Redis, by BullMQ, shared by all processes of a cluster.
 *
 * Q1. Three queues, of small tasks, of the others, and of those of the background: requests for small ones never wait
 *     behind large ones, and what is taken in the background is taken where nothing else waits.
 * Q2. Inside a queue a task's priority is its round (see `takeRounds`): leases go round the jobs.
 * Q3. One connection waits for a class whatever the number of requests; a task that comes when nobody asks any more goes
 *     back at once.
 * Q4. What Redis loses is gone: who has the records enqueues it again.
 */
export class BullTaskQueue implements TaskQueue {
  readonly #options: BullTaskQueueOptions;
  readonly #clients: readonly RedisClient[];
  readonly #waiters = new LeaseWaiters();
  readonly #closing = new AbortController();
  /** Undefined until Redis was reached for the first time. */
  #classes: TaskClasses | undefined;
  #isServing = false;
  #serveAgain = false;
  /** Why there is no connection yet. */
  #refusal: string | undefined;
  #hasWarned = false;

  private constructor(options: BullTaskQueueOptions) {
    this.#options = options;
    const address = parseRedisUrl(options.url);
    this.#clients = [failFast, patient].map((mode) => connectRedis(address, options.tls?.caPem, mode));
  }

  /** Redis may be away; calls fail, and requests wait, until it is there. @throws {Error} for a URL that is none */
  static async open(options: BullTaskQueueOptions): Promise<BullTaskQueue> {
    const queue = new BullTaskQueue(options);
    await Promise.race([queue.#connect(), sleep(CONNECT_MS, undefined, { ref: false })]);
    return queue;
  }

  async #connect(): Promise<void> {
    const { signal } = this.#closing;
    const [producer, consumer] = this.#clients;
    // Braces: in a Redis cluster all keys of a queue must lie on one node.
    const shared = { producer, consumer, prefix: `{${this.#options.prefix}}`, leaseMs: this.#options.leaseMs };
    while (!signal.aborted) {
      try {
        await Promise.all(this.#clients.map((client) => connected(client, signal)));
        this.#warn(await checkServer(producer));
        const open = (name: ClassName) => TaskClass.open({ ...shared, name });
        const [small, large, background] = await Promise.all(classNames.map(open));
        this.#classes = { small, large, background };
        this.#refusal = undefined;
        return void this.#serve();
      } catch (error) {
        if (!signal.aborted) this.#refusal = explainRedis(error, parseRedisUrl(this.#options.url));
        await sleep(RETRY_MS, signal);
      }
    }
  }

  #warn(reason: string | undefined): void {
    if (reason === undefined || this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.onWarning?.(reason);
  }

  get problem(): string | undefined {
    if (this.#classes) return this.#clients.every(isReady) ? undefined : "Redis cannot be reached";
    return this.#refusal ?? "Redis is not reached yet";
  }

  async enqueue(tasks: readonly QueuedTask[]): Promise<void> {
    const byClass = Map.groupBy(tasks, (task) => this.#classOf(task));
    await this.#call("enqueue tasks", async (classes) => {
      for (const name of classNames) await classes[name].enqueue(byClass.get(name) ?? []);
    });
  }

  #classOf({ sizeBytes, isBackground }: QueuedTask): ClassName {
    if (isBackground) return "background";
    return sizeBytes <= this.#options.smallTaskBytes ? "small" : "large";
  }

  async lease(request: LeaseRequest): Promise<TaskLease | undefined> {
    if (this.#isClosed || request.signal.aborted) return undefined;
    const served = this.#waiters.add(request);
    void this.#serve();
    return served;
  }

  async remove(taskIds: readonly TaskId[]): Promise<void> {
    await this.#call("remove tasks", async (classes) => {
      await Promise.all(classNames.map((name) => classes[name].remove(taskIds)));
    });
  }

  async hasWaiting(moreThanBytes: number): Promise<boolean> {
    const { waiting } = await this.#call("count tasks", ({ large }) => large.depth());
    return waiting > 0 || (moreThanBytes < this.#options.smallTaskBytes && (await this.depth()).waiting > 0);
  }

  async depth(): Promise<{ readonly waiting: number; readonly leased: number }> {
    const depths = await this.#call("count tasks", (classes) =>
      Promise.all(classNames.map((name) => classes[name].depth())),
    );
    const sumOf = (key: "waiting" | "leased") => depths.reduce((sum, depth) => sum + depth[key], 0);
    return { waiting: sumOf("waiting"), leased: sumOf("leased") };
  }

  async known(): Promise<ReadonlySet<TaskId>> {
    const lists = await this.#call("list tasks", (classes) =>
      Promise.all(classNames.map((name) => classes[name].known())),
    );
    return new Set(lists.flat());
  }

  /** Gives waiting requests what is there, then waits for what they ask for (Q3). One pass at a time. */
  async #serve(): Promise<void> {
    this.#serveAgain = true;
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      while (this.#serveAgain && !this.#isClosed) {
        this.#serveAgain = false;
        while (await this.#serveSome());
      }
      this.#waitForTasks();
    } catch {
      setTimeout(() => void this.#serve(), RETRY_MS).unref();
    } finally {
      this.#isServing = false;
    }
  }

  /** Requests for any size take large tasks first: for small ones there are others who wait. */
  async #serveSome(): Promise<boolean> {
    const classes = this.#classes;
    if (!classes) return false;
    const [first] = this.#waitersFor(false);
    if (first && (await this.#serveFrom(classes.large, false))) return true;
    if (await this.#serveFrom(classes.small, true)) return true;
    // Q1. For who has begun to ask meanwhile nothing else was looked for.
    return first !== undefined && this.#waitersFor(false)[0] === first && this.#serveFrom(classes.background, false);
  }

  /** Takes one, and where there was one as many at once as are asked for: a process may stand for many workers. */
  async #serveFrom(tasks: TaskClass, isSmall: boolean): Promise<boolean> {
    let served = 0;
    let wanted = Math.min(1, this.#waitersFor(isSmall).length);
    while (wanted > 0 && !this.#isClosed) {
      const taken = await Promise.allSettled(Array.from({ length: wanted }, () => tasks.take()));
      const jobs = taken.flatMap((result) => (result.status === "fulfilled" && result.value ? result.value : []));
      for (const job of jobs) await this.#give(job, isSmall);
      for (const result of taken) if (result.status === "rejected") throw result.reason;
      served += jobs.length;
      wanted = jobs.length < wanted ? 0 : this.#waitersFor(isSmall).length;
    }
    return served > 0;
  }

  /** Whom a task of the class fits, in order of asking; small ones first those who can take nothing else. */
  #waitersFor(isSmall: boolean): LeaseWaiter[] {
    const forAny = [...this.#waiters].filter(({ request }) => request.maxSizeBytes === undefined);
    if (!isSmall) return forAny;
    return [...[...this.#waiters].filter(({ request }) => request.maxSizeBytes !== undefined), ...forAny];
  }

  async #give(job: QueueJob, isSmall: boolean): Promise<void> {
    const [waiter] = this.#waitersFor(isSmall);
    const leaseMs = waiter?.request.leaseMs ?? this.#options.leaseMs;
    const lease = new BullTaskLease(job, leaseMs);
    if (!waiter || this.#isClosed) await lease.giveBack().catch(() => undefined);
    else {
      // Others ask meanwhile; this one has its task.
      this.#waiters.remove(waiter);
      if (leaseMs !== this.#options.leaseMs) await lease.renew().catch(() => undefined);
      waiter.settle(lease);
    }
  }

  #waitForTasks(): void {
    const classes = this.#classes;
    if (!classes || this.#isClosed) return;
    const onJob = (isSmall: boolean) => (job: QueueJob | undefined) => {
      if (job) void this.#give(job, isSmall).then(() => this.#serve());
      else void this.#serve();
    };
    if (this.#waitersFor(false).length > 0) classes.large.waitForOne(onJob(false));
    if (this.#waitersFor(false).length > 0) classes.background.waitForOne(onJob(false));
    if (this.#waitersFor(true).length > 0) classes.small.waitForOne(onJob(true));
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #call<T>(doing: string, run: (classes: TaskClasses) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error("the task queue is closed");
    try {
      if (!this.#classes) throw new Error(this.#refusal ?? "there is no connection yet");
      return await run(this.#classes);
    } catch (error) {
      const text = (error as Error).message;
      throw new ImportError("internal", `cannot ${doing}: Redis does not serve: ${text}`, undefined, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#closing.abort();
    this.#waiters.endAll();
    const closing = Promise.all(Object.values(this.#classes ?? {}).map((tasks) => tasks.close()));
    await Promise.race([closing, sleep(CLOSE_MS, undefined, { ref: false })]);
    for (const client of this.#clients) client.disconnect();
  }
}
