import type { SegmentRecord } from "@sluice/catalog";
import type { JobId } from "@sluice/schema";
import type { RowCall } from "./row-call.ts";

/** The id of a change that is to come, and the segments that are recorded for it. */
export interface Ahead {
  readonly id: JobId;
  /** Durable, of segments without an object. */
  readonly records: readonly SegmentRecord[];
}

/** When something was, by a clock that goes on while the process is stopped, and one that goes on while the machine sleeps. */
interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

interface LastCall {
  readonly moment: Moment;
  readonly ahead: Ahead | undefined;
}

/**
 * Segments that are recorded with the change of a call, for the next one that has the same target: what follows soon need not wait
 * for a transaction of its own before its objects may appear (S1).
 *
 * W10. They are used for a while that is shorter than `gc-grace`: who leads next removes them as garbage, and once more after the
 *      grace, when whoever recorded them uses them no more, however long it was stopped.
 */
export class SegmentsAhead {
  readonly #ms: number;
  /** By target, the earliest first. */
  readonly #last = new Map<string, LastCall>();
  readonly #ids = new Map<JobId, Moment>();

  /** @param ms so long they may be used; a call is soon when it comes within it */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** What is recorded for the next call of a target, which is the caller's from now on. */
  take(target: string): Ahead | undefined {
    const last = this.#last.get(target);
    if (!last?.ahead) return undefined;
    const { ahead, moment } = last;
    this.#last.set(target, { moment, ahead: undefined });
    this.#ids.delete(ahead.id);
    return this.#isRecent(moment) ? ahead : undefined;
  }

  /** Whether a call of the target was made a short while ago. */
  isBusy(target: string): boolean {
    const last = this.#last.get(target);
    return last !== undefined && this.#isRecent(last.moment);
  }

  /** A call of the target was made. @param ahead what was recorded with it, durable by now @param moment from before it was */
  made(target: string, ahead: Ahead | undefined, moment: Moment): void {
    this.#forgetOld();
    this.#last.delete(target);
    this.#last.set(target, { moment, ahead });
    if (ahead) this.#ids.set(ahead.id, moment);
  }

  /** Whether a call may come that uses the segments of this id. */
  isOpen(id: JobId): boolean {
    const moment = this.#ids.get(id);
    return moment !== undefined && this.#isRecent(moment);
  }

  #forgetOld(): void {
    for (const [target, { moment, ahead }] of this.#last) {
      if (this.#isRecent(moment)) return;
      this.#last.delete(target);
      if (ahead) this.#ids.delete(ahead.id);
    }
  }

  #isRecent({ monotonicMs, wallMs }: Moment): boolean {
    const now = momentOfNow();
    return now.monotonicMs - monotonicMs < this.#ms && Math.abs(now.wallMs - wallMs) < this.#ms;
  }
}

/** By both clocks. */
export function momentOfNow(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/** What must be the same of calls for segments of the one to fit the rows of the other. */
export function targetOf({ collectionId, partitionIds, vchannels }: RowCall): string {
  return `${collectionId}/${partitionIds.join()}/${vchannels.join()}`;
}
