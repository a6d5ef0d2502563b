import { randomUUID } from "node:crypto";
import { GC_PAUSES, type GcPauseRecord, RecordTable } from "@sluice/catalog";
import type { MetaStore, Write } from "@sluice/metastore";

/**
 * Times in which garbage stays, for who copies files from storage. Several may run, and the last to end counts. They are records: a
 * datacoord that takes over keeps to them.
 */
export class GcPauses {
  readonly #store: MetaStore;
  readonly #now: () => number;
  readonly #table: RecordTable<GcPauseRecord, string>;
  /** When each ends, by its ticket. */
  readonly #ends = new Map<string, number>();

  private constructor(store: MetaStore, now: () => number) {
    this.#store = store;
    this.#now = now;
    this.#table = new RecordTable(store, GC_PAUSES);
  }

  /** With those that have begun before. */
  static async open(store: MetaStore, now: () => number): Promise<GcPauses> {
    const pauses = new GcPauses(store, now);
    for await (const { record } of pauses.#table.scan()) pauses.#ends.set(record.ticket, record.endMs);
    return pauses;
  }

  /** By the clock of now; a pause ends by itself. */
  get isPaused(): boolean {
    return this.#ends.values().some((endMs) => this.#isAhead(endMs));
  }

  #isAhead(endMs: number): boolean {
    return endMs > this.#now();
  }

  /** Begins another one; its ticket ends it before its time. */
  async begin(durationMs: number): Promise<string> {
    const pause = { ticket: randomUUID(), endMs: this.#now() + durationMs };
    // Nothing is removed while it is written, nor where nobody knows whether it was.
    this.#ends.set(pause.ticket, pause.endMs);
    await this.#write([this.#table.write(pause)]);
    return pause.ticket;
  }

  /** Ends one; all for an empty ticket. One that has ended already is none. */
  async end(ticket: string): Promise<void> {
    const tickets = [...this.#ends.keys()].filter((known) => ticket === "" || known === ticket);
    await this.#forget(tickets);
  }

  /** Drops the records of those whose time is over. */
  async forgetEnded(): Promise<void> {
    const ended = [...this.#ends].filter(([, endMs]) => !this.#isAhead(endMs));
    await this.#forget(ended.map(([ticket]) => ticket));
  }

  async #forget(tickets: readonly string[]): Promise<void> {
    const { transactionOperations } = this.#store.limits;
    for (let i = 0; i < tickets.length; i += transactionOperations) {
      const some = tickets.slice(i, i + transactionOperations);
      await this.#write(some.map((ticket) => this.#table.remove(ticket)));
      for (const ticket of some) this.#ends.delete(ticket);
    }
  }

  async #write(writes: readonly Write[]): Promise<void> {
    await this.#store.commit({ guards: [], writes });
  }
}
