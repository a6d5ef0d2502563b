import { afterEach, beforeEach, expect } from "@jest/globals";
import type { CollectionRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { newTask } from "@sluice/jobs";
import type { MetaTransaction } from "@sluice/metastore";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { broughtSources, type Sources } from "@sluice/object-store";
import { common, importing } from "@sluice/rpc";
import { collectionId, jobId, partitionId } from "@sluice/schema";
import { silentLogger } from "@sluice/telemetry";
import { ImportJobs } from "../src/jobs/import-jobs.ts";
import { JobBook } from "../src/jobs/job-book.ts";
import { JobCredentials } from "../src/jobs/job-credentials.ts";
import { JobLoop } from "../src/jobs/job-loop.ts";
import { JobPace } from "../src/jobs/job-pace.ts";
import { JobSources } from "../src/jobs/job-sources.ts";
import { JobTroubles } from "../src/jobs/job-troubles.ts";
import type { JobPlanners } from "../src/jobs/kinds/job-planner.ts";
import { tasksAtOnce } from "../src/jobs/planned-tasks.ts";
import { RejectFolders } from "../src/jobs/rejects/reject-folders.ts";
import { RequestedJobs } from "../src/jobs/requested-jobs.ts";
import { TaskReports } from "../src/jobs/task-reports.ts";
import { newVolume } from "../src/volumes/volumes.ts";

// The course of jobs, from requests to their ends, as the rootcoord has it.

export const collection = {
  collectionId: collectionId(77n),
  dbName: "default",
  name: "books",
  storedSchema: "",
  vchannels: ["v0"],
  properties: [],
  partitions: [{ partitionId: partitionId(5n), name: "_default" }],
  hasPartitionKey: false,
  state: "active",
} as unknown as CollectionRecord;

export const files = new Map([
  ["a.jsonl", 100],
  ["b.jsonl", 200],
]);
export const sources = {
  find: async (path: string) => {
    const sizeBytes = files.get(path);
    if (sizeBytes === undefined)
      throw new ImportError("file_not_found", `the file '${path}' does not exist`, { file: path });
    return { path, source: "files", key: `/${path}`, sizeBytes, version: "1" };
  },
} as unknown as Sources;

/** A datacoord that remembers what it was asked. */
export class FakeDataCoord {
  readonly dispatched: bigint[] = [];
  readonly cancelled: bigint[] = [];
  /** What the queue has; a test empties it as a lost Redis does. */
  readonly queued = new Set<bigint>();
  commits = 0;
  failNext = false;

  /** Of each call, how many tasks it handed over. */
  readonly calls: number[] = [];

  async dispatch(tasks: readonly TaskRecord[]): Promise<void> {
    if (this.failNext) {
      this.failNext = false;
      throw new Error("datacoord is away");
    }
    this.calls.push(tasks.length);
    for (const { taskId } of tasks) {
      this.dispatched.push(taskId);
      this.queued.add(taskId);
    }
  }
  async queuedTasks(): Promise<ReadonlySet<bigint>> {
    return new Set(this.queued);
  }
  async commit(_job: unknown, tasks: readonly TaskRecord[]): Promise<{ segmentIds: bigint[]; rowCount: number }> {
    this.commits++;
    return {
      segmentIds: tasks.map((task) => task.taskId + 5000n),
      rowCount: tasks.reduce((sum, task) => sum + task.rowCount, 0),
    };
  }
  async cancel(tasks: readonly TaskRecord[]): Promise<void> {
    this.cancelled.push(...tasks.map((task) => task.taskId));
  }
}

/** A metastore whose answers get lost: what was asked for is done, yet the caller hears that a guard had moved. */
export class ForgetfulMetaStore extends MemoryMetaStore {
  lostAnswers = 0;
  transactions = 0;

  override async commit(transaction: MetaTransaction): Promise<bigint | undefined> {
    this.transactions++;
    const sizeBytes = transaction.writes.reduce((sum, { value = "" }) => sum + Buffer.byteLength(value), 0);
    if (sizeBytes > 1.5 * 2 ** 20) throw new Error("etcdserver: request is too large");
    const revision = await super.commit(transaction);
    if (this.lostAnswers === 0) return revision;
    this.lostAnswers--;
    return undefined;
  }
}

/** A rootcoord's jobs over memory, with a datacoord that remembers. */
export class World implements AsyncDisposable {
  readonly store = new ForgetfulMetaStore();
  readonly dataCoord = new FakeDataCoord();
  nowMs = 1_000_000;
  nextId = 1000n;
  dropped: string | undefined;
  /** What a look of the loop waits for while it asks whether the target is dropped. */
  asking: () => Promise<void> = async () => {};
  planError: Error | undefined;
  readonly planners: JobPlanners = {
    import: {
      plan: async (job) => {
        if (this.planError) throw this.planError;
        return job.groups.map((group, i) => ({
          ...{ ...newTask, kind: "import", group: i, sizeBytes: group.files[0].sizeBytes },
        }));
      },
      inputOf: (job, task) => ({ path: job.groups[task.group].files[0].path }),
    },
  };
  readonly #allocateIds = async (count: number) => (this.nextId += BigInt(count)) - BigInt(count);
  book = new JobBook(this.store);
  loop: JobLoop;

  constructor() {
    this.loop = this.#openLoop();
  }

  #openLoop(): JobLoop {
    return new JobLoop({
      book: this.book,
      dataCoord: this.dataCoord as never,
      planners: this.planners,
      allocateIds: this.#allocateIds,
      droppedTarget: async () => {
        await this.asking();
        return this.dropped;
      },
      now: () => this.nowMs,
      log: silentLogger,
      troubles: new JobTroubles(silentLogger),
      tickMs: 20,
      retentionMs: 3_600_000,
    });
  }

  /** As after a crash: everything in memory is gone, the records stay. */
  async restart(): Promise<void> {
    await this.loop[Symbol.asyncDispose]();
    this.dataCoord.queued.clear();
    this.book = new JobBook(this.store);
    await this.book.load();
    this.loop = this.#openLoop();
  }

  get jobs(): ImportJobs {
    return new ImportJobs({
      book: this.book,
      sources: new JobSources({
        sources,
        describeBrought: broughtSources({}, []),
        credentials: new JobCredentials(undefined),
      }),
      rejects: new RejectFolders({ writable: async () => newVolume("v", this.nowMs) }),
      allocateId: async () => this.nextId++,
      allocateTs: async () => 400n << 18n,
      findCollection: async () => collection,
      now: () => this.nowMs,
      requested: new RequestedJobs(this.book, silentLogger, undefined, (job) =>
        tasksAtOnce(job, this.planners, this.#allocateIds),
      ),
      maxOpenJobs: 3,
    });
  }

  get reports(): TaskReports {
    return new TaskReports({
      ...{ maxNodesKilled: 3, pace: new JobPace(), droppedTarget: async () => this.dropped },
      ...{ book: this.book, planners: this.planners, now: () => this.nowMs, log: silentLogger },
      credentials: new JobCredentials(undefined),
    });
  }

  submit(request: Partial<importing.ImportRequest>): Promise<bigint> {
    return this.jobs.submit(importing.ImportRequest.fromPartial({ collectionName: "books", ...request }));
  }

  async until(condition: () => boolean): Promise<void> {
    for (let i = 0; i < 4000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(condition()).toBe(true);
  }

  state(id: bigint): string {
    return this.book.get(jobId(id))?.job.state ?? "gone";
  }

  tasks(id: bigint): readonly TaskRecord[] {
    return this.book.get(jobId(id))?.tasks ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.loop[Symbol.asyncDispose]();
  }
}

export function resultOf(
  order: importing.TaskOrder | undefined,
  fields: Partial<importing.ImportResult>,
): importing.ImportResult {
  const { jobId: job = 0n, taskId: task = 0n, attempt = 0n } = order ?? {};
  return importing.ImportResult.fromPartial({ jobId: job, taskId: task, attempt, nodeId: 1n, ...fields });
}

export let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world[Symbol.asyncDispose]());

export async function started(files: string[]): Promise<{ id: bigint; orders: importing.TaskOrder[] }> {
  const id = await world.submit({ files });
  await world.until(() => world.dataCoord.dispatched.length >= files.length);
  const orders: importing.TaskOrder[] = [];
  for (const task of world.tasks(id)) {
    const { order } = await world.reports.startTask({ jobId: id, taskId: task.taskId, nodeId: 9n });
    if (order) orders.push(order);
  }
  return { id, orders };
}

export const persisted = { state: common.ImportState.ImportPersisted, rowCount: 10n };
