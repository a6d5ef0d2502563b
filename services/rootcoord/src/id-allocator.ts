import { type MetaStore, type RecordEntry, RecordTable } from "@sluice/metastore";
import { Serial } from "./serial.ts";

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
  readonly #table: RecordTable<bigint, string>;
  readonly #turns = new Serial();
  #next: bigint;
  #end: bigint;

  private constructor(table: RecordTable<bigint, string>, end: bigint) {
    this.#table = table;
    this.#next = end;
    this.#end = end;
  }

  static async open(store: MetaStore): Promise<IdAllocator> {
    const table = new RecordTable<bigint, string>(store, "alloc");
    return new IdAllocator(table, (await table.get("ids"))?.record ?? FIRST_ID);
  }

  /**
   * Resolves to the first of `count` consecutive ids. Calls are answered in their order.
   * @throws {RangeError} when `count` is not a positive integer, or the ids are used up
   */
  allocate(count: number | bigint): Promise<bigint> {
    return this.#turns.run(async () => {
      const wanted = BigInt(count);
      if (wanted < 1n) throw new RangeError(`cannot allocate ${count} ids`);
      if (this.#end - this.#next < wanted) await this.#reserve(wanted);
      const first = this.#next;
      this.#next += wanted;
      return first;
    });
  }

  /** Makes [next, end) hold at least `wanted` ids, plus a block, and saves that before anyone gets one. */
  async #reserve(wanted: bigint): Promise<void> {
    for (;;) {
      const entry = await this.#table.get("ids");
      const begin = entry?.record ?? FIRST_ID;
      // Somebody else's block lies in between: what is left of ours is given up, since ids are handed out consecutively.
      const next = begin === this.#end ? this.#next : begin;
      const end = max(begin + BLOCK_IDS, next + wanted + BLOCK_IDS - 1n);
      if (end > END_OF_IDS) throw new RangeError(`${wanted} ids cannot be allocated: the ids are used up`);
      if (await this.#save(entry, end)) {
        this.#next = next;
        this.#end = end;
        return;
      }
    }
  }

  async #save(entry: RecordEntry<bigint> | undefined, end: bigint): Promise<boolean> {
    if (!entry) return this.#table.create("ids", end);
    const update = { expected: entry, end };
    return (await saveGuarded(this.#table, update)) !== undefined;
  }
}
