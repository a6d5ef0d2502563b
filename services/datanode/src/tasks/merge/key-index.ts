import { KeyTable } from "../../sinks/unique/key-table.ts";
import { DenseKeys } from "./dense-keys.ts";
import type { MergeKeys } from "./merge-keys.ts";

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
  readonly #table: KeyTable;

  constructor(options: KeyIndexOptions) {
    this.#options = options;
    this.#table = new KeyTable(options.perKey, options.limitBytes);
    this.#dense = new DenseKeys(options.limitBytes / 2);
  }

  /**
   * Before the keys of a batch are put. False when those that are here do not fit any more.
   * @param known all keys that were put before
   */
  expects(keys: MergeKeys, known: KnownKeys): boolean {
    if (!this.#dense) return true;
    const { expectedRows, perKey, isNewer } = this.#options;
    const rows = Math.max(expectedRows, known.count + keys.rowCount);
    if (this.#dense.covers(keys, rows)) return true;
    this.#dense = undefined;
    this.#table.reserve(rows);
    for (let row = 0; row < known.count; row++)
      if (this.#table.put(known.words, row * perKey, row, isNewer) === false) return false;
    return true;
  }

  /** The row that had the key before, or -1. False when it does not fit. */
  put(words: Uint32Array, at: number, row: number): number | false {
    const { isNewer } = this.#options;
    return this.#dense ? this.#dense.put(words, at, row, isNewer) : this.#table.put(words, at, row, isNewer);
  }

  /** The row that has the key, or -1. */
  rowOf(words: Uint32Array, at: number): number {
    return this.#dense ? this.#dense.rowOf(words, at) : this.#table.rowOf(words, at);
  }
}
