import { setTimeout as sleep } from "node:timers/promises";
import { RecordReader, type StoredJob, TASKS, type TaskRecord } from "@sluice/catalog";
import type { RoleName } from "@sluice/cluster";
import { EtcdMetaStore } from "@sluice/metastore/etcd";
import { decodePlain } from "@sluice/schema";
import { BullTaskQueue } from "@sluice/task-queue/bullmq";
import type { BackendServer, FaultMode, FaultProxy, TestBackends, TestCluster } from "../support/index.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What a fault works on. */
export interface FaultWorld {
  readonly cluster: TestCluster;
  readonly backends: TestBackends;
  readonly random: SeededRandom;
}

/** One way in which a cluster may fail. Everything runs again when it resolves. */
export interface Fault {
  readonly name: string;
  /** How often it is chosen, against the others. */
  readonly weight: number;
  readonly strike: (world: FaultWorld) => Promise<void>;
}

const roles: readonly RoleName[] = ["rootcoord", "datacoord", "datanode", "querynode", "proxy"];
const MAX_FAULT_MS = 2800;

/** What happens to a cluster under load; a fault is drawn as often as its weight says, and undone by itself. */
export const clusterFaults: readonly Fault[] = [
  ...roles.map((role) => ({ name: `kill ${role}`, weight: role === "datanode" ? 4 : 2, strike: killOne(role) })),
  ...roles.map((role) => ({ name: `freeze ${role}`, weight: role === "datanode" ? 4 : 2, strike: freezeOne(role) })),
  { name: "freeze etcd", weight: 1, strike: freeze((backends) => backends.etcd.server) },
  { name: "freeze Redis", weight: 1, strike: freeze((backends) => backends.redis.server) },
  { name: "freeze S3", weight: 1, strike: freeze((backends) => backends.s3.server) },
  { name: "kill etcd", weight: 1, strike: killServer((backends) => backends.etcd.server) },
  { name: "kill Redis", weight: 1, strike: killServer((backends) => backends.redis.server) },
  { name: "kill S3", weight: 1, strike: killServer((backends) => backends.s3.server) },
  { name: "flush Redis", weight: 2, strike: ({ backends }) => redisCommand(backends, "FLUSHALL") },
  { name: "deliver twice", weight: 2, strike: breakLocks },
  { name: "deliver late", weight: 2, strike: deliverLate },
  ...(["etcd", "redis", "s3"] as const).flatMap((server) => [
    { name: `cut ${server}`, weight: 1, strike: disturb(server, { kind: "cut" } as const) },
    { name: `silence ${server}`, weight: 1, strike: disturb(server, { kind: "silent" } as const) },
    { name: `slow ${server}`, weight: 1, strike: disturb(server, { kind: "slow", delayMs: 60 } as const) },
  ]),
];

/** One by weight. */
export function chooseFault(random: SeededRandom): Fault {
  let left = random.next() * clusterFaults.reduce((sum, { weight }) => sum + weight, 0);
  for (const fault of clusterFaults) {
    left -= fault.weight;
    if (left < 0) return fault;
  }
  return clusterFaults[0];
}

function killOne(role: RoleName) {
  return async ({ cluster, random }: FaultWorld) => {
    await random.pick(cluster.of(role)).kill9();
    // A standby or the other node may have the work meanwhile; of single processes a new one must come.
    if (role !== "proxy" && role !== "querynode") await sleep(random.int(0, 2500));
    const started = cluster.launch(role);
    if (role === "proxy") await started.ready();
  };
}

function freezeOne(role: RoleName) {
  return async ({ cluster, random }: FaultWorld) => {
    const server = random.pick(cluster.of(role));
    server.freeze();
    await sleep(random.int(200, MAX_FAULT_MS));
    server.thaw();
  };
}

function freeze(serverOf: (backends: TestBackends) => BackendServer) {
  return async ({ backends, random }: FaultWorld) => {
    serverOf(backends).freeze();
    await sleep(random.int(200, MAX_FAULT_MS));
    serverOf(backends).thaw();
  };
}

function killServer(serverOf: (backends: TestBackends) => BackendServer) {
  return async ({ backends, random }: FaultWorld) => {
    await serverOf(backends).kill9();
    await sleep(random.int(0, 1500));
    await serverOf(backends).start();
  };
}

