import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { asImportError, errorOf, failureOf, ImportError, unexpectedReason } from "@sluice/errors";
import type { StorageUse } from "@sluice/telemetry";
import type { TaskOutcome } from "../tasks/task-kind.ts";
import type { FromThread, Question, ThreadSetup, ThreadTask, ToThread } from "./messages.ts";

/** What a run asks of the datanode while it is under way. */
export interface RunHooks {
  readonly answer: (question: Question) => Promise<unknown>;
  readonly onProgress: (rows: number, sourceBytes: number) => void;
  /** What was done with the stores, at the end. */
  readonly onStorage: (use: readonly StorageUse[]) => void;
}

/** What attempts run in: a worker thread, or what stands in for one. */
export interface AttemptRunner extends AsyncDisposable {
  /** @throws {ImportError} what the attempt threw; `aborted` after `signal` */
  run(task: ThreadTask, hooks: RunHooks, signal: AbortSignal): Promise<TaskOutcome>;
  /** Makes ready what runs would else wait for. */
  warmUp?(): void;
  /** It is there, and runs nothing. */
  readonly isIdle?: boolean;
}

/** A small young generation is collected often, and with it buffers outside of the heap. */
const YOUNG_MB = 3;

/** Of V8, for the heaps of threads that are started from then on. */
const HEAP_FLAGS = [
  // The process's own bound (`allocator.ts` of the program) would come before that of the thread.
  "--max-semi-space-size=0",
  // All of it from the start: grown only by what survives, it is collected twice as often meanwhile.
  "--min-semi-space-size=1",
  // More than a thread's heap has after some imports. From the size that V8 begins with, it marks the heap twice while the first
  // import compiles its code, instead of once.
  "--initial-old-space-size=32",
];

const ownEntry = new URL(`./main.${import.meta.filename.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);

/** One worker thread, started when it is first needed and replaced when it dies; its runs then all fail. */
export class WorkerThread implements AttemptRunner {
  readonly #setup: ThreadSetup;
  readonly #entry: URL;
  #worker: Worker | undefined;
  #nextRun = 0;
  #running = 0;

  /** @param entry what the thread runs, which must serve tasks (`serveTasks`) */
  constructor(setup: ThreadSetup, entry: URL = ownEntry) {
    this.#setup = setup;
    this.#entry = entry;
  }

  /** Starts the thread ahead of its first run, which then need not wait for it. */
  warmUp(): void {
    this.#worker ??= this.#start();
  }

  get isIdle(): boolean {
    return this.#worker !== undefined && this.#running === 0;
  }

  /** @throws {ImportError} what the attempt threw; `internal` when the thread died; `aborted` after `signal` */
  async run(
    { kind, input, secrets = "", bytesPerSecond = 0 }: ThreadTask,
    hooks: RunHooks,
    signal: AbortSignal,
  ): Promise<TaskOutcome> {
    const worker = (this.#worker ??= this.#start());
    const run = this.#nextRun++;
    const end = Promise.withResolvers<TaskOutcome>();
    const send = (message: ToThread) => worker.postMessage(message);
    const onMessage = (message: FromThread) => {
      if (message.run !== run) return;
      if (message.type === "ask") void answer(message, hooks, send);
      else if (message.type === "progress") hooks.onProgress(message.rows, message.sourceBytes);
      else {
        hooks.onStorage(message.storage);
        if (message.type === "done") end.resolve(message.outcome);
        else end.reject(thrown(message));
      }
    };
    const onError = (error: unknown) => end.reject(died(error));
    const onExit = (code: number) =>
      end.reject(new ImportError("internal", `the worker thread died: exit code ${code}`));
    const onAbort = () => send({ type: "abort", run });
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    signal.addEventListener("abort", onAbort);
    send({ type: "run", run, task: { kind, input, secrets, bytesPerSecond } });
    if (signal.aborted) onAbort();
    this.#running++;
    try {
      return await end.promise;
    } finally {
      this.#running--;
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      signal.removeEventListener("abort", onAbort);
    }
  }

  #start(): Worker {
    for (const flag of HEAP_FLAGS) setFlagsFromString(flag);
    const worker = new Worker(this.#entry, {
      workerData: this.#setup,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const forget = () => {
      if (this.#worker === worker) this.#worker = undefined;
    };
    // A thread that dies while it is idle must not end the process: the next run starts another one.
    worker.setMaxListeners(0).on("error", forget).on("exit", forget);
    return worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }
}

async function answer(
  { run, call, question }: Extract<FromThread, { type: "ask" }>,
  hooks: RunHooks,
  send: (message: ToThread) => void,
): Promise<void> {
  try {
    send({ type: "answer", run, call, value: await hooks.answer(question) });
  } catch (error) {
    send({ type: "refusal", run, call, failure: failureOf(asImportError(error)) });
  }
}

function thrown({ failure, stack }: Extract<FromThread, { type: "failed" }>): ImportError {
  const cause = stack === undefined ? undefined : Object.assign(new Error(failure.reason), { stack });
  return errorOf(failure, { cause });
}

function isOutOfMemory(cause: unknown): boolean {
  return (cause as { code?: unknown } | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY";
}

function died(cause: unknown): ImportError {
  return new ImportError(
    "internal",
    isOutOfMemory(cause)
      ? "the worker thread died: out of memory"
      : `the worker thread died: ${unexpectedReason(cause)}`,
    undefined,
    { cause },
  );
}
