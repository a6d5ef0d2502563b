import { Serial } from "@sluice/async";
import { ALLOCATIONS, type AllocationRecord, RecordTable } from "@sluice/catalog";
import type { MetaStore } from "@sluice/metastore";
import { composeTso } from "@sluice/schema";
import { TsoAllocator } from "./tso-allocator.ts";

/** How far ahead of the last timestamp the limit is saved: one write in so much time, and at most so much lost by a restart. */
const AHEAD_MS = 3000;

/**
 * Hybrid timestamps, strictly increasing, also across restarts and clocks that go back. The record `alloc/tso` holds a limit:
 * what is handed out lies below it, what a successor hands out lies above.
 */
export class TsoService {
  readonly #store: MetaStore;
  readonly #table: RecordTable<AllocationRecord, "ids" | "tso">;
  readonly #now: () => number;
  readonly #turns = new Serial();
  #allocator: TsoAllocator;
  #limit: bigint;

  private constructor(
    store: MetaStore,
    table: RecordTable<AllocationRecord, "ids" | "tso">,
    now: () => number,
    limit: bigint,
  ) {
    this.#store = store;
    this.#table = table;
    this.#now = now;
    this.#allocator = new TsoAllocator({ floor: limit, now });
    this.#limit = limit;
  }

  /** @param now Unix milliseconds */
  static async open(store: MetaStore, now: () => number): Promise<TsoService> {
    const table = new RecordTable(store, ALLOCATIONS);
    return new TsoService(store, table, now, (await table.get("tso"))?.record.limit ?? 0n);
  }

  /**
   * Resolves to the first of `count` consecutive timestamps. Calls are answered in their order.
   * @throws {RangeError} when `count` is not a positive integer
   */
  allocate(count: number): Promise<bigint> {
    return this.#turns.run(async () => {
      if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`cannot allocate ${count} timestamps`);
      for (;;) {
        const first = this.#allocator.allocate(count);
        const end = first + BigInt(count);
        if (end <= this.#limit || (await this.#saveLimit(end + composeTso(AHEAD_MS)))) return first;
      }
    });
  }

  /** False when another allocator has saved a limit in the meantime: from then on we count from there. */
  async #saveLimit(limit: bigint): Promise<boolean> {
    const entry = await this.#table.get("tso");
    const saved = entry?.record.limit ?? 0n;
    const guard = entry ? this.#table.guard(entry) : this.#table.absent("tso");
    if (saved === this.#limit) {
      const revision = await this.#store.commit({
        guards: [guard],
        writes: [this.#table.write({ name: "tso", limit })],
      });
      if (revision === undefined) return false;
      this.#limit = limit;
      return true;
    }
    this.#allocator = new TsoAllocator({ floor: saved, now: this.#now });
    this.#limit = saved;
    return false;
  }
}
