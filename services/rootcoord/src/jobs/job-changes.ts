import { randomUUID } from "node:crypto";
import type { JobId } from "@sluice/schema";

/** Calls between processes have a deadline, which waiting must not come near. */
const MAX_WAIT_MS = 10_000;

/** What has changed since somebody asked. */
export interface ChangedJobs {
  readonly epoch: string;
  readonly sequence: number;
  /** In the order of their last change. */
  readonly ids: readonly JobId[];
}

/** Which jobs have changed, records and progress alike, for who follows many of them; in memory, an epoch a rootcoord. */
export class JobChanges implements Disposable {
  readonly #epoch = randomUUID();
  #sequence = 0;
  /** In the order of change: a job that changes again goes to the end. */
  readonly #changed = new Map<JobId, number>();
  readonly #waiting = new Set<() => void>();
  #isClosing = false;

  /** Wakes whoever waits. */
  note(jobId: JobId): void {
    this.#changed.delete(jobId);
    this.#changed.set(jobId, ++this.#sequence);
    for (const wake of this.#waiting) wake();
  }

  /** What has changed after `sequence`, as soon as there is something, or nothing after `waitMs`. */
  async since(epoch: string, sequence: number, waitMs: number): Promise<ChangedJobs> {
    const now = { epoch: this.#epoch, sequence: this.#sequence };
    if (epoch !== this.#epoch) return { ...now, ids: [] };
    if (sequence === this.#sequence && !this.#isClosing) await this.#changeOrEnd(Math.min(waitMs, MAX_WAIT_MS));
    const ids = [...this.#changed].filter(([, changed]) => changed > sequence).map(([jobId]) => jobId);
    return { epoch, sequence: this.#sequence, ids };
  }

  #changeOrEnd(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      this.#waiting.add(wake);
    });
  }

  /** Whoever waits gets an answer: the server that has it may close. */
  [Symbol.dispose](): void {
    this.#isClosing = true;
    for (const wake of this.#waiting) wake();
  }
}
