import { Serial } from "@sluice/async";
import { ALLOCATIONS, type AllocationRecord, RecordTable } from "@sluice/catalog";
import { NotLeadingError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import { composeTso } from "@sluice/schema";
import { TsoAllocator } from "./tso-allocator.ts";

/**
 * How far ahead of the clock the limit is saved: one write in so much time, and at most so much is the last timestamp of a server ahead of
 * the clock that restarts again and again.
 */
const AHEAD_MS = 3000;
/** How far ahead of the last timestamp, while that is ahead of the clock: 262,144 numbers. */
const STEP = composeTso(1);

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
      while (this.#endOf(count) > this.#limit) {
        const failed = await this.#saveLimit(this.#newLimit(count)).then(() => undefined, orDeposed);
        if (failed) return this.#behindTheClock(count, failed);
      }
      return this.#allocator.allocate(count);
    });
  }

  #newLimit(count: number): bigint {
    const ofClock = composeTso(this.#now() + AHEAD_MS);
    const ofLast = this.#endOf(count) + STEP;
    if (ofClock > ofLast) return ofClock;
    return ofLast;
  }

  #endOf(count: number): bigint {
    return this.#allocator.peek() + BigInt(count);
  }

  /**
   * Where no limit can be saved (a full disk takes no record), what is left below the last one serves: three seconds of the
   * clock are more numbers than anybody takes, so that reads, which write nothing, go on.
   */
  #behindTheClock(count: number, failed: Error): bigint {
    const first = this.#allocator.allocateBelow(this.#limit, count);
    if (first === undefined) throw failed;
    return first;
  }

  /** When another allocator has saved a limit in the meantime, we count from there. */
  async #saveLimit(limit: bigint): Promise<void> {
    const entry = await this.#table.get("tso");
    const saved = entry?.record.limit ?? 0n;
    const guard = entry ? this.#table.guard(entry) : this.#table.absent("tso");
    if (saved === this.#limit) {
      const revision = await this.#store.commit({
        guards: [guard],
        writes: [this.#table.write({ name: "tso", limit })],
      });
      if (revision !== undefined) this.#limit = limit;
      return;
    }
    this.#allocator = new TsoAllocator({ floor: saved, now: this.#now });
    this.#limit = saved;
  }
}

/** What has failed; who leads no more hands out nothing, since its successor's numbers are above its own. */
function orDeposed(failed: unknown): Error {
  if (failed instanceof NotLeadingError) throw failed;
  return failed as Error;
}