function disturb(server: "etcd" | "redis" | "s3", mode: FaultMode) {
  return async ({ cluster, random }: FaultWorld) => {
    const proxy = cluster.faults?.[server] as FaultProxy;
    proxy.set(mode);
    await sleep(random.int(200, MAX_FAULT_MS));
    proxy.set({ kind: "pass" });
  };
}

async function redisCommand({ redis }: TestBackends, ...command: string[]): Promise<void> {
  const { Redis } = await import("ioredis");
  const client = new Redis(redis.url);
  await client.call(command[0], ...command.slice(1)).finally(() => client.disconnect());
}

/** Takes away the locks of tasks in work: the queue delivers them again while their holders go on. */
async function breakLocks({ backends, cluster }: FaultWorld): Promise<void> {
  const { Redis } = await import("ioredis");
  const client = new Redis(backends.redis.url);
  try {
    const locks = await client.keys(`{${cluster.prefix}}:*:lock`);
    if (locks.length > 0) await client.del(...locks);
  } finally {
    client.disconnect();
  }
}

/** Tasks that have ended, or whose jobs have, come once more. */
async function deliverLate({ backends, cluster }: FaultWorld): Promise<void> {
  await using store = await EtcdMetaStore.open({ endpoints: [backends.etcd.url], prefix: cluster.prefix });
  const options = { url: backends.redis.url, prefix: cluster.prefix, smallTaskBytes: 8_000_000, leaseMs: 2000 };
  await using queue = await BullTaskQueue.open(options);
  const tasks: TaskRecord[] = [];
  for await (const { record } of new RecordReader(store, TASKS).scan()) tasks.push(record);
  await queue.enqueue(tasks.slice(-20).map(({ taskId, jobId, sizeBytes }) => ({ taskId, jobId, sizeBytes })));
}

/**
 * Follows the records and says what must never be seen, whoever wrote it: a leader that was thought dead would show itself
 * here. A job that goes back, an end that changes, an attempt that counts down, a change that is written twice.
 */
export class RecordHistory implements AsyncDisposable {
  readonly violations: string[] = [];
  readonly #store: EtcdMetaStore;
  readonly #abort = new AbortController();
  readonly #seen = new Map<string, string>();
  readonly #watching: Promise<void>[];

  private constructor(store: EtcdMetaStore) {
    this.#store = store;
    this.#watching = ["job/", "task/", "change/"].map((prefix) => this.#follow(prefix));
  }

  /** Begins with what is recorded then. */
  static async watch(backends: TestBackends, cluster: TestCluster): Promise<RecordHistory> {
    const options = { endpoints: [backends.etcd.url], prefix: cluster.prefix, patienceMs: 60_000 };
    return new RecordHistory(await EtcdMetaStore.open(options));
  }

  async #follow(prefix: string): Promise<void> {
    for await (const keys of this.#store.watch(prefix, this.#abort.signal))
      for (const key of keys) await this.#look(key).catch(() => undefined);
  }

  async #look(key: string): Promise<void> {
    const entry = await this.#store.get(key);
    if (!entry) return;
    const before = this.#seen.get(key);
    this.#seen.set(key, entry.value);
    const wrong = before === undefined ? undefined : illegalChange(key, before, entry.value);
    if (wrong) this.violations.push(`${key}: ${wrong}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await Promise.allSettled(this.#watching);
    await this.#store[Symbol.asyncDispose]();
  }
}

const jobStates = ["pending", "importing", "committing", "completed"];

function illegalChange(key: string, before: string, after: string): string | undefined {
  if (before === after) return undefined;
  if (key.startsWith("change/")) return "a change was written twice";
  if (key.startsWith("task/")) {
    const [old, now] = [before, after].map((text) => decodePlain(text) as TaskRecord);
    if (now.attempt < old.attempt) return `attempt ${old.attempt} became ${now.attempt}`;
    if (old.state === "persisted") return `a persisted task became ${now.state}`;
    return undefined;
  }
  const [old, now] = [before, after].map((text) => decodePlain(text) as StoredJob);
  if (old.state === "completed" || old.state === "failed") return `a ${old.state} job was written again`;
  if (old.state === "committing" && now.state === "failed") return "a committing job failed";
  if (now.state !== "failed" && jobStates.indexOf(now.state) < jobStates.indexOf(old.state))
    return `${old.state} became ${now.state}`;
  return undefined;
}
