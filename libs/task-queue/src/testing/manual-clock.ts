import type { Clock } from "../clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** Time that moves only when told. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.size;
  }

  schedule(run: () => void, delayMs: number): Disposable {
    const timer: Timer = { dueMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => this.#timers.delete(timer) };
  }

  /** Runs what falls due, in order of time. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.dueMs <= end).sort((a, b) => a.dueMs - b.dueMs);
      if (due.length === 0) break;
      this.#nowMs = due[0].dueMs;
      this.#timers.delete(due[0]);
      due[0].run();
    }
    this.#nowMs = end;
  }
}
