import { forEachConcurrent, sleep, Turns } from "@sluice/async";
import { COLLECTIONS, type CollectionRecord, JOBS, RecordReader, RecordTable } from "@sluice/catalog";
import { isEnded, REJECTS_PREFIX } from "@sluice/jobs";
import { type CollectionId, composeTso, type JobId, jobId } from "@sluice/schema";
import type { DataCoordMetrics } from "../metrics.ts";
import { DeltaSweeper, type DeltaSweeperDeps } from "./delta-sweeper.ts";
import { GarbageRules, type GarbageRulesDeps } from "./garbage-rules.ts";
import type { GcPauses } from "./gc-pauses.ts";
import { SegmentSweeper, type SegmentSweeperDeps } from "./segment-sweeper.ts";

/** What garbage collection needs besides what its rules and sweepers need. */
export interface ImportGcDeps extends GarbageRulesDeps, SegmentSweeperDeps, DeltaSweeperDeps {
  readonly metrics?: DataCoordMetrics;
  readonly pauses: GcPauses;
  readonly intervalMs: number;
  /** How long a client's call may be made again whose answer was lost. */
  readonly callGraceMs: number;
}

/** Jobs that a line of the log names. */
const MAX_NAMED_JOBS = 10;
/** Jobs whose garbage is removed at once: thousands of small ones mostly wait for storage. */
const JOBS_AT_ONCE = 8;
/** Of turns: a pass ends by what it asks between two removals. */
const NEVER = new AbortController().signal;

/**
 * Removes what failed, aborted, superseded or dropped work left behind: segments by `GarbageRules` (G1 to G4, G7), and
 * G5. rejected rows of a job whose records are gone;
 * G6. a change whose segments are all gone, removed by others, once its job has ended and does not ask for it again;
 * G10. what changes say of deletes that later ones say again, once no reader is left from before the later one, and no client asks
 *     for its answer again;
 * G9. by `DeltaSweeper`, delta logs that no change names, every `graceMs`: all of them are listed for it.
 */
export class ImportGc implements AsyncDisposable {
  readonly #deps: ImportGcDeps;
  readonly #abort = new AbortController();
  /** Segments that this pass has removed, by the job that made them. */
  readonly #removed = new Map<JobId, number>();
  /** Collections that have lost segments since their changes were looked at. */
  readonly #shrunk = new Set<CollectionId>();
  readonly #jobs;
  readonly #collections;
  readonly #rules;
  readonly #sweeper;
  readonly #deltas;
  /** When delta logs were looked at. */
  #deltasMs: number | undefined;
  #running: Promise<void> = Promise.resolve();
  /** The pass that runs, or the last one. */
  #pass: Promise<void> = Promise.resolve();

  constructor(deps: ImportGcDeps) {
    this.#deps = deps;
    this.#jobs = new RecordReader(deps.store, JOBS);
    this.#collections = new RecordTable(deps.store, COLLECTIONS);
    this.#rules = new GarbageRules(deps);
    this.#sweeper = new SegmentSweeper(deps, this.#abort.signal);
    this.#deltas = new DeltaSweeper(deps);
  }

  /** Collects now and every `intervalMs`, until it is disposed of. */
  start(): this {
    this.#running = this.#run();
    return this;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.collect().catch((error) => this.#warn(error));
      await sleep(this.#deps.intervalMs, signal);
    }
  }

  /** Nothing is removed for so long. Resolves to a ticket that ends it, once what was being removed is gone. */
  async pause(durationMs: number): Promise<string> {
    const ticket = await this.#deps.pauses.begin(durationMs);
    await this.#pass;
    this.#deps.log.info("garbage collection is paused", { ticket, durationMs });
    return ticket;
  }

  /** Ends a pause, or all of them for an empty ticket. */
  async resume(ticket: string): Promise<void> {
    const { pauses, log } = this.#deps;
    await pauses.end(ticket);
    const { isPaused } = pauses;
    log.info("a pause of garbage collection has ended", { ticket: ticket || "all", isPaused });
  }

  /** Asked between two removals. */
  get #isStopped(): boolean {
    return this.#abort.signal.aborted || this.#deps.pauses.isPaused;
  }

