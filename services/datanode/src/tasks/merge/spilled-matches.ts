import { type Column, type FixedColumn, views } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import type { GraceJoin } from "./grace-join.ts";
import type { MatchedRows, RowMatcher, SourcePart } from "./matched-rows.ts";
import { RowStore } from "./row-store.ts";
import type { Spill, SpilledBatch } from "./spill.ts";

interface MatchOptions {
  readonly newFields: readonly FieldSchema[];
  readonly standIns: readonly (Uint8Array | null)[];
}

/** What a join on disk has found, read in the order of the source's rows: a row has a match in one of the files at most. */
export class SpilledMatches implements RowMatcher {
  readonly #files: readonly Spill[];
  readonly #cursors: readonly MatchCursor[];
  readonly #options: MatchOptions;
  readonly #store: RowStore;

  private constructor(files: readonly Spill[], options: MatchOptions) {
    this.#files = files;
    this.#cursors = files.map((file) => new MatchCursor(file));
    this.#options = options;
    this.#store = new RowStore(options.newFields);
  }

  /** @param join what `run` runs; its files are closed when it fails */
  static async of(
    join: GraceJoin,
    run: () => Promise<readonly Spill[]>,
    options: MatchOptions,
  ): Promise<SpilledMatches> {
    try {
      return new SpilledMatches(await run(), options);
    } catch (error) {
      for (const file of join.matches) await file[Symbol.asyncDispose]();
      throw error;
    }
  }

  async match({ rowCount, firstRow }: SourcePart): Promise<MatchedRows> {
    const rows = new Int32Array(rowCount).fill(-1);
    this.#store.clear();
    for (const cursor of this.#cursors)
      await cursor.takeBelow(firstRow + rowCount, (found, columns, at) => {
        const first = this.#store.rowCount - at[0];
        for (const i of at) rows[found[i] - firstRow] = first + i;
        this.#store.appendSome(columns, { count: at.length, rows: at });
      });
    return { columns: this.#store.gather(rows, this.#options.standIns), matched: this.#store.rowCount };
  }

  /** The join has looked up all rows. */
  async end(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#store[Symbol.dispose]();
    for (const file of this.#files) await file[Symbol.asyncDispose]();
  }
}

/** One file of matches, read once from its beginning. */
class MatchCursor {
  readonly #batches: AsyncGenerator<SpilledBatch>;
  #batch: { readonly rows: Float64Array; readonly columns: readonly Column[] } | undefined;
  #at = 0;

  constructor(file: Spill) {
    this.#batches = file.batches();
  }

  /** Hands over the matches of all rows of the source below `end`: their rows, their columns, and which of these, in order. */
  async takeBelow(
    end: number,
    take: (rows: Float64Array, columns: readonly Column[], at: Uint32Array) => void,
  ): Promise<void> {
    while ((this.#batch && this.#at < this.#batch.rows.length) || (await this.#next())) {
      if (!this.#batch) continue;
      const { rows, columns } = this.#batch;
      const first = this.#at;
      while (this.#at < rows.length && rows[this.#at] < end) this.#at++;
      const at = new Uint32Array(this.#at - first);
      for (let i = 0; i < at.length; i++) at[i] = first + i;
      if (at.length > 0) take(rows, columns, at);
      if (this.#at < rows.length) return;
    }
  }

  async #next(): Promise<boolean> {
    const { value, done } = await this.#batches.next();
    if (done) return false;
    const { columns, rowCount } = value;
    this.#batch = { rows: views.float64(columns[0] as FixedColumn, rowCount), columns: columns.slice(1) };
    this.#at = 0;
    return true;
  }
}
