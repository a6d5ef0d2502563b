import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { RoleName } from "@sluice/cluster";
import { milvus } from "@sluice/rpc";
import {
  bookCollection,
  books,
  describeWith,
  eventually,
  linesOf,
  recordsOf,
  TestBackends,
  TestClient,
  TestCluster,
  type TestServer,
  useRest,
} from "../support/index.ts";

// Every service a process of its own, on real etcd, Redis and S3. What happens when they fail at random moments is the
// subject of test/faults.

const lines = (count: number, first = 0n) => Buffer.from(linesOf(books(count, first)));

describeWith(
  "etcd",
  "redis-server",
  "weed",
)("a cluster", () => {
  let backends: TestBackends;
  let cluster: TestCluster;
  let client: TestClient;

  beforeAll(async () => {
    backends = await TestBackends.start();
    cluster = await TestCluster.start(backends, {
      counts: { proxy: 2, rootcoord: 2, datacoord: 2, datanode: 2, querynode: 2 },
      settings: { rootcoord: { splitSize: "1MB", compactionInterval: "0s" }, datanode: { workers: 1 } },
    });
    client = new TestClient(cluster.address);
    await cluster.objects.put("ten.jsonl", [lines(10)]);
    await cluster.objects.put("large.jsonl", [lines(60_000)]);
    await client.createCollection(bookCollection("books"));
  }, 120_000);

  afterAll(async () => {
    client?.[Symbol.dispose]();
    await cluster?.[Symbol.asyncDispose]();
    await backends?.[Symbol.asyncDispose]();
  }, 60_000);

  const metricsOf = async (server: TestServer) => (await fetch(`http://${server.healthAddress}/metrics`)).text();
  const readiness = async (server: TestServer) => fetch(`http://${server.healthAddress}/readyz`);
  async function leaderOf(role: "rootcoord" | "datacoord"): Promise<TestServer> {
    return eventually(async () => {
      for (const server of cluster.of(role))
        if ((await metricsOf(server)).includes(`sluice_leading{role="${role}"} 1`)) return server;
      throw new Error(`no ${role} leads`);
    });
  }

  it("answers the same through every proxy", async () => {
    await client.importAndWait("books", ["/ten.jsonl"]);
    for (const { address } of cluster.of("proxy")) {
      using other = new TestClient(address);
      expect(await other.count("books")).toBe(10);
      expect(await other.query("books", "id == 3", ["title"])).toEqual([expect.objectContaining({ id: 3n })]);
    }
  });

  it("cuts a large file over several datanodes", async () => {
    await client.createCollection(bookCollection("split"));
    const { id, rowCount } = await client.importAndWait("split", ["large.jsonl"]);
    expect([rowCount, await client.count("split")]).toEqual([60_000, 60_000]);
    const { tasks } = await recordsOf(backends, cluster);
    const mine = tasks.filter((task) => task.jobId === id);
    expect(mine.length).toBeGreaterThan(2);
    expect(new Set(mine.map(({ nodeId }) => nodeId)).size).toBe(2);
  });

  it("says of every process that it lives and is ready, and counts", async () => {
    for (const { role, server } of cluster.processes) {
      expect((await fetch(`http://${server.healthAddress}/healthz`)).status).toBe(200);
      expect([role, (await readiness(server)).status]).toEqual([role, 200]);
      expect(await metricsOf(server)).toContain("process_resident_memory_bytes");
    }
    const datacoord = await metricsOf(await leaderOf("datacoord"));
    expect(datacoord).toMatch(/^sluice_datanodes 2$/m);
    expect(datacoord).toMatch(/^sluice_queue_waiting_tasks 0$/m);
  });

  it.each(["rootcoord", "datacoord"] as const)(
    "goes on with the other %s, without an error for clients",
    async (role) => {
      const before = await leaderOf(role);
      await before.kill9();
      const name = `after_${role}`;
      await client.createCollection(bookCollection(name));
      await client.importAndWait(name, ["ten.jsonl"]);
      expect(await client.count(name)).toBe(10);
      expect((await leaderOf(role)).pid).not.toBe(before.pid);
      await cluster.add(role);
    },
  );

  it("of two leaders, one that was stopped for a while writes nothing and stands by", async () => {
    const paused = await leaderOf("rootcoord");
    const lost = async () =>
      Number(/^sluice_leaderships_lost_total\S* (\d+)$/m.exec(await metricsOf(paused))?.[1] ?? 0);
    const before = await lost();
    paused.freeze();
    await client.createCollection(bookCollection("meanwhile"));
    paused.thaw();
    await eventually(async () => {
      expect(await lost()).toBeGreaterThan(before);
      expect((await leaderOf("rootcoord")).pid).not.toBe(paused.pid);
    });
    await client.importAndWait("meanwhile", ["ten.jsonl"]);
  });

  it("lets a datanode that is told to stop hand its tasks over", async () => {
    await client.createCollection(bookCollection("drained"));
    const job = await client.import("drained", ["large.jsonl"]);
    const [node] = cluster.of("datanode");
    await eventually(async () => expect(node.stderr).toContain(`"jobId":"${job}"`), 20_000);
    await node.stop();
    const { isCompleted, reason } = await client.waitFor(job);
    expect([isCompleted, reason]).toEqual([true, ""]);
    expect(await client.count("drained")).toBe(60_000);
    await cluster.add("datanode");
  });

  /** All datanodes, stopped while one of them works on a task of a new import; what they had sent by then is recorded. */
  async function frozenAtWork(collection: string): Promise<{ job: bigint; nodes: readonly TestServer[] }> {
    const job = await client.import(collection, ["large.jsonl"]);
    const nodes = cluster.of("datanode");
    await eventually(async () => {
      for (const node of nodes) node.freeze();
      await sleep(200);
      const { tasks } = await recordsOf(backends, cluster);
      if (tasks.some((task) => task.jobId === job && task.state === "running")) return;
      for (const node of nodes) node.thaw();
      throw new Error("no task of the import runs");
    }, 20_000);
    return { job, nodes };
  }

  it("counts a datanode that dies with a task, and none that was told to stop", async () => {
    const lost = async () =>
      Number(/^sluice_attempts_lost_total (\d+)$/m.exec(await metricsOf(await leaderOf("rootcoord")))?.[1]);
    expect(await lost()).toBe(0);
    await client.createCollection(bookCollection("survived"));
    const { job, nodes } = await frozenAtWork("survived");
    await Promise.all(nodes.map((node) => node.kill9()));
    await Promise.all(nodes.map(() => cluster.add("datanode")));
    const { isCompleted, reason } = await client.waitFor(job);
    expect([isCompleted, reason]).toEqual([true, ""]);
    expect(await client.count("survived")).toBe(60_000);
    expect(await lost()).toBeGreaterThan(0);
  });

  it("merges small segments, whoever dies meanwhile, and answers the same through every proxy", async () => {
    await client.createCollection(bookCollection("merged", { shards: 2 }));
    for (let i = 0; i < 12; i++) {
      await cluster.objects.put(`row-${i}.jsonl`, [lines(1, BigInt(i))]);
      await client.importAndWait("merged", [`row-${i}.jsonl`]);
    }
    const request = milvus.ManualCompactionRequest.fromPartial({ collectionName: "merged" });
    const { compactionID } = await client.raw.manualCompaction(request);
    for (const role of ["rootcoord", "datacoord"] as const) {
      await (await leaderOf(role)).kill9();
      await cluster.add(role);
      expect(await client.count("merged", "id >= 0")).toBe(12);
    }
    await eventually(async () => {
      const { completedPlanNo } = await client.raw.getCompactionState({ compactionID });
      expect(completedPlanNo).toBe(2n);
    }, 20_000);
    for (const { address } of cluster.of("proxy")) {
      using other = new TestClient(address);
      expect(await other.segments("merged")).toHaveLength(2);
      expect(await other.query("merged", "id >= 0", ["id", "title", "year", "vector"])).toEqual(books(12));
    }
  }, 60_000);

  it("has no object of a cancelled job ten seconds later", async () => {
    await client.createCollection(bookCollection("cancelled"));
    const { collectionID } = await client.raw.describeCollection(
      milvus.DescribeCollectionRequest.fromPartial({ collectionName: "cancelled" }),
    );
    const stored = async () => {
      const keys = await Array.fromAsync(cluster.objects.list(""), ({ key }) => key);
      return keys.filter((key) => key.includes(`/insert_log/${collectionID}/`));
    };
    const job = await client.import(
      "cancelled",
      Array.from({ length: 6 }, () => "large.jsonl"),
    );
    await eventually(async () => expect(await stored()).not.toEqual([]), 20_000);
    await useRest({ url: `http://${cluster.address}` }).post("cancel", { jobId: String(job) });
    await eventually(async () => expect(await stored()).toEqual([]), 10_000);
    expect(await client.count("cancelled")).toBe(0);
  });

  it("does not let a small job wait behind a large one", async () => {
    await client.createCollection(bookCollection("large"));
    await client.createCollection(bookCollection("small"));
    const large = await client.import(
      "large",
      Array.from({ length: 6 }, () => "large.jsonl"),
    );
    await client.importAndWait("small", ["ten.jsonl"]);
    expect((await client.state(large)).isCompleted).toBe(false);
    await client.waitFor(large);
  });

  it("reads sources that are named, and nothing else", async () => {
    const refused = (path: string) => client.import("books", [path]).then(String, (error) => error.message);
    expect(await refused("s3://elsewhere/a.jsonl")).toMatch(/--source/);
    expect(await refused("files/insert_log/1.jsonl")).toMatch(/server's own|reserved|not open/i);
    expect(await refused("none.jsonl")).toContain("none.jsonl");
    await client.importAndWait("books", [`s3://${cluster.bucket}/ten.jsonl`]);
  });

  it("starts in any order, and waits for what is not there", async () => {
    const started = await startBackwards(backends);
    try {
      using other = new TestClient(started.address);
      await other.createCollection(bookCollection("books"));
      await started.objects.put("ten.jsonl", [lines(10)]);
      await other.importAndWait("books", ["ten.jsonl"]);
    } finally {
      await started[Symbol.asyncDispose]();
    }
  }, 120_000);
});

/** Datanode and proxy first; they say what they wait for. */
async function startBackwards(backends: TestBackends): Promise<TestCluster> {
  const none = { proxy: 0, rootcoord: 0, datacoord: 0, datanode: 0, querynode: 0 };
  const cluster = await TestCluster.start(backends, { counts: none });
  const waitsFor = async (server: TestServer) => (await fetch(`http://${server.healthAddress}/readyz`)).text();
  const proxy = await cluster.add("proxy");
  expect(await waitsFor(proxy)).toBe("rootcoord");
  const node = await cluster.add("datanode");
  expect(await waitsFor(node)).toMatch(/^(datacoord|etcd)$/);
  for (const role of ["querynode", "datacoord", "rootcoord"] as RoleName[]) await cluster.add(role);
  await eventually(async () => {
    expect(await waitsFor(proxy)).toBe("OK");
    expect(await waitsFor(node)).toBe("OK");
  }, 20_000);
  return cluster;
}
