import { ImportError } from "@sluice/errors";
import type { LastKnown } from "./last-known.ts";

/** How far an attempt is. */
export interface AttemptProgress {
  readonly rowCount: number;
  readonly processedBytes: number;
}

/** How often a running task says how far it is, at most. */
const LEAST_REPORT_MS = 1000;

/** Says how far an attempt is, where that is news, until it is disposed. */
export class ProgressReports implements Disposable {
  readonly #superseded = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #report: (progress: AttemptProgress) => Promise<void>;
  #progress: AttemptProgress = { rowCount: 0, processedBytes: 0 };
  #isNew = false;

  /**
   * @param everyMs what the order wants; 0 where it does not say it
   * @param current learns that the attempt is the current one
   */
  constructor(everyMs: number, current: LastKnown, report: (progress: AttemptProgress) => Promise<void>) {
    this.#report = report;
    this.#timer = setInterval(() => this.#tick(current), Math.max(LEAST_REPORT_MS, everyMs));
  }

  /** Aborts when another attempt is the current one. */
  get superseded(): AbortSignal {
    return this.#superseded.signal;
  }

  /** Told by the next report; of what is noted meanwhile, only the last. */
  note(progress: AttemptProgress): void {
    this.#progress = progress;
    this.#isNew = true;
  }

  /** Says it now. */
  report(): Promise<void> {
    return this.#report(this.#progress);
  }

  #tick(current: LastKnown): void {
    if (!this.#isNew) return;
    this.#isNew = false;
    current
      .note(() => this.report())
      .catch((error) => {
        if (error instanceof ImportError && error.code === "attempt_superseded") this.#superseded.abort();
      });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