  #warn(error: unknown, jobId?: JobId): void {
    const about = { err: error, ...(jobId !== undefined && { jobId: jobId.toString() }) };
    this.#deps.log.warn("garbage collection failed; it is tried again", about);
  }

  /** One pass; one at a time. A job whose objects cannot be removed does not hold up the others. */
  collect(): Promise<void> {
    const pass = this.#isStopped ? Promise.resolve() : this.#collect();
    this.#pass = pass.catch(() => undefined);
    return pass;
  }

  async #collect(): Promise<void> {
    await this.#deps.pauses.forgetEnded();
    const collections = await this.#readCollections();
    this.#rules.beginPass();
    // Of most jobs nothing has to be read or removed, and there may be hundreds of thousands of segments.
    const turns = new Turns(NEVER);
    await forEachConcurrent(this.#deps.book.jobs(), JOBS_AT_ONCE, async (jobId) => {
      if (turns.isDue) await turns.next();
      if (!this.#isStopped) await this.#collectJob(jobId, collections).catch((error) => this.#warn(error, jobId));
    });
    this.#noteRemoved();
    if (this.#isStopped) return;
    await this.#forgetSpent();
    for (const { collectionId } of [...this.#deps.changes.collections()]) await this.#foldDeletes(collectionId);
    for (const [id, collection] of collections) if (collection.state === "dropped") await this.#forgetCollection(id);
    await this.#collectRejects();
    await this.#collectDeltas();
  }

  /** One line a pass: where ten thousand small jobs were merged, each has lost a segment. */
  #noteRemoved(): void {
    if (this.#removed.size === 0) return;
    const segments = [...this.#removed.values()].reduce((sum, count) => sum + count, 0);
    const jobIds = [...this.#removed.keys()].slice(0, MAX_NAMED_JOBS).map(String);
    const about = { segments, jobs: this.#removed.size, jobIds };
    this.#deps.log.info("removed segments that nobody sees any more, or ever will", about);
    this.#removed.clear();
  }

  /** G6. */
  async #forgetSpent(): Promise<void> {
    const { book, changes } = this.#deps;
    for (const collectionId of this.#shrunk) {
      const spent = [];
      for (const change of changes.spent(collectionId, (id) => !book.get(id))) {
        if (this.#isStopped) return;
        const job = (await this.#jobs.get(jobId(change.changeId)))?.record;
        if (!job || isEnded(job.state)) spent.push(change);
      }
      await changes.forget(collectionId, spent);
      this.#shrunk.delete(collectionId);
    }
  }

  /** G10. */
  async #foldDeletes(collectionId: CollectionId): Promise<void> {
    const { changes, now, readerGraceMs, callGraceMs } = this.#deps;
    const graceTs = composeTso(Math.max(0, now() - Math.max(readerGraceMs, callGraceMs)));
    const oldestTs = changes.oldestRepeatTs(collectionId);
    if (oldestTs === undefined || oldestTs > graceTs) return;
    const readTs = await this.#rules.oldestReadTs(collectionId);
    const until = readTs === undefined || readTs > graceTs ? graceTs : readTs;
    while (!this.#isStopped && (await changes.fold(collectionId, until)));
  }

  /** G5. A job's record is there before its first object, and no id is given twice. */
  async #collectRejects(): Promise<void> {
    const gone = new Map<string, boolean>();
    const garbage: string[] = [];
    for await (const { key } of this.#deps.objects.list(REJECTS_PREFIX)) {
      if (this.#isStopped) return;
      const [, id = ""] = key.split("/");
      if (!gone.has(id)) gone.set(id, /^\d+$/.test(id) && !(await this.#jobs.get(jobId(BigInt(id)))));
      if (gone.get(id)) garbage.push(key);
    }
    if (garbage.length > 0) await this.#deps.objects.delete(garbage);
  }

  /** G9. */
  async #collectDeltas(): Promise<void> {
    const { now, graceMs, log } = this.#deps;
    if (this.#isStopped || (this.#deltasMs !== undefined && now() - this.#deltasMs < graceMs)) return;
    this.#deltasMs = now();
    const logs = await this.#deltas.sweep(this.#abort.signal);
    if (logs > 0) log.info("removed delta logs that no change names", { logs });
  }

  async #readCollections(): Promise<Map<CollectionId, CollectionRecord>> {
    const collections = new Map<CollectionId, CollectionRecord>();
    for await (const { record } of this.#collections.scan()) collections.set(record.collectionId, record);
    return collections;
  }

  async #collectJob(jobId: JobId, collections: ReadonlyMap<CollectionId, CollectionRecord>): Promise<void> {
    const garbage = await this.#rules.garbageOf(jobId, collections);
    if (garbage.length === 0) return;
    const { removed, forgottenOf } = await this.#sweeper.sweep(garbage);
    for (const collectionId of forgottenOf) this.#shrunk.add(collectionId);
    if (removed === 0) return;
    this.#deps.metrics?.removed(removed);
    this.#removed.set(jobId, removed);
  }

  /** A dropped collection's tombstone goes when nothing of it is left. */
  async #forgetCollection(id: CollectionId): Promise<void> {
    const { book, changes, store } = this.#deps;
    if (book.hasSegmentsOf(id) || (await this.#hasOpenJobs(id))) return;
    await changes.remove(id);
    await store.commit({ guards: [], writes: [this.#collections.remove(id)] });
  }

  async #hasOpenJobs(id: CollectionId): Promise<boolean> {
    for await (const { record } of this.#jobs.scan())
      if (record.collectionId === id && !isEnded(record.state)) return true;
    return false;
  }

  /** Waits for the pass that is under way, which stops at its next step. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }
}
