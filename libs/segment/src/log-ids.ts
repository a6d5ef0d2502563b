import { Serial } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { SegmentIds } from "./segment-logs.ts";

const firstBlock = 64;
const largestBlock = 4096;

/**
 * Log ids, taken in blocks since each call leaves the process. Ids ascend and all have the same number of digits (W4):
 * Milvus pairs the files of different fields by the order of their names as text.
 */
export class LogIdBlocks {
  readonly #ids: SegmentIds;
  #next = 0n;
  #end = 0n;
  #blockSize = firstBlock;
  /** Calls take their turns, so that ids ascend in the order of the calls. */
  readonly #turns = new Serial();

  constructor(ids: SegmentIds) {
    this.#ids = ids;
  }

  /** The first of `count` consecutive ids. */
  take(count: number): Promise<bigint> {
    return this.#turns.run(() => this.#take(count));
  }

  async #take(count: number): Promise<bigint> {
    if (this.#end - this.#next < BigInt(count)) await this.#fetch(count);
    const first = this.#next;
    this.#next += BigInt(count);
    return first;
  }

  async #fetch(count: number): Promise<void> {
    const size = Math.max(count, this.#blockSize);
    const first = await this.#ids.logIds(size);
    const end = first + BigInt(size);
    const isAscending = first >= this.#end && first > 0n;
    const digits = (this.#end === 0n ? first : this.#end).toString().length;
    if (!isAscending || first.toString().length !== digits || (end - 1n).toString().length !== digits) {
      throw new ImportError(
        "internal",
        `log ids ${first} to ${end - 1n} behind ${this.#end}: expected ascending ids of equally many digits`,
      );
    }
    this.#next = first;
    this.#end = end;
    this.#blockSize = Math.min(largestBlock, 2 * this.#blockSize);
  }
}
