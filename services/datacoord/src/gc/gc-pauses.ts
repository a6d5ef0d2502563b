import { randomUUID } from "node:crypto";

/**
 * Times in which garbage stays, for who copies files from storage. Several may run, and the last to end counts. They are in the
 * memory of the datacoord that leads: one that takes over removes what is garbage.
 */
export class GcPauses {
  readonly #now: () => number;
  /** When each ends, by its ticket. */
  readonly #ends = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  get isPaused(): boolean {
    for (const [ticket, endMs] of this.#ends) if (endMs <= this.#now()) this.#ends.delete(ticket);
    return this.#ends.size > 0;
  }

  /** Begins another one; its ticket ends it before its time. */
  begin(durationMs: number): string {
    const ticket = randomUUID();
    this.#ends.set(ticket, this.#now() + durationMs);
    return ticket;
  }

  /** Ends one; all for an empty ticket. One that has ended already is none. */
  end(ticket: string): void {
    if (ticket === "") this.#ends.clear();
    else this.#ends.delete(ticket);
  }
}
