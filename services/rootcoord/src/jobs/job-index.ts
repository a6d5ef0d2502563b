import type { StoredJob } from "@sluice/catalog";
import { isEnded, specOf } from "@sluice/jobs";
import type { JobId } from "@sluice/schema";
import type { KnownJob } from "./known-job.ts";

/** Which jobs there are, in order, and which follow from others: lists and descriptions look at what they show alone. */
export class JobIndex {
  readonly #ascending: KnownJob[] = [];
  readonly #followers = new Map<JobId, Set<JobId>>();
  readonly #open = new Set<KnownJob>();

  /** Every job, ascending by id. */
  get all(): readonly KnownJob[] {
    return this.#ascending;
  }

  /** Jobs that have not ended, in no order: a history of thousands stands beside a few of these. */
  get open(): Iterable<KnownJob> {
    return this.#open;
  }

  /** The job's record is another one. */
  changed(known: KnownJob): void {
    if (isEnded(known.job.record.state)) this.#open.delete(known);
    else this.#open.add(known);
  }

  /** In its place by id, whatever the order in which jobs come; a second time it would stand there twice. */
  add(known: KnownJob): void {
    const job = known.job.record;
    this.changed(known);
    this.#ascending.splice(this.#placeOf(job.jobId), 0, known);
    for (const id of precursorsOf(job)) {
      const followers = this.#followers.get(id) ?? new Set();
      this.#followers.set(id, followers.add(job.jobId));
    }
  }

  /** Nothing where it is not known. */
  remove(known: KnownJob): void {
    const job = known.job.record;
    this.#open.delete(known);
    const place = this.#placeOf(job.jobId);
    if (this.#ascending[place] === known) this.#ascending.splice(place, 1);
    for (const id of precursorsOf(job)) {
      const followers = this.#followers.get(id);
      followers?.delete(job.jobId);
      if (followers?.size === 0) this.#followers.delete(id);
    }
  }

  /** Jobs that correct this one's rejected rows, or import its files again; ascending. */
  followersOf(id: JobId): JobId[] {
    return [...(this.#followers.get(id) ?? [])].sort((a, b) => (a < b ? -1 : 1));
  }

  /** Where an id is, or belongs. New ids are greater than others, nearly always. */
  #placeOf(id: JobId): number {
    const idAt = (i: number) => this.#ascending[i].job.record.jobId;
    let [low, high] = [0, this.#ascending.length];
    if (high === 0 || idAt(high - 1) < id) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (idAt(middle) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function precursorsOf(job: StoredJob): JobId[] {
  const corrected = correctedJobOf(job);
  return [...(corrected === undefined ? [] : [corrected]), ...(job.retryOf === undefined ? [] : [job.retryOf])];
}

/** The job whose rejected rows this one brings, corrected. */
export function correctedJobOf(job: StoredJob): JobId | undefined {
  return job.kind === "import" ? specOf(job, "import").correctsJobId : undefined;
}
