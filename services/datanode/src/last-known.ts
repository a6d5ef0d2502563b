/** A moment by two clocks: one goes on while the process is stopped, the other also while the machine sleeps. */
interface Moment {
  readonly steadyMs: number;
  readonly wallMs: number;
}

function readClocks(): Moment {
  return { steadyMs: performance.now(), wallMs: Date.now() };
}

/** When something was last known to hold. A process that was stopped, whatever for, knows afterwards that it knows nothing. */
export class LastKnown {
  readonly #read: () => Moment;
  #at: Moment | undefined;

  /** @param read other clocks, for tests */
  constructor(read: () => Moment = readClocks) {
    this.#read = read;
  }

  /** Asks, unless it was known within `limitMs`. What is answered holds from when it was asked. @throws what `ask` throws */
  async confirm(limitMs: number, ask: () => Promise<void>): Promise<void> {
    if (!this.#isWithin(limitMs)) await this.note(ask);
  }

  /** Asks. @throws what `ask` throws */
  async note<T>(ask: () => Promise<T>): Promise<T> {
    const asked = this.#read();
    const answer = await ask();
    this.#at = asked;
    return answer;
  }

  #isWithin(limitMs: number): boolean {
    if (!this.#at) return false;
    const { steadyMs, wallMs } = this.#read();
    return steadyMs - this.#at.steadyMs < limitMs && Math.abs(wallMs - this.#at.wallMs) < limitMs;
  }
}
