import { setTimeout as sleep } from "node:timers/promises";
import { RecordReader, TASKS } from "@sluice/catalog";
import { EtcdMetaStore } from "@sluice/metastore/etcd";
import { bookCollection } from "../support/collections.ts";
import { books, linesOf } from "../support/source-files.ts";
import { TestClient } from "../support/test-client.ts";
import { TestBackends, TestCluster } from "../support/test-cluster.ts";
import { type Figure, median } from "./report.ts";

/** As a cluster is by default; tests take dead processes for dead sooner. */
const DEFAULTS = { sessionTtl: "6s", taskLease: "6s", gcInterval: "5s", gcGrace: "1m" };
const { sessionTtl, taskLease, gcInterval, gcGrace } = DEFAULTS;
const settings = {
  proxy: { sessionTtl },
  querynode: { sessionTtl },
  rootcoord: { sessionTtl },
  datacoord: { sessionTtl, taskLease, gcInterval, gcGrace },
  datanode: { sessionTtl, taskLease, workers: 1 },
};

const lines = (rows: number) => Buffer.from(linesOf(books(rows)));

/** A cluster on loopback with default leases: small jobs, and what a killed process costs. */
export async function clusterFigures(note: (figure: Figure) => void): Promise<void> {
  await using backends = await TestBackends.start();
  const counts = { rootcoord: 2, datacoord: 2, datanode: 2 };
  await using cluster = await TestCluster.start(backends, { counts, settings });
  await cluster.objects.put("ten.jsonl", [lines(10)]);
  const large = lines(50_000);
  await cluster.objects.put(
    "large.jsonl",
    Array.from({ length: 24 }, () => large),
  );
  using client = new TestClient(cluster.address);
  await client.createCollection(bookCollection("books"));
  const times: number[] = [];
  for (let i = 0; i < 50; i++) times.push(await timed(() => client.importAndWait("books", ["ten.jsonl"])));
  const ms = (value: number) => `${Math.round(value)} ms`;
  note({
    work: "10-row job, cluster",
    what: "Import to Completed, median of 50",
    value: ms(median(times)),
    target: "300 ms",
  });
  await killedNode(backends, cluster, client, note);
  for (const role of ["rootcoord", "datacoord"] as const) {
    await leaderOf(cluster, role).then((server) => server.kill9());
    const call =
      role === "rootcoord" ? () => client.createCollection(bookCollection("after")) : () => client.count("books");
    const value = ms(await timed(call));
    note({ work: `${role} killed`, what: "a client's call that was made then", value, target: "10 s" });
    await cluster.add(role);
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}

/** The process of a role that leads: its metrics say so. */
async function leaderOf(cluster: TestCluster, role: "rootcoord" | "datacoord") {
  for (;;) {
    for (const server of cluster.of(role)) {
      const text = await (await fetch(`http://${server.healthAddress}/metrics`)).text();
      if (text.includes(`sluice_leading{role="${role}"} 1`)) return server;
    }
    await sleep(50);
  }
}

/** Kills the node that works on a large task, and waits until another one has begun it again. */
async function killedNode(
  backends: TestBackends,
  cluster: TestCluster,
  client: TestClient,
  note: (figure: Figure) => void,
): Promise<void> {
  await using store = await EtcdMetaStore.open({ endpoints: [backends.etcd.url], prefix: cluster.prefix });
  const job = await client.import("books", ["large.jsonl"]);
  const task = async () => {
    for await (const { record } of new RecordReader(store, TASKS).scan([job])) return record;
    return undefined;
  };
  const busy = async () => {
    for (const server of cluster.of("datanode")) {
      const log = server.stderr;
      if (log.includes(`"jobId":"${job}"`) && log.includes("attempt begins")) return server;
    }
    return undefined;
  };
  let node = await busy();
  for (; !node; node = await busy()) await sleep(10);
  await node.kill9();
  const startedMs = performance.now();
  while (((await task())?.attempt ?? 0) < 2) await sleep(20);
  const value = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
  note({ work: "datanode killed", what: "until its task runs on another node", value, target: "10 s" });
  await client.waitFor(job);
}
