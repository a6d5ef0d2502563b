import { parentPort, workerData } from "node:worker_threads";
import { asImportError, ImportError, isExpected } from "@sluice/errors";
import { CountingObjectStore, openObjectStore, openSourceStore } from "@sluice/object-store";
import { type ImportTaskDeps, type ImportTaskInput, runImportTask } from "./import-task.ts";
import type { FromThread, Question, ThreadError, ThreadStores, ToThread } from "./thread-messages.ts";

// A worker thread: runs attempts from bytes to sealed segments, each wholly inside of the thread. Only questions for ids,
// progress and the summary at the end cross to the datanode's own thread; rows never do. Small attempts, which mostly wait
// for syncs and answers, may share a thread.

if (!parentPort) throw new Error("import-thread runs as a worker thread only");
const port = parentPort;
const stores = workerData as ThreadStores;
const objects = new CountingObjectStore(await openObjectStore(stores.objects));
const sources = new CountingObjectStore(await openSourceStore(stores.sources));

/** Reads of sources and of segments are told apart by nothing else: attempts read no segments. */
const storageUse = () => [...sources.take(), ...objects.take()];
const say = (message: FromThread) => port.postMessage(message);
const runs = new Map<number, Run>();

port.on("message", (message: ToThread) => {
  if (message.type === "run") {
    const run = new Run(message.run);
    runs.set(message.run, run);
    void run.run(message.input).finally(() => runs.delete(message.run));
  } else runs.get(message.run)?.hear(message);
});

/** Progress is said at most so often; the summary at the end is exact. */
const PROGRESS_MS = 250;

/** One attempt under way. */
class Run {
  readonly #id: number;
  readonly #abort = new AbortController();
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #nextCall = 0;
  #saidMs = 0;

  constructor(id: number) {
    this.#id = id;
  }

  async run(input: ImportTaskInput): Promise<void> {
    const { signal } = this.#abort;
    try {
      const outcome = await runImportTask(input, this.#deps(), signal);
      say({ type: "done", run: this.#id, outcome, storage: storageUse() });
    } catch (error) {
      say({ type: "failed", run: this.#id, error: plainError(error, signal), storage: storageUse() });
    }
  }

  hear(message: Exclude<ToThread, { type: "run" }>): void {
    if (message.type === "abort") {
      this.#cancel();
      return;
    }
    const call = this.#waiting.get(message.call);
    this.#waiting.delete(message.call);
    if (message.type === "answer") call?.resolve(message.value);
    else call?.reject(new ImportError(message.error.code, message.error.reason, message.error.at));
  }

  #cancel(): void {
    const reason = new ImportError("aborted", "the attempt was cancelled");
    this.#abort.abort(reason);
    for (const call of this.#waiting.values()) call.reject(reason);
    this.#waiting.clear();
  }

  #deps(): ImportTaskDeps {
    return {
      sources,
      objects,
      ids: {
        segments: (buckets) => this.#ask<bigint[]>({ kind: "segments", buckets }),
        logIds: (count) => this.#ask<bigint>({ kind: "log_ids", count }),
      },
      allocateIds: (count) => this.#ask<bigint>({ kind: "ids", count }),
      now: Date.now,
      onProgress: (rows, sourceBytes) => this.#progress(rows, sourceBytes),
    };
  }

  #ask<T>(question: Question): Promise<T> {
    const call = this.#nextCall++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(call, answer);
    say({ type: "ask", run: this.#id, call, question });
    return answer.promise as Promise<T>;
  }

  #progress(rows: number, sourceBytes: number): void {
    const now = performance.now();
    if (now - this.#saidMs < PROGRESS_MS) return;
    this.#saidMs = now;
    say({ type: "progress", run: this.#id, rows, sourceBytes });
  }
}

function plainError(error: unknown, signal: AbortSignal): ThreadError {
  if (signal.aborted) return { code: "aborted", reason: "the attempt was cancelled", at: undefined };
  const { code, reason, at } = asImportError(error);
  // The words of an unexpected error are for the log, which the main thread writes.
  const stack = isExpected(error) ? undefined : error instanceof Error ? error.stack : String(error);
  return { code, reason, at, ...(stack && { stack }) };
}
