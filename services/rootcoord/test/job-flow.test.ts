import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type CollectionRecord, JOB_FILES, RecordTable, type TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { newTask } from "@sluice/jobs";
import type { MetaTransaction } from "@sluice/metastore";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { broughtSources, type Sources } from "@sluice/object-store";
import { common, failureMessage, importing, rootCoord } from "@sluice/rpc";
import { collectionId, jobId, partitionId } from "@sluice/schema";
import { silentLogger } from "@sluice/telemetry";
import { ImportJobs } from "../src/jobs/import-jobs.ts";
import { JobBook } from "../src/jobs/job-book.ts";
import { JobCredentials } from "../src/jobs/job-credentials.ts";
import { JobLoop } from "../src/jobs/job-loop.ts";
import { JobPace } from "../src/jobs/job-pace.ts";
import { JobSources } from "../src/jobs/job-sources.ts";
import { JobTroubles } from "../src/jobs/job-troubles.ts";
import { JobViews } from "../src/jobs/job-views.ts";
import type { JobPlanners } from "../src/jobs/kinds/job-planner.ts";
import { tasksAtOnce } from "../src/jobs/planned-tasks.ts";
import { RequestedJobs } from "../src/jobs/requested-jobs.ts";
import { TaskReports } from "../src/jobs/task-reports.ts";

