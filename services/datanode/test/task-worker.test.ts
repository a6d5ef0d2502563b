import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it, jest } from "@jest/globals";
import { aborted } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import { importing } from "@sluice/rpc";
import { jobId, nodeId, taskId } from "@sluice/schema";
import { EmbeddedTaskQueue } from "@sluice/task-queue";
import { Metrics, silentLogger } from "@sluice/telemetry";
import type { Coordinators } from "../src/coordinators.ts";
import { DataNodeMetrics } from "../src/metrics.ts";
import { TaskWorker } from "../src/task-worker.ts";
import type { TaskOutcome } from "../src/tasks/task-kind.ts";
import type { AttemptRunner, RunHooks } from "../src/thread/worker-thread.ts";

/** Long: where the machine is busy, a short one is lost. */
const LEASE_MS = 60_000;
const outcome: TaskOutcome = { rowCount: 1, segments: [], autoIds: [], warnings: [] };

/** A rootcoord that knows one attempt, until it is superseded. */
class FakeCoordinators {
  isSuperseded = false;
  reports = 0;
  readonly said: string[] = [];
  readonly startTask = async () => ({
    order: importing.TaskOrder.fromPartial({ kind: "import", attempt: 1n, reportMs: 10_000n }),
  });
  readonly report = async (_order: unknown, _nodeId: unknown, { state }: { readonly state: string }) => {
    this.reports++;
    this.said.push(state);
    if (this.isSuperseded) throw new ImportError("attempt_superseded", "another attempt runs");
  };
  readonly saveSegments = async () => {};
  readonly answerer = () => async () => 1n;
}

function workerOn(queue: EmbeddedTaskQueue, coordinators: FakeCoordinators, runner: AttemptRunner): TaskWorker {
  return new TaskWorker({
    ...{
      joined: Promise.resolve(),
      nodeId: () => nodeId(3n),
      queue,
      runner,
      maxSizeBytes: undefined,
      smallTaskBytes: 10,
    },
    ...{ coordinators: coordinators as unknown as Coordinators, taskLeaseMs: LEASE_MS },
    ...{ log: silentLogger, metrics: new DataNodeMetrics(new Metrics()), onTask: () => {} },
  });
}

/** Runs one task in a worker whose thread is `run`. */
async function work(coordinators: FakeCoordinators, run: (hooks: RunHooks) => Promise<void>): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const runner: AttemptRunner = {
    run: async (_task, hooks) => {
      try {
        await run(hooks);
        return outcome;
      } finally {
        ended.resolve();
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
  await using queue = new EmbeddedTaskQueue();
  await queue.enqueue([{ taskId: taskId(1n), jobId: jobId(2n), sizeBytes: 1 }]);
  await using _worker = workerOn(queue, coordinators, runner);
  await ended.promise;
}

afterEach(() => void jest.restoreAllMocks());

const now = performance.now.bind(performance);

/** Sets the clock by which a process knows how long ago something was, so much ahead. */
function setAhead(ms: number): void {
  jest.spyOn(performance, "now").mockImplementation(() => now() + ms);
}

it("F1: knows that an attempt is the current one for as long as a lease, and then asks the rootcoord", async () => {
  const coordinators = new FakeCoordinators();
  await work(coordinators, async ({ answer }) => {
    await answer({ kind: "is_current" });
    expect(coordinators.reports).toBe(0);
    setAhead(LEASE_MS);
    await answer({ kind: "is_current" });
    expect(coordinators.reports).toBe(1);
    coordinators.isSuperseded = true;
    setAhead(2 * LEASE_MS);
    await expect(answer({ kind: "is_current" })).rejects.toMatchObject({ code: "attempt_superseded" });
  });
});

it("a node that stops tells the rootcoord that the task goes back, and then gives it back", async () => {
  const coordinators = new FakeCoordinators();
  const begun = Promise.withResolvers<void>();
  const runner: AttemptRunner = {
    run: (_task, _hooks, signal) => {
      begun.resolve();
      return aborted(signal).then(() => Promise.reject(new ImportError("aborted", "stopped")));
    },
    [Symbol.asyncDispose]: async () => {},
  };
  await using queue = new EmbeddedTaskQueue();
  await queue.enqueue([{ taskId: taskId(1n), jobId: jobId(2n), sizeBytes: 1 }]);
  await using worker = workerOn(queue, coordinators, runner);
  await begun.promise;
  await worker.drain(AbortSignal.abort());
  expect(coordinators.said).toEqual(["handed_back"]);
  expect(await queue.depth()).toEqual({ waiting: 1, leased: 0 });
});

it("a large task of the background makes room for one that waits, and is begun anew after it; a small one goes on", async () => {
  const coordinators = new FakeCoordinators();
  const begun: string[] = [];
  const end = Promise.withResolvers<void>();
  const runner: AttemptRunner = {
    run: async (_task, _hooks, signal) => {
      const id = `${begun.length}`;
      begun.push(id);
      // The first two of the background run until they are told otherwise.
      if (id === "0") await Promise.race([aborted(signal), sleep(500)]);
      if (id === "1") await aborted(signal);
      if (signal.aborted) throw new ImportError("aborted", "the attempt was cancelled");
      if (begun.length === 4) end.resolve();
      return outcome;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const inBackground = (id: bigint, sizeBytes: number) => ({
    ...{ taskId: taskId(id), jobId: jobId(id), sizeBytes, isBackground: true },
  });
  await using queue = new EmbeddedTaskQueue();
  await queue.enqueue([inBackground(1n, 10), inBackground(2n, 10)]);
  await using _worker = workerOn(queue, coordinators, runner);
  while (begun.length < 2 || coordinators.said.length < 1) await sleep(5);
  expect(coordinators.said).toEqual(["persisted"]);
  await queue.enqueue([{ taskId: taskId(3n), jobId: jobId(3n), sizeBytes: 11 }]);
  await end.promise;
  while (coordinators.said.length < 4) await sleep(5);
  expect(coordinators.said).toEqual(["persisted", "handed_back", "persisted", "persisted"]);
});

it("T1: a task runs while the one before is saved and reported, and a node that stops waits for both", async () => {
  const coordinators = new FakeCoordinators();
  const saved = Promise.withResolvers<void>();
  let saves = 0;
  const saveSegments = () => {
    saves++;
    return saved.promise;
  };
  Object.assign(coordinators, { saveSegments });
  let begun = 0;
  const runner: AttemptRunner = {
    run: async () => {
      begun++;
      return outcome;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  await using queue = new EmbeddedTaskQueue();
  await queue.enqueue([1n, 2n, 3n].map((id) => ({ taskId: taskId(id), jobId: jobId(2n), sizeBytes: 1 })));
  await using worker = workerOn(queue, coordinators, runner);
  while (saves < 2) await sleep(5);
  await sleep(50);
  // Of one end at a time: the third one waits.
  expect([begun, saves, coordinators.said]).toEqual([2, 2, []]);
  const drained = worker.drain(new AbortController().signal);
  saved.resolve();
  await drained;
  expect([begun, coordinators.said]).toEqual([2, ["persisted", "persisted"]]);
  expect(await queue.depth()).toEqual({ waiting: 1, leased: 0 });
});
