import type { MessagePort } from "node:worker_threads";
import { ByteRate } from "@sluice/async";
import { asImportError, errorOf, failureOf, ImportError, isExpected } from "@sluice/errors";
import {
  CountingObjectStore,
  ExportRoots,
  type ObjectStore,
  openObjectStore,
  openSources,
  type Secrets,
  withVolumes,
} from "@sluice/object-store";
import { decodePlain, type VisibleSegment } from "@sluice/schema";
import type { TaskContext, TaskKinds, TaskResult } from "../tasks/task-kind.ts";
import { FencedWrites } from "./fenced-writes.ts";
import type { FromThread, Question, ThreadSetup, ThreadTask, ToThread } from "./messages.ts";
import { TaskSources } from "./task-sources.ts";
import { WarningList } from "./warning-list.ts";

// The other end of `WorkerThread`: runs attempts from their input to what they made, each wholly inside of the thread. Only
// questions for ids, progress and the summary at the end cross to the datanode's own thread; rows never do. Small attempts,
// which mostly wait for syncs and answers, may share a thread.

/** Progress is said at most so often; the summary at the end is exact. */
const PROGRESS_MS = 250;

/** Serves what comes by `port`, from when the stores are open. @throws as the adapters' `open` */
export async function serveTasks(port: MessagePort, setup: ThreadSetup, kinds: TaskKinds): Promise<void> {
  const objects = new CountingObjectStore(await openObjectStore(setup.objects, setup.secrets));
  const settled = await openSources(setup.sources, setup.secrets);
  const sources = new TaskSources(withVolumes(settled, objects), setup.secrets);
  const roots = new ExportRoots({ roots: setup.exportRoots ?? [], secrets: setup.secrets });
  const say = (message: FromThread) => port.postMessage(message);
  /** Reads of sources and of segments are told apart by nothing else. */
  const storageUse = () => [...sources.take(), ...objects.take()];
  const runs = new Map<number, Run>();

  async function run(id: number, task: ThreadTask): Promise<void> {
    const run = new Run(id, say);
    runs.set(id, run);
    try {
      const secrets: Secrets = task.secrets ? JSON.parse(task.secrets) : {};
      const openFiles: TaskContext["openFiles"] = (refs, brought) => sources.open(refs, brought, secrets);
      const result = await runTask(
        kinds,
        task,
        run.context({
          ...{ objects, roots, openFiles, secrets, rate: new ByteRate(task.bytesPerSecond ?? 0) },
          limits: setup.limits,
          embedding: setup.embedding ?? {},
        }),
      );
      say({ type: "done", run: id, outcome: { ...result, ...run.warnings.listed() }, storage: storageUse() });
    } catch (error) {
      say({ type: "failed", run: id, ...run.describe(error), storage: storageUse() });
    } finally {
      runs.delete(id);
    }
  }

  port.on("message", (message: ToThread) => {
    if (message.type === "run") void run(message.run, message.task);
    else runs.get(message.run)?.hear(message);
  });
}

/** An order of a newer build may be of a kind that this one lacks: another node may have it. */
async function runTask(kinds: TaskKinds, { kind, input }: ThreadTask, context: TaskContext): Promise<TaskResult> {
  if (!Object.hasOwn(kinds, kind)) throw new ImportError("internal", `this datanode knows no tasks of kind "${kind}"`);
  return kinds[kind](decodePlain(input) as never, context);
}

/** What the runs of a thread have in common. */
interface SharedByRuns extends Pick<TaskContext, "openFiles" | "secrets" | "limits" | "embedding"> {
  readonly objects: ObjectStore;
  readonly roots: ExportRoots;
  readonly rate: ByteRate;
}

/** The conversation about one attempt under way. */
class Run {
  readonly #id: number;
  readonly #say: (message: FromThread) => void;
  readonly #abort = new AbortController();
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly warnings = new WarningList();
  #nextCall = 0;
  #saidMs = 0;

  constructor(id: number, say: (message: FromThread) => void) {
    this.#id = id;
    this.#say = say;
  }

  context({ objects, roots, rate, ...shared }: SharedByRuns): TaskContext {
    const isCurrent = () => this.#ask<void>({ kind: "is_current" });
    return {
      ...shared,
      stored: objects,
      visibleSegments: (segmentIds, timestamp = 0n, collectionId = 0n) =>
        this.#ask<VisibleSegment[]>({ kind: "visible_segments", segmentIds, timestamp, collectionId }),
      objects: new FencedWrites(objects, isCurrent),
      confirmCurrent: isCurrent,
      openExportRoot: async (name) => new FencedWrites(await roots.open(name), isCurrent),
      ids: {
        segments: (buckets) => this.#ask<bigint[]>({ kind: "segments", buckets }),
        logIds: (count) => this.#ask<bigint>({ kind: "log_ids", count }),
      },
      allocateIds: (count) => this.#ask<bigint>({ kind: "ids", count }),
      now: Date.now,
      paced: (bytes) => rate.take(bytes, this.#abort.signal),
      onProgress: (rows, sourceBytes) => this.#progress(rows, sourceBytes),
      warn: (text, group) => this.warnings.add(text, group),
      signal: this.#abort.signal,
    };
  }

  hear(message: Exclude<ToThread, { type: "run" }>): void {
    if (message.type === "abort") {
      this.#cancel();
      return;
    }
    const call = this.#waiting.get(message.call);
    this.#waiting.delete(message.call);
    if (message.type === "answer") call?.resolve(message.value);
    else call?.reject(errorOf(message.failure));
  }

  #cancel(): void {
    const reason = new ImportError("aborted", "the attempt was cancelled");
    this.#abort.abort(reason);
    for (const call of this.#waiting.values()) call.reject(reason);
    this.#waiting.clear();
  }

  #ask<T>(question: Question): Promise<T> {
    const call = this.#nextCall++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(call, answer);
    this.#say({ type: "ask", run: this.#id, call, question });
    return answer.promise as Promise<T>;
  }

  #progress(rows: number, sourceBytes: number): void {
    const now = performance.now();
    if (now - this.#saidMs < PROGRESS_MS) return;
    this.#saidMs = now;
    this.#say({ type: "progress", run: this.#id, rows, sourceBytes });
  }

  /** An error as it crosses threads: structured clone would lose its class. */
  describe(error: unknown): Pick<Extract<FromThread, { type: "failed" }>, "failure" | "stack"> {
    if (this.#abort.signal.aborted) return { failure: { code: "aborted", reason: "the attempt was cancelled" } };
    // The words of an unexpected error are for the log, which the main thread writes.
    const stack = isExpected(error) ? undefined : error instanceof Error ? error.stack : String(error);
    return { failure: failureOf(asImportError(error)), ...(stack && { stack }) };
  }
}
