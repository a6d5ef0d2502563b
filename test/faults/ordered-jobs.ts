import { setTimeout as sleep } from "node:timers/promises";
import type { RestJobs } from "../support/index.ts";
import type { SeededRandom } from "./seeded-random.ts";

const orders = ["pause", "resume", "commit", "cancel", "abort", "rollback"] as const;
type Order = (typeof orders)[number];

interface OrderedJob {
  readonly jobId: string;
  /** Whether or not it was carried out is not known of those beside `accepted`. */
  readonly given: Set<Order>;
  readonly accepted: Set<Order>;
}

/** How a job has ended. */
export interface OrderedEnd {
  readonly state: string;
  readonly importedRows: number;
  /** What was ordered, and what became of it instead. */
  readonly wrong: string | undefined;
}

const LIMIT_MS = 240_000;
/** Of the newest jobs, so that most of the older ones come to their ends. */
const ORDERED_AT_ONCE = 5;

/** Jobs of which orders are given at random, one after the other. */
export class OrderedJobs {
  readonly #rest: RestJobs;
  readonly #random: SeededRandom;
  readonly #collectionName: string;
  readonly #files: readonly (readonly string[])[];
  readonly #jobs: OrderedJob[] = [];

  constructor(rest: RestJobs, random: SeededRandom, collectionName: string, files: readonly (readonly string[])[]) {
    this.#rest = rest;
    this.#random = random;
    this.#collectionName = collectionName;
    this.#files = files;
  }

  /** Creates a job as often as it takes until an answer comes: the idempotency key makes one of them. */
  async create(isTwoPhase: boolean): Promise<void> {
    const options = isTwoPhase ? { auto_commit: "false" } : {};
    const body = { collectionName: this.#collectionName, files: this.#files, options };
    const key = { "Idempotency-Key": `job ${this.#jobs.length}` };
    for (let jobId: string | undefined; jobId === undefined; ) {
      const answer = await this.#rest.post("create", body, key).catch(() => undefined);
      jobId = answer?.data?.jobId;
      if (jobId !== undefined) this.#jobs.push({ jobId, given: new Set(), accepted: new Set() });
    }
  }

  /** Each of another job, all at once; resolves when all are answered or lost. */
  async orderSome(count: number): Promise<void> {
    const chosen = this.#random.shuffled(this.#jobs.slice(-ORDERED_AT_ONCE)).slice(0, count);
    // Mostly such as leave a job to its end.
    const pick = () => this.#random.pick(this.#random.chance(0.8) ? orders.slice(0, 3) : orders);
    const given = chosen.map((job) => ({ job, order: pick() }));
    await Promise.all(given.map(({ job, order }) => this.#order(job, order)));
  }

  async #order({ jobId, given, accepted }: OrderedJob, order: Order): Promise<void> {
    given.add(order);
    const answer = await this.#rest.post(order, { jobId }).catch(() => undefined);
    if (answer?.code === 0) accepted.add(order);
  }

  /** Lets all go on, commits what waits for it, and waits for their ends. */
  async settled(): Promise<OrderedEnd[]> {
    return Promise.all(this.#jobs.map((job) => this.#settled(job)));
  }

  async #settled(job: OrderedJob): Promise<OrderedEnd> {
    const late = Date.now() + LIMIT_MS;
    for (;;) {
      const answer = await this.#rest.post("describe", { jobId: job.jobId }).catch(() => undefined);
      const { state = "", paused = false, importedRows = 0, reason } = answer?.data ?? {};
      const isRollingBack = job.accepted.has("rollback") && state === "Completed";
      if (/^(Completed|Failed|RolledBack)$/.test(state) && !isRollingBack)
        return { state, importedRows: Number(importedRows), wrong: wrongEnd(job, state, reason) };
      if (Date.now() > late) return { state, importedRows: 0, wrong: `job ${job.jobId} stays ${state}` };
      if (paused) await this.#order(job, "resume");
      if (state === "Uncommitted") await this.#order(job, "commit");
      await sleep(300);
    }
  }
}

/** O1. */
function wrongEnd({ jobId, given, accepted }: OrderedJob, state: string, reason = ""): string | undefined {
  const isEnded = accepted.has("cancel") || accepted.has("abort");
  const mayEnd = given.has("cancel") || given.has("abort");
  const said = `job ${jobId}, of which ${[...accepted].join(", ")} were accepted of ${[...given].join(", ")}, is ${state}: ${reason}`;
  if (accepted.has("rollback")) return state === "RolledBack" ? undefined : said;
  if (isEnded) return state === "Failed" ? undefined : said;
  const isPossible = { Completed: true, Failed: mayEnd, RolledBack: given.has("rollback") }[state] ?? false;
  return isPossible && (state !== "Failed" || /was (cancelled|aborted)/.test(reason)) ? undefined : said;
}
