import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { SimulatedNodes } from "../load/simulated-nodes.ts";
import { describeWith, scaled, TestBackends, TestClient, TestCluster, useRest } from "../support/index.ts";
import { OrderedJobs } from "./ordered-jobs.ts";
import { SeededRandom } from "./seeded-random.ts";

// Many datanodes, whose work is only time, carry out the tasks of jobs, of which orders are given one after the other, while
// rootcoord, datacoord and machines with a dozen of the nodes are killed. Then
// O1. what was accepted has happened, and nothing happened that nobody ordered;
// O5. the collection has the rows of each task of each Completed job once: a task that was lost, or counted twice, is seen.
//
// SLUICE_FAULT_SEED repeats orders, kills and pauses; SLUICE_CLUSTER_ORDER_RUNS sets the number of kills.

const seed = Number(process.env.SLUICE_FAULT_SEED ?? randomInt(2 ** 31));
const kills = Number(process.env.SLUICE_CLUSTER_ORDER_RUNS ?? scaled(20));
const random = new SeededRandom(seed);
const NODES = 48;
const NODES_PER_MACHINE = 12;
const TASK_MS = 400;
const TASKS_PER_JOB = 60;
/** Of a simulated task. */
const ROWS_PER_TASK = 1000;
const COLLECTION = "ordered";

const suite = describeWith("etcd", "redis-server", "weed");

suite("jobs of many nodes", () => {
  it("follow their orders, and lose or repeat no task, whatever is killed", async () => {
    process.stderr.write(`cluster orders: SLUICE_FAULT_SEED=${seed} SLUICE_CLUSTER_ORDER_RUNS=${kills}\n`);
    await using backends = await TestBackends.start();
    // Machines are taken away at any moment, and the segments of these tasks have no objects that could be merged.
    const settings = { rootcoord: { maxNodesKilled: 32, compactionInterval: "0s" } };
    const counts = { rootcoord: 2, datacoord: 2, datanode: 0 };
    await using cluster = await TestCluster.start(backends, { counts, settings });
    await using nodes = await SimulatedNodes.start(cluster, NODES, TASK_MS, NODES_PER_MACHINE);
    using client = new TestClient(cluster.address);
    await client.createCollection({
      ...{ name: COLLECTION, shards: 2 },
      fields: [
        { name: "id", type: DataType.Int64, key: true },
        { name: "vector", type: DataType.FloatVector, dim: 4 },
      ],
    });
    // A task of its own.
    await cluster.objects.put("whole.jsonl", [Buffer.alloc(2 << 20, '{"id":1}\n')]);
    const files = Array.from({ length: TASKS_PER_JOB }, () => ["whole.jsonl"]);
    const jobs = new OrderedJobs(useRest({ url: `http://${cluster.address}` }), random, COLLECTION, files);
    const strike = async () => {
      const role = random.pick(["rootcoord", "datacoord", "nodes"] as const);
      if (role === "nodes") return nodes.replace(random.int(0, NODES / NODES_PER_MACHINE - 1));
      await random.pick(cluster.of(role)).kill9();
      await sleep(random.int(0, 1000));
      await cluster.add(role);
    };
    try {
      for (let i = 0; i < kills; i++) {
        await jobs.create(random.chance(0.4));
        const ordering = jobs.orderSome(random.int(1, 4));
        await sleep(random.int(0, 400));
        await strike();
        await ordering;
      }
      const ends = await jobs.settled();
      expect(ends.flatMap(({ wrong }) => wrong ?? [])).toEqual([]);
      const completed = ends.filter(({ state }) => state === "Completed");
      expect(completed.length).toBeGreaterThan(kills / 10);
      for (const { importedRows } of completed) expect(importedRows).toBe(TASKS_PER_JOB * ROWS_PER_TASK);
      expect(await client.count(COLLECTION)).toBe(completed.length * TASKS_PER_JOB * ROWS_PER_TASK);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}\n${cluster.log}`, { cause: error });
    }
  }, 600_000);
});