const collection = {
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

const files = new Map([
  ["a.jsonl", 100],
  ["b.jsonl", 200],
]);
const sources = {
  find: async (path: string) => {
    const sizeBytes = files.get(path);
    if (sizeBytes === undefined)
      throw new ImportError("file_not_found", `the file '${path}' does not exist`, { file: path });
    return { path, source: "files", key: `/${path}`, sizeBytes, version: "1" };
  },
} as unknown as Sources;

/** A datacoord that remembers what it was asked. */
class FakeDataCoord {
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
class ForgetfulMetaStore extends MemoryMetaStore {
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

class World implements AsyncDisposable {
  readonly store = new ForgetfulMetaStore();
  readonly dataCoord = new FakeDataCoord();
  nowMs = 1_000_000;
  nextId = 1000n;
  dropped: string | undefined;
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
      droppedTarget: async () => this.dropped,
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

function resultOf(
  order: importing.TaskOrder | undefined,
  fields: Partial<importing.ImportResult>,
): importing.ImportResult {
  const { jobId: job = 0n, taskId: task = 0n, attempt = 0n } = order ?? {};
  return importing.ImportResult.fromPartial({ jobId: job, taskId: task, attempt, nodeId: 1n, ...fields });
}

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world[Symbol.asyncDispose]());

async function started(files: string[]): Promise<{ id: bigint; orders: importing.TaskOrder[] }> {
  const id = await world.submit({ files });
  await world.until(() => world.dataCoord.dispatched.length >= files.length);
  const orders: importing.TaskOrder[] = [];
  for (const task of world.tasks(id)) {
    const { order } = await world.reports.startTask({ jobId: id, taskId: task.taskId, nodeId: 9n });
    if (order) orders.push(order);
  }
  return { id, orders };
}

const persisted = { state: common.ImportState.ImportPersisted, rowCount: 10n };

describe("a job", () => {
  it("goes from request to completed, one commit for all tasks", async () => {
    const { id, orders } = await started(["a.jsonl", "b.jsonl"]);
    expect(orders.map((order) => [order.kind, order.input])).toEqual([
      ["import", '{"path":"a.jsonl"}'],
      ["import", '{"path":"b.jsonl"}'],
    ]);
    await world.reports.report(resultOf(orders[0], { ...persisted, autoIds: [5n, 10n] }));
    expect(world.state(id)).toBe("importing");
    await world.reports.report(resultOf(orders[1], { ...persisted, autoIds: [10n, 12n] }));
    await world.until(() => world.state(id) === "completed");
    expect(world.dataCoord.commits).toBe(1);
    const state = await new JobViews({ book: world.book }).state({ task: id });
    expect(state).toMatchObject({
      state: common.ImportState.ImportCompleted,
      rowCount: 20n,
      idList: [5n, 12n],
      segmentIds: orders.map((order) => order.taskId + 5000n),
      id,
    });
    expect(Object.fromEntries(state.infos.map(({ key, value }) => [key, value]))).toMatchObject({
      files: "a.jsonl,b.jsonl",
      collection: "books",
      progress_percent: "100",
    });
  });

  it("shows what was odd about request and files, and who works on them", async () => {
    const id = await world.submit({ files: ["a.jsonl"], options: [{ key: "mode", value: "fast" }] });
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const [{ taskId }] = world.tasks(id);
    const { order } = await world.reports.startTask({ jobId: id, taskId, nodeId: 9n });
    const views = new JobViews({ book: world.book });
    const infos = async () =>
      Object.fromEntries((await views.state({ task: id })).infos.map(({ key, value }) => [key, value]));
    expect(await infos()).toMatchObject({
      datanodes: "9",
      mode: "fast",
      warnings: expect.stringMatching(/^option 'mode'/),
    });
    await world.reports.report(resultOf(order, { ...persisted, infos: [{ key: "warning", value: "a.jsonl: odd" }] }));
    expect((await infos()).warnings).toMatch(/^option 'mode' is not known.*; a\.jsonl: odd$/);
    expect((await views.describe({ jobId: id })).job).toMatchObject({
      kind: "import",
      warnings: [expect.stringContaining("'mode'"), "a.jsonl: odd"],
      details: [{ nodeIds: [9n], startedMs: 1_000_000n, warnings: ["a.jsonl: odd"] }],
    });
  });

  it("is told of in lists without its files, whose number has no bound there", async () => {
    const id = await world.submit({ files: ["a.jsonl", "b.jsonl"] });
    const views = new JobViews({ book: world.book });
    const all = rootCoord.ListJobsRequest.fromPartial({});
    const { details, ...summary } = (await views.describe({ jobId: id })).job ?? { details: [] };
    expect(details).toHaveLength(2);
    expect(summary).toMatchObject({ jobId: id, sizeBytes: 300n });
    expect((await views.list(all)).jobs).toEqual([{ ...summary, details: [] }]);
  });

  it("has as many files with paths as long as may be asked for, in records that etcd takes", async () => {
    const long = Array.from({ length: 1024 }, (_, i) => `${String(i).padStart(4, "0")}${"ü".repeat(1000)}.jsonl`);
    for (const path of long) files.set(path, 100);
    const id = await world.submit({ files: long });
    const paths = () => world.book.get(jobId(id))?.job.groups.map((group) => group.files[0].path);
    expect(paths()).toEqual(long);
    await world.until(() => world.state(id) === "importing");
    await world.restart();
    expect(paths()).toEqual(long);
    await world.book.forget(jobId(id));
    expect(await Array.fromAsync(world.store.scan(""))).toEqual([]);
    for (const path of long) files.delete(path);
  });

  it("that was cut off before its record leaves no files behind", async () => {
    const page = { jobId: jobId(9n), page: 0, groups: [], continues: false };
    await world.store.commit({ guards: [], writes: [new RecordTable(world.store, JOB_FILES).write(page)] });
    await world.restart();
    expect(await Array.fromAsync(world.store.scan(""))).toEqual([]);
  });

  it("names a file that it is given twice", async () => {
    const id = await world.submit({ files: ["a.jsonl", "b.jsonl", "a.jsonl"], idempotencyKey: "k" });
    const named = ["a.jsonl is given more than once: its rows are imported as often"];
    expect(world.book.get(jobId(id))?.job.spec.warnings).toEqual(named);
    expect(await world.submit({ files: ["a.jsonl", "b.jsonl", "a.jsonl"], idempotencyKey: "k" })).toBe(id);
    const sets = { fileGroups: [{ paths: ["a.jsonl"] }, { paths: ["b.jsonl"] }] };
    expect(world.book.get(jobId(await world.submit(sets)))?.job.spec.warnings).toEqual([]);
  });

  it("names options that are for files of other formats", async () => {
    const options = [
      { key: "sep", value: "|" },
      { key: "table", value: "books" },
      { key: "nan", value: "null" },
    ];
    const id = await world.submit({ files: ["a.jsonl"], options });
    expect(world.book.get(jobId(id))?.job.spec.warnings).toEqual([
      "option 'sep' has no effect: it is for files that are csv, tsv, and these are jsonl",
      "option 'table' has no effect: it is for files that are milvus-lite, sqlite, and these are jsonl",
    ]);
  });

  it("of a file that is given twice in one task says of one of both that it failed", async () => {
    const packed = { ...newTask, kind: "import", group: 0, groupCount: 3, sizeBytes: 300 } as const;
    Object.assign(world.planners.import, { plan: async () => [packed] });
    const id = await world.submit({ files: ["b.jsonl", "a.jsonl", "a.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const { order } = await world.reports.startTask({ jobId: id, taskId: world.tasks(id)[0].taskId, nodeId: 9n });
    const failure = failureMessage({ code: "value_invalid", reason: "odd", file: "a.jsonl", row: 1 });
    await world.reports.report(resultOf(order, { state: common.ImportState.ImportFailed, failure }));
    await world.until(() => world.state(id) === "failed");
    const { job } = await new JobViews({ book: world.book }).describe({ jobId: id });
    expect(job?.details.map(({ state, reason }) => [state, reason])).toEqual([
      ["Cancelled", ""],
      ["Failed", "odd (a.jsonl, row 1)"],
      ["Cancelled", ""],
    ]);
  });

  it("names the files of an attempt whose thread died", async () => {
    const packed = { ...newTask, kind: "import", group: 0, groupCount: 2, sizeBytes: 300 } as const;
    Object.assign(world.planners.import, { plan: async () => [packed] });
    const id = await world.submit({ files: ["a.jsonl", "b.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const { order } = await world.reports.startTask({ jobId: id, taskId: world.tasks(id)[0].taskId, nodeId: 9n });
    const failure = failureMessage({ code: "internal", reason: "the worker thread died: out of memory" });
    await world.reports.report(resultOf(order, { state: common.ImportState.ImportFailed, failure }));
    const record = JSON.stringify(world.tasks(id)[0], (_, value) => (typeof value === "bigint" ? `${value}` : value));
    expect(record).toContain("the worker thread died: out of memory; the task had a.jsonl, b.jsonl");
  });

  it("of files that share a task tells of each its own rows and warnings", async () => {
    const packed = { ...newTask, kind: "import", group: 0, groupCount: 2, sizeBytes: 300 } as const;
    Object.assign(world.planners.import, { plan: async () => [packed] });
    const id = await world.submit({ files: ["a.jsonl", "b.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const { order } = await world.reports.startTask({ jobId: id, taskId: world.tasks(id)[0].taskId, nodeId: 9n });
    const infos = ["a.jsonl: odd", "b.jsonl: no rows"].map((value) => ({ key: "warning", value }));
    const rows = { groupRows: [10n, 0n], warningGroups: [0n, 1n], infos };
    await world.reports.report(resultOf(order, { ...persisted, ...rows }));
    await world.until(() => world.state(id) === "completed");
    expect((await new JobViews({ book: world.book }).describe({ jobId: id })).job?.details).toMatchObject([
      { paths: ["a.jsonl"], importedRows: 10n, warnings: ["a.jsonl: odd"] },
      { paths: ["b.jsonl"], importedRows: 0n, warnings: ["b.jsonl: no rows"] },
    ]);
  });

  /** A planner that need not look into files. */
  function planAtOnce(count = 1) {
    const task = { ...newTask, kind: "import", group: 0, sizeBytes: 100 } as const;
    const tasks = Array.from({ length: count }, () => task);
    Object.assign(world.planners.import, { plan: async () => tasks, planAtOnce: () => tasks });
  }

  it("whose files need no look is recorded with its tasks, and makes four transactions in all", async () => {
    planAtOnce();
    const id = await world.submit({ files: ["a.jsonl"] });
    expect([world.state(id), world.store.transactions]).toEqual(["importing", 1]);
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const { order } = await world.reports.startTask({ jobId: id, taskId: world.tasks(id)[0].taskId, nodeId: 9n });
    await world.reports.report(resultOf(order, persisted));
    expect(world.store.transactions).toBe(3);
    await world.until(() => world.state(id) === "completed");
    expect(world.store.transactions).toBe(4);
  });

  it("has its tasks after a restart where it was recorded with them", async () => {
    planAtOnce(3);
    const id = await world.submit({ files: ["a.jsonl"] });
    const tasks = world.tasks(id);
    await world.restart();
    expect(tasks).toHaveLength(3);
    expect(world.tasks(id)).toEqual(tasks);
    await world.until(() => world.dataCoord.queued.size === 3);
  });

  it("with too many tasks for one transaction is cut by the loop", async () => {
    planAtOnce(200);
    const id = await world.submit({ files: ["a.jsonl"] });
    expect(world.tasks(id)).toEqual([]);
    await world.until(() => world.dataCoord.dispatched.length === 200);
  });

  it("B3: whose tasks begin at once needs few transactions, and each task its own attempt", async () => {
    planAtOnce(200);
    const id = await world.submit({ files: ["a.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 200);
    const before = world.store.transactions;
    const start = ({ taskId }: TaskRecord) => world.reports.startTask({ jobId: id, taskId, nodeId: 9n });
    const begun = await Promise.all(world.tasks(id).map(start));
    expect(begun.every(({ order }) => order?.attempt === 1n)).toBe(true);
    expect(world.store.transactions - before).toBeLessThanOrEqual(5);
    world.store.lostAnswers = 1;
    const results = begun.map(({ order }) => world.reports.report(resultOf(order, persisted)));
    await Promise.all(results);
    await world.until(() => world.state(id) === "completed");
    expect(world.tasks(id).every(({ attempt, state }) => attempt === 1 && state === "persisted")).toBe(true);
  });

  it("with many tasks is cut into them by one transaction, and each has a record of its own from its beginning on", async () => {
    planAtOnce(3000);
    const id = await world.submit({ files: ["a.jsonl"] });
    const before = world.store.transactions;
    await world.until(() => world.dataCoord.dispatched.length === 3000);
    expect(world.store.transactions - before).toBeLessThanOrEqual(3);
    const keys = async (prefix: string) => (await Array.fromAsync(world.store.scan(prefix))).map(({ key }) => key);
    expect(await keys("task/")).toEqual([]);
    const [first, second] = world.tasks(id);
    await world.reports.startTask({ jobId: id, taskId: second.taskId, nodeId: 9n });
    expect(await keys("task/")).toEqual([`task/${id}/${second.taskId}`]);
    const tasks = world.tasks(id);
    await world.restart();
    expect(world.tasks(id)).toEqual(tasks);
    await world.reports.startTask({ jobId: id, taskId: first.taskId, nodeId: 9n });
    expect(world.tasks(id).map(({ attempt }) => attempt)).toEqual([1, 1, ...Array.from({ length: 2998 }, () => 0)]);
    await world.book.forget(jobId(id));
    expect([...(await keys("task/")), ...(await keys("plan/")), ...(await keys("job/"))]).toEqual([]);
  });

  it("B4: whose plan was written by a transaction whose answer was lost has its tasks once", async () => {
    planAtOnce(1500);
    const id = await world.submit({ files: ["a.jsonl"] });
    world.store.lostAnswers = 2;
    await world.until(() => world.dataCoord.queued.size === 1500);
    expect(world.tasks(id)).toHaveLength(1500);
    await world.restart();
    expect(world.tasks(id)).toHaveLength(1500);
  });

  it("with many tasks is handed over by few calls", async () => {
    planAtOnce(200);
    await world.submit({ files: ["a.jsonl"] });
    await world.until(() => world.dataCoord.dispatched.length === 200);
    expect(world.dataCoord.calls).toEqual([64, 64, 64, 8]);
  });

  it("is one job with its tasks when two requests with one key meet", async () => {
    planAtOnce();
    const request = { files: ["a.jsonl"], idempotencyKey: "k" };
    const [one, other] = await Promise.all([world.submit(request), world.submit(request)]);
    expect(other).toBe(one);
    expect(world.tasks(one)).toHaveLength(1);
    expect(world.book.all()).toHaveLength(1);
  });

  it("goes on after a restart at every stage", async () => {
    const { id, orders } = await started(["a.jsonl", "b.jsonl"]);
    await world.reports.report(resultOf(orders[0], persisted));
    await world.restart();
    expect(world.tasks(id).map((task) => task.state)).toEqual(["persisted", "running"]);
    await world.until(() => world.dataCoord.dispatched.filter((task) => task === orders[1].taskId).length >= 2);
    const again = await world.reports.startTask({ jobId: id, taskId: orders[1].taskId, nodeId: 10n });
    expect(again.order?.attempt).toBe(2n);
    await world.reports.report(resultOf(again.order, persisted));
    await world.until(() => world.state(id) === "completed");
  });

  it("hands a task over again when the datacoord was away", async () => {
    world.dataCoord.failNext = true;
    await started(["a.jsonl"]);
    expect(world.dataCoord.dispatched.length).toBeGreaterThan(0);
  });

  it("hands over again what the queue has lost, and nothing else", async () => {
    const { id } = await started(["a.jsonl", "b.jsonl"]);
    const [kept, lost] = world.tasks(id).map((task) => task.taskId);
    world.dataCoord.queued.delete(lost);
    await world.until(() => world.dataCoord.dispatched.filter((task) => task === lost).length === 2);
    expect(world.dataCoord.dispatched.filter((task) => task === kept)).toEqual([kept]);
  });

  it("B4: goes on when the answers of the metastore get lost", async () => {
    world.store.lostAnswers = 1;
    const id = await world.submit({ files: ["a.jsonl"], idempotencyKey: "once" });
    world.store.lostAnswers = 1;
    await world.until(() => world.dataCoord.dispatched.length === 1);
    const [{ taskId: task }] = world.tasks(id);
    world.store.lostAnswers = 1;
    const { order } = await world.reports.startTask({ jobId: id, taskId: task, nodeId: 3n });
    world.store.lostAnswers = 2;
    await world.reports.report(resultOf(order, { state: common.ImportState.ImportPersisted, rowCount: 10n }));
    await world.until(() => world.state(id) === "completed");
    expect(world.tasks(id)[0]).toMatchObject({ state: "persisted", rowCount: 10, attempt: Number(order?.attempt) });
    expect(world.book.all()).toHaveLength(1);
  });

  it("D10: fails at its deadline and when its collection is dropped, with Milvus's words", async () => {
    const late = await world.submit({ files: ["a.jsonl"], options: [{ key: "timeout", value: "10s" }] });
    await world.until(() => world.state(late) === "importing");
    world.nowMs += 10_001;
    await world.until(() => world.state(late) === "failed");
    expect((await new JobViews({ book: world.book }).describe({ jobId: late })).job?.reason).toBe("import timeout");
    const orphan = await world.submit({ files: ["a.jsonl"] });
    world.dropped = "collection 77";
    world.loop.wake(jobId(orphan));
    await world.until(() => world.state(orphan) === "failed");
    expect((await new JobViews({ book: world.book }).describe({ jobId: orphan })).job?.reason).toBe(
      "collection 77 dropped",
    );
  });

  it("fails with the place of a broken header, and cancels nothing that never ran", async () => {
    world.planError = new ImportError("malformed_file", "not a parquet file", { file: "a.jsonl", byteOffset: 0 });
    const id = await world.submit({ files: ["a.jsonl"] });
    await world.until(() => world.state(id) === "failed");
    expect((await new JobViews({ book: world.book }).state({ task: id })).infos).toContainEqual({
      key: "failed_reason",
      value: "not a parquet file (a.jsonl, byte 0)",
    });
  });
});

describe("reports", () => {
  it("R1: of a superseded attempt change nothing", async () => {
    const { id, orders } = await started(["a.jsonl"]);
    const second = await world.reports.startTask({ jobId: id, taskId: orders[0].taskId, nodeId: 10n });
    await expect(world.reports.report(resultOf(orders[0], persisted))).rejects.toThrow("no longer the current one");
    expect(world.state(id)).toBe("importing");
    await world.reports.report(resultOf(second.order, persisted));
    await world.until(() => world.state(id) === "completed");
    // The same end once more, since its answer was lost, is answered as the first time; an older attempt's is not.
    await world.reports.report(resultOf(second.order, persisted));
    await expect(world.reports.report(resultOf(orders[0], persisted))).rejects.toThrow("no longer the current one");
    expect((await world.reports.startTask({ jobId: id, taskId: orders[0].taskId, nodeId: 11n })).obsolete).toBe(true);
  });

  it("never let progress fall, also when a later attempt starts from nothing", async () => {
    const { id, orders } = await started(["a.jsonl"]);
    await world.reports.report(
      resultOf(orders[0], { state: common.ImportState.ImportStarted, processedBytes: 80n, rowCount: 8n }),
    );
    const views = new JobViews({ book: world.book });
    const percent = async () => (await views.describe({ jobId: id })).job?.progressPercent ?? 0;
    const before = await percent();
    const { order } = await world.reports.startTask({ jobId: id, taskId: orders[0].taskId, nodeId: 10n });
    await world.reports.report(
      resultOf(order, { state: common.ImportState.ImportStarted, processedBytes: 5n, rowCount: 1n }),
    );
    expect(await percent()).toBe(before);
    expect(before).toBeGreaterThan(10);
  });

  it("of a failure that may pass let the task run again, others fail the job and cancel its tasks", async () => {
    const { id, orders } = await started(["a.jsonl", "b.jsonl"]);
    const failure = { code: "object_store_refused", reason: "no rights" };
    await world.reports.report(resultOf(orders[0], { state: common.ImportState.ImportFailed, failure }));
    expect(world.tasks(id)[0]).toMatchObject({ state: "pending", failures: 1 });
    // The answer was lost, and the datanode says it again.
    await world.reports.report(resultOf(orders[0], { state: common.ImportState.ImportFailed, failure }));
    expect(world.tasks(id)[0]).toMatchObject({ state: "pending", failures: 1 });
    const bad = {
      code: "value_invalid",
      reason: "expected dim '4'",
      file: "b.jsonl",
      row: 3n,
      field: "v",
      byteOffset: 77n,
    };
    await world.reports.report(resultOf(orders[1], { state: common.ImportState.ImportFailed, failure: bad }));
    await world.until(() => world.state(id) === "failed");
    const { job } = await new JobViews({ book: world.book }).describe({ jobId: id });
    expect(job?.reason).toBe(`expected dim '4' (b.jsonl, row 3, field "v", byte 77)`);
    expect(job?.details.map((detail) => detail.state)).toEqual(["Cancelled", "Failed"]);
    await world.until(() => world.dataCoord.cancelled.length === 2);
  });
});

describe("requests", () => {
  it("name every missing file at once", async () => {
    await expect(world.submit({ files: ["a.jsonl", "x.jsonl", "y.jsonl"] })).rejects.toThrow(/x\.jsonl, y\.jsonl/);
    await expect(world.submit({ files: ["x.jsonl"] })).rejects.toThrow("x.jsonl");
  });

  it("with one idempotency key are one job, also at the same moment", async () => {
    const request = { files: ["a.jsonl"], idempotencyKey: "k1" };
    const ids = await Promise.all([world.submit(request), world.submit(request), world.submit(request)]);
    expect(new Set(ids).size).toBe(1);
    await world.restart();
    expect(await world.submit(request)).toBe(ids[0]);
    expect(await world.submit({ ...request, idempotencyKey: "k2" })).not.toBe(ids[0]);
  });

  it("beyond the limit of open jobs are refused in Milvus's words", async () => {
    for (let i = 0; i < 3; i++) await world.submit({ files: ["a.jsonl"] });
    await expect(world.submit({ files: ["a.jsonl"] })).rejects.toThrow("The number of jobs has reached the limit");
  });

  it("into partitions that do not exist are refused", async () => {
    await expect(world.submit({ files: ["a.jsonl"], partitionName: "no" })).rejects.toThrow(
      "partition not found[partition=no]",
    );
  });

  it("D8, D13: are listed by database, ascending, the newest when there is a limit", async () => {
    const ids = [
      await world.submit({ files: ["a.jsonl"] }),
      await world.submit({ files: ["b.jsonl"] }),
      await world.submit({ files: ["a.jsonl"] }),
    ];
    const views = new JobViews({ book: world.book });
    const listed = async (limit: bigint, dbName = "default") =>
      (await views.listStates({ collectionName: "", limit, dbName })).tasks.map((task) => task.id);
    expect(await listed(0n)).toEqual(ids);
    expect(await listed(2n)).toEqual(ids.slice(1));
    expect(await listed(0n, "other")).toEqual([]);
    await expect(views.state({ task: 5n })).rejects.toThrow("import job does not exist, jobID=5");
  });
});
