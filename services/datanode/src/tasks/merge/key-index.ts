import { DenseKeys } from "./dense-keys.ts";
import type { MergeKeys } from "./merge-keys.ts";
import { RowTable } from "./row-table.ts";

export interface KeyIndexOptions {
  readonly perKey: number;
  /** Memory that it may take, beside that of the keys themselves. */
  readonly limitBytes: number;
  /** Keys that will come, about. */
  readonly expectedRows: number;
  /** Of rows with one key the last one is found, else the first one. */
  readonly isNewer: boolean;
}

/** Keys of rows that are here already, by row. */
export interface KnownKeys {
  readonly words: Uint32Array;
  readonly count: number;
}

/** Which row had each key: by places of their own where keys lie close together, else by a table of their hashes. */
export class KeyIndex {
  readonly #options: KeyIndexOptions;
  #dense: DenseKeys | undefined;
  readonly #table: RowTable;

  constructor(options: KeyIndexOptions) {
    this.#options = options;
    this.#table = new RowTable(options.perKey, options.limitBytes);
    this.#dense = new DenseKeys(options.limitBytes / 2);
  }

  /**
   * Before the keys of a batch are put. False when those that are here do not fit any more.
   * @param known all keys that were put before
   */
  expects(keys: MergeKeys, known: KnownKeys): boolean {
    if (!this.#dense) return true;
    const { expectedRows, isNewer } = this.#options;
    const rows = Math.max(expectedRows, known.count + keys.rowCount);
    if (this.#dense.covers(keys, rows)) return true;
    this.#dense = undefined;
    this.#table.reserve(rows);
    for (let row = 0; row < known.count; row++) if (this.#table.put(known.words, row, isNewer) === false) return false;
    return true;
  }

  /** The row that had the key of `row` before, or -1. False when it does not fit. @param words of all keys, those of `row` among them */
  put(words: Uint32Array, row: number): number | false {
    const { isNewer, perKey } = this.#options;
    return this.#dense ? this.#dense.put(words, row * perKey, row, isNewer) : this.#table.put(words, row, isNewer);
  }

  /** The row that has the key in `key[at …]`, or -1. @param words of all keys that were put */
  rowOf(words: Uint32Array, key: Uint32Array, at: number): number {
    return this.#dense ? this.#dense.rowOf(key, at) : this.#table.rowOf(words, key, at);
  }
}
