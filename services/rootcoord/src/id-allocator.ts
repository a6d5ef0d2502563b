import { Serial } from "@sluice/async";
import { ALLOCATIONS, type AllocationRecord, RecordTable } from "@sluice/catalog";
import type { MetaStore } from "@sluice/metastore";

/** 16 digits from the start, so that ids sort alike as text and as numbers. */
const FIRST_ID = 1_000_000_000_000_000n;
/** Ids stay below 2^53: scripts in JavaScript turn them into numbers. */
const END_OF_IDS = 1n << 53n;
/** Ids reserved at once: what a restart may skip. */
const BLOCK_IDS = 1_000_000n;

/**
 * Unique ids for everything: collections, partitions, jobs, tasks, segments, log ids, automatic keys. The record `alloc/ids`
 * holds the first id that nobody has reserved; it moves before an id of the block is handed out.
 */
export class IdAllocator {
  readonly #store: MetaStore;
  readonly #table: RecordTable<AllocationRecord, "ids" | "tso">;
  readonly #turns = new Serial();
  #next: bigint;
  #end: bigint;

  private constructor(store: MetaStore, table: RecordTable<AllocationRecord, "ids" | "tso">, begin: bigint) {
    this.#store = store;
    this.#table = table;
    this.#next = begin;
    this.#end = begin;
  }

  /** Goes on at the first id that no earlier allocator has reserved. */
  static async open(store: MetaStore): Promise<IdAllocator> {
    const table = new RecordTable(store, ALLOCATIONS);
    return new IdAllocator(store, table, (await table.get("ids"))?.record.limit ?? FIRST_ID);
  }

  /**
   * Resolves to the first of `count` consecutive ids. Calls are answered in their order.
   * @throws {RangeError} when `count` is not a positive integer, or the ids are used up
   */
  allocate(count: number | bigint): Promise<bigint> {
    return this.#turns.run(async () => {
      const wanted = BigInt(count);
      if (wanted < 1n) throw new RangeError(`cannot allocate ${count} ids`);
      while (this.#end - this.#next < wanted) await this.#reserve(wanted);
      const first = this.#next;
      this.#next += wanted;
      return first;
    });
  }

  /** Tries to make [next, end) a block of at least `wanted` ids, saved before anyone gets one. */
  async #reserve(wanted: bigint): Promise<void> {
    const entry = await this.#table.get("ids");
    const unreserved = entry?.record.limit ?? FIRST_ID;
    // Where somebody else's block lies in between, the rest of ours is given up: ids are handed out consecutively.
    const next = unreserved === this.#end ? this.#next : unreserved;
    const end = next + (wanted > BLOCK_IDS ? wanted : BLOCK_IDS);
    if (end > END_OF_IDS) throw new RangeError(`cannot allocate ${wanted} ids: all are used up`);
    const guard = entry ? this.#table.guard(entry) : this.#table.absent("ids");
    const saved = await this.#store.commit({
      guards: [guard],
      writes: [this.#table.write({ name: "ids", limit: end })],
    });
    if (saved === undefined) return;
    this.#next = next;
    this.#end = end;
  }
}
