import { parentPort, workerData } from "node:worker_threads";
import { ImportError } from "@sluice/errors";
import { LocalObjectStore, LocalSourceStore, type ObjectStore } from "@sluice/object-store";
import { type ImportTaskInput, runImportTask } from "./import-task.ts";
import type { FromThread, Question, ThreadError, ThreadStores, ToThread } from "./thread-messages.ts";

// A worker thread: runs one attempt at a time, from bytes to sealed segments. Only questions for ids, progress and the
// summary at the end cross to the datanode's own thread; rows never do.

if (!parentPort) throw new Error("import-thread runs as a worker thread only");
const port = parentPort;
const stores = workerData as ThreadStores;
const objects = await LocalObjectStore.open({ root: stores.objects.root });
const sources = await LocalSourceStore.open({ roots: stores.sources.roots });

const waiting = new Map<number, PromiseWithResolvers<unknown>>();
let nextCall = 0;
let current: AbortController | undefined;

const say = (message: FromThread) => port.postMessage(message);

function ask<T>(question: Question): Promise<T> {
  const call = nextCall++;
  const answer = Promise.withResolvers<unknown>();
  waiting.set(call, answer);
  say({ type: "ask", call, question });
  return answer.promise as Promise<T>;
}

port.on("message", (message: ToThread) => {
  switch (message.type) {
    case "run":
      void run(message.input);
      break;
    case "abort":
      current?.abort(new ImportError("aborted", "the attempt was cancelled"));
      for (const call of waiting.values()) call.reject(new ImportError("aborted", "the attempt was cancelled"));
      waiting.clear();
      break;
    case "answer":
      settle(message.call)?.resolve(message.value);
      break;
    case "refusal": {
      const { code, reason, at } = message.error;
      settle(message.call)?.reject(new ImportError(code, reason, at));
    }
  }
});

function settle(call: number): PromiseWithResolvers<unknown> | undefined {
  const answer = waiting.get(call);
  waiting.delete(call);
  return answer;
}

/** Progress is said at most so often; the summary at the end is exact. */
const PROGRESS_MS = 250;

async function run(input: ImportTaskInput): Promise<void> {
  current = new AbortController();
  let saidMs = 0;
  try {
    const deps = {
      sources: sources as ObjectStore,
      objects,
      ids: {
        segments: (buckets: readonly { partitionId: bigint; vchannel: string }[]) =>
          ask<bigint[]>({ kind: "segments", buckets }),
        logIds: (count: number) => ask<bigint>({ kind: "log_ids", count }),
      },
      allocateIds: (count: number) => ask<bigint>({ kind: "ids", count }),
      now: Date.now,
      onProgress: (rows: number, sourceBytes: number) => {
        const now = Date.now();
        if (now - saidMs < PROGRESS_MS) return;
        saidMs = now;
        say({ type: "progress", rows, sourceBytes });
      },
    };
    const outcome = await runImportTask(input, deps, current.signal);
    say({ type: "done", outcome });
  } catch (error) {
    say({ type: "failed", error: plainError(error, current.signal) });
  } finally {
    current = undefined;
  }
}

function plainError(error: unknown, signal: AbortSignal): ThreadError {
  if (signal.aborted) return { code: "aborted", reason: "the attempt was cancelled", at: undefined };
  if (error instanceof ImportError) return { code: error.code, reason: error.reason, at: error.at };
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "internal", reason, at: undefined };
}

say({ type: "ready" });
