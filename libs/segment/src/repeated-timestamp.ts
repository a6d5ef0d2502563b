import { HeldMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";

/** Columns of fewer rows get timestamps of their own size: small imports. */
const SHORT_ROWS = 4096;

/** One timestamp as often as a column wants it. What was handed out stays as it is: it may be on its way into the store. */
export class RepeatedTimestamp implements Disposable {
  readonly #timestamp: bigint;
  readonly #limit: number;
  readonly #memory = new HeldMemory();
  #bytes = new Uint8Array(0);

  /** @param limit rows of the longest column */
  constructor(timestamp: bigint, limit: number) {
    this.#timestamp = BigInt.asIntN(64, timestamp);
    this.#limit = limit;
  }

  /** Int64. Longer ones replace the memory, which columns of before keep. */
  column(rows: number): Column {
    if (this.#bytes.length < 8 * rows) {
      const count = rows < SHORT_ROWS ? rows : Math.max(rows, this.#limit);
      this.#bytes = this.#memory.take(8 * count);
      new BigInt64Array(this.#bytes.buffer, this.#bytes.byteOffset, count).fill(this.#timestamp);
    }
    return { kind: "fixed", width: 8, data: this.#bytes.subarray(0, 8 * rows), validity: undefined };
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
    this.#bytes = new Uint8Array(0);
  }
}
