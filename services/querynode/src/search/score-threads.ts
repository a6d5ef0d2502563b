import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { KernelRoom } from "@sluice/kernels/vectors";
import type { VectorMemory } from "../cache/vector-memory.ts";
import { isRange } from "../row-range.ts";
import { type Candidates, type CandidateTask, candidatesOf } from "./candidates.ts";
import { Kernels } from "./kernels.ts";
import * as listScorers from "./list-scorers.ts";
import { vectorCount } from "./query-vectors.ts";

/** Comparisons of numbers that take less time than a message there and back. */
const WORTH_A_THREAD = 1 << 20;
/** The same, of a task: some milliseconds, so that searches share the threads fairly and end soon when their caller is gone. */
const TASK_NUMBERS = 16 << 20;
/** Scores of a task, which may all be candidates: 8 MB. */
const TASK_SCORES = 512 << 10;

const entry = new URL(`./score-thread.${import.meta.filename.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);

/** Comparisons that a thread remembers: those of searches that run at once. */
const SLOTS = 8;

type Comparison = CandidateTask["comparison"];

/** What is sent to a thread: a task, or what it need not remember any more. */
export type ThreadMessage = ThreadTask | { readonly forgotten: number };

/** A task as it is sent. */
export interface ThreadTask extends Omit<CandidateTask, "rows" | "comparison"> {
  /** Rows that follow one another as first and end. */
  readonly rows: Uint32Array | readonly [number, number];
  /** Where the thread keeps the comparison. */
  readonly slot: number;
  /** Only where it is not there yet: thousands of vectors are not sent with each task. */
  readonly comparison: Comparison | undefined;
  /** In which memory the bytes of the column and of its sketches lie, by index; -1: in another. */
  readonly slabs: { readonly column: number; readonly sketches: number };
}

/** What a thread is started with. */
export interface ThreadStart {
  /** For its kernels, one in each memory that vectors lie in. */
  readonly rooms: readonly KernelRoom[];
}

interface Waiting {
  readonly resolve: (found: Candidates) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  /** From 1 on: whoever starts it is 0. */
  readonly index: number;
  readonly worker: Worker;
  /** In the order in which the thread answers. */
  readonly waiting: Waiting[];
  /** What the thread has in its slots. */
  readonly comparisons: (Comparison | undefined)[];
  nextSlot: number;
}

/** Threads that compare vectors, started by the first search that needs them, as many as there are cores. */
export class ScoreThreads implements AsyncDisposable {
  readonly #count: number;
  readonly #memory: () => VectorMemory;
  readonly #threads = new Set<Thread>();
  #kernels: Kernels | undefined;

  /** @param memory that vectors lie in, with rooms for `count` threads beside this one */
  constructor(memory: () => VectorMemory, count = availableParallelism()) {
    this.#memory = memory;
    this.#count = count;
  }

  /** Tasks of a search that may run at once; more would only wait. */
  get tasksAtOnce(): number {
    return 2 * this.#count;
  }

  /** Rows of a task, at least one. @param vectors that a row has, about */
  static taskRows({ dim, queries, isOfElements }: CandidateTask["comparison"], vectors = 1): number {
    const perRow = vectorCount(queries) * Math.max(1, dim) * Math.max(1, vectors);
    const scores = queries.count * (isOfElements ? Math.max(1, vectors) : 1);
    return Math.max(1, Math.min(Math.floor(TASK_NUMBERS / perRow), Math.floor(TASK_SCORES / scores)));
  }

  /** Small tasks, and columns in memory that threads do not share, are compared at once. @throws when the thread dies */
  async candidates(task: CandidateTask): Promise<Candidates> {
    const { comparison, column, rows } = task;
    const numbers = rows.length * vectorCount(comparison.queries) * numbersOfRow(task);
    const isShared = !column || column.data.buffer instanceof SharedArrayBuffer;
    if (numbers < WORTH_A_THREAD || !isShared) return this.#candidatesHere(task);
    const thread = this.#idlest();
    return new Promise((resolve, reject) => {
      thread.waiting.push({ resolve, reject });
      const slabs = {
        column: column ? this.#slabOf(column.data) : -1,
        sketches: task.sketches ? this.#slabOf(task.sketches.data) : -1,
      };
      const sent = isRange(rows) ? ([rows[0], rows[0] + rows.length] as const) : rows.slice();
      thread.worker.postMessage({ ...task, ...placed(thread, comparison), rows: sent, slabs } satisfies ThreadTask);
    });
  }

  #candidatesHere(task: CandidateTask): Candidates {
    return candidatesOf(task, (this.#kernels ??= new Kernels(this.#memory().rooms(0))), listScorers);
  }

  #slabOf({ buffer }: Uint8Array): number {
    return this.#memory().memories.findIndex((memory) => memory.buffer === buffer);
  }

  /** Of a search that has ended: its vectors may be many. */
  forget(comparison: Comparison): void {
    for (const { worker, comparisons } of this.#threads) {
      const forgotten = comparisons.indexOf(comparison);
      if (forgotten < 0) continue;
      comparisons[forgotten] = undefined;
      worker.postMessage({ forgotten } satisfies ThreadMessage);
    }
  }

  #idlest(): Thread {
    const busy = [...this.#threads].sort((a, b) => a.waiting.length - b.waiting.length);
    if (busy.length > 0 && (busy[0].waiting.length === 0 || busy.length >= this.#count)) return busy[0];
    return this.#start();
  }

  #start(): Thread {
    const taken = new Set([...this.#threads].map((one) => one.index));
    const index = Array.from({ length: this.#count }, (_, i) => i + 1).find((one) => !taken.has(one)) as number;
    const workerData: ThreadStart = { rooms: this.#memory().rooms(index) };
    const worker = new Worker(entry, { workerData });
    const thread: Thread = { index, worker, waiting: [], comparisons: [], nextSlot: 0 };
    const died = (error: Error) => {
      this.#threads.delete(thread);
      for (const { reject } of thread.waiting.splice(0)) reject(error);
    };
    thread.worker
      .on("message", (found: Candidates) => thread.waiting.shift()?.resolve(found))
      .on("error", died)
      .on("exit", (code) => died(new Error(`a thread that compares vectors ended: exit code ${code}`)));
    thread.worker.unref();
    this.#threads.add(thread);
    return thread;
  }

  /** Ends them with what they do: who waits for a comparison hears that it failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }
}

/** Where a thread has a comparison, or will have it when it is sent along: in turn, in the place of an older one. */
function placed(thread: Thread, comparison: Comparison): Pick<ThreadTask, "slot" | "comparison"> {
  const known = thread.comparisons.indexOf(comparison);
  if (known >= 0) return { slot: known, comparison: undefined };
  const slot = thread.nextSlot;
  thread.nextSlot = (slot + 1) % SLOTS;
  thread.comparisons[slot] = comparison;
  return { slot, comparison };
}

/** Numbers of a vector; of sparse ones, which have no dimension, as many as theirs have on average. */
function numbersOfRow({ comparison: { dim }, column }: CandidateTask): number {
  if (dim > 0 || column?.kind !== "var") return Math.max(1, dim);
  return Math.max(1, column.data.length / Uint32Array.BYTES_PER_ELEMENT / Math.max(1, column.offsets.length - 1));
}
