import type { MergeTaskInput } from "@sluice/jobs";
import type { HashSide } from "./hash-side.ts";
import type { MatchedRows, RowMatcher, SourcePart } from "./matched-rows.ts";
import type { SourceKeys } from "./merge-keys.ts";
import { RowStore } from "./row-store.ts";

type StandIns = readonly (Uint8Array | null)[];

/** There are no files: the new fields have their default, or null. */
export class NoMatches implements RowMatcher {
  readonly #store: RowStore;
  readonly #standIns: StandIns;

  constructor({ newFields }: MergeTaskInput, standIns: StandIns) {
    this.#store = new RowStore(newFields);
    this.#standIns = standIns;
  }

  async match({ rowCount }: SourcePart): Promise<MatchedRows> {
    return { columns: this.#store.gather(new Int32Array(rowCount).fill(-1), this.#standIns), matched: 0 };
  }

  async end(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#store[Symbol.dispose]();
  }
}

/** All rows of the files are in memory. */
export class MatchesInMemory implements RowMatcher {
  readonly #side: HashSide;
  readonly #standIns: StandIns;
  #rows = new Int32Array(0);

  constructor(side: HashSide, standIns: StandIns) {
    this.#side = side;
    this.#standIns = standIns;
  }

  async match({ rowCount, keys }: SourcePart): Promise<MatchedRows> {
    if (this.#rows.length < rowCount) this.#rows = new Int32Array(2 * rowCount);
    const rows = this.#rows.subarray(0, rowCount);
    const matched = this.#side.find(await keys(), rows);
    return { columns: this.#side.gather(rows, this.#standIns), matched };
  }

  end(others: AsyncIterable<SourceKeys>): Promise<void> {
    return this.#side.end(others);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#side[Symbol.dispose]();
  }
}
