import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openBackends, Problems, settingsOf } from "@sluice/cluster";
import { addSettingFlags, givenFlags, loadSettings } from "@sluice/config";
import { type AttemptRunner, type RunHooks, startDataNode, type TaskOutcome, type ThreadTask } from "@sluice/datanode";
import { dataNodeRole } from "@sluice/datanode/role";
import type { ImportTaskInput } from "@sluice/jobs";
import { decodePlain } from "@sluice/schema";
import { Metrics, silentLogger, silentTelemetry } from "@sluice/telemetry";
import { Command } from "commander";

// A process that holds many datanodes whose work is only time: the control plane around them is the real one. Settings come
// as for `sluice datanode`; `--nodes` and `--task-ms` say how many and how long. Prints `ready` when all have joined, and for
// each line that comes in how many tasks run.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { nodes: { type: "string" }, "task-ms": { type: "string" }, rows: { type: "string", default: "1000" } },
});
const nodes = Number(values.nodes);
const taskMs = Number(values["task-ms"]);
const rows = Number(values.rows);

/** Tasks that run now, on all nodes. */
let running = 0;

/**
 * Asks for ids as an attempt does, waits, and answers one sealed segment per shard without objects. It stands for a machine of its own:
 * what this process of hundreds came late to the end of a task is taken off the node's next one.
 */
class TimedRunner implements AttemptRunner {
  #lateMs = 0;

  async run(task: ThreadTask, hooks: RunHooks, signal: AbortSignal): Promise<TaskOutcome> {
    running++;
    try {
      return await this.#run(task, hooks, signal);
    } finally {
      running--;
    }
  }

  async #run(task: ThreadTask, hooks: RunHooks, signal: AbortSignal): Promise<TaskOutcome> {
    const input = decodePlain(task.input) as ImportTaskInput;
    const startedMs = Date.now();
    // Between 0.8 and 1.2 times: tasks that all took the same time would all end at the same moment, as none do.
    const wantedMs = Math.max(0, taskMs * (0.8 + 0.4 * Math.random()) - this.#lateMs);
    const buckets = input.vchannels.map((vchannel) => ({ partitionId: input.partitionIds[0], vchannel }));
    const ids = (await hooks.answer({ kind: "segments", buckets })) as bigint[];
    await hooks.answer({ kind: "log_ids", count: 16 });
    const leftMs = () => wantedMs - (Date.now() - startedMs);
    if (leftMs() > 0) await sleep(leftMs() / 2, undefined, { signal });
    hooks.onProgress(rows / 2, input.sets[0].files[0].sizeBytes / 2);
    if (leftMs() > 0) await sleep(leftMs(), undefined, { signal });
    this.#lateMs = Math.max(0, Date.now() - startedMs - wantedMs);
    const share = rows / buckets.length;
    const segments = buckets.map(({ partitionId, vchannel }, i) => ({
      ...{ segmentId: ids[i], collectionId: input.collectionId, partitionId, vchannel, rowCount: share },
      ...{ sizeBytes: share * 512, memoryBytes: share * 512, timestamp: BigInt(Date.now()) << 18n },
      ...{ insertLogs: [], statsLogs: [] },
    }));
    return { rowCount: rows, segments, autoIds: [], warnings: [] };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const definition = settingsOf(dataNodeRole);
const flags = givenFlags(addSettingFlags(new Command(), definition).parse(positionals, { from: "user" }));
const { values: given } = loadSettings(definition, { flags, env: process.env });
const settings = { ...given, workers: 1, smallTaskBytes: 0 };
const never = new AbortController().signal;
await using backends = await openBackends(settings, ["queue"], silentTelemetry(), new Problems(silentLogger), never);
const { queue, peers } = backends;
await using cleanup = new AsyncDisposableStack();
const stopped = new Promise((resolve) => process.once("SIGTERM", resolve));
const started = await Promise.all(
  Array.from({ length: nodes }, () =>
    startDataNode(settings, {
      queue,
      stores: { objects: { kind: "local", options: { root: "" } }, sources: [], secrets: {} },
      rootCoordAddress: peers.address("rootcoord"),
      dataCoordAddress: peers.address("datacoord"),
      log: silentLogger,
      metrics: new Metrics(),
      openRunner: () => new TimedRunner(),
      smallSlots: 0,
    }),
  ),
);
for (const node of started) cleanup.use(node);
while (started.some((node) => node.waitsFor() !== undefined)) await sleep(50);
process.stdout.write("ready\n");
process.stdin.on("data", () => process.stdout.write(`running ${running}\n`));
await stopped;
