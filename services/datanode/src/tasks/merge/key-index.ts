import { DenseKeys } from "./dense-keys.ts";
import { copyKey, isNullKey, type MergeKeys } from "./merge-keys.ts";
import { RowTable } from "./row-table.ts";

/** How keys are found, and in how much memory; `perKey` is words of 32 bits. */
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

  /**
   * Puts the keys of a batch, behind those that are here. Rows that are kept go into `kept`, and their keys behind the known ones.
   * @param known all keys that were put before, with room for these
   * @param onRepeated called for each row whose key another one had before
   * @returns how many are kept; false when they do not fit
   */
  putAll(keys: MergeKeys, known: KnownKeys, kept: Uint32Array, onRepeated: (row: number) => void): number | false {
    const { words, count: first } = known;
    const { isNewer } = this.#options;
    if (!this.#dense) return this.#putIntoTable(keys, known, kept, onRepeated);
    const count = this.#dense.putAll(keys, first, isNewer, kept, onRepeated);
    for (let i = 0; i < count; i++) copyKey(keys, kept[i], words, first + i);
    return count;
  }

  #putIntoTable(
    keys: MergeKeys,
    { words, count: first }: KnownKeys,
    kept: Uint32Array,
    onRepeated: (row: number) => void,
  ): number | false {
    const { isNewer } = this.#options;
    let count = 0;
    for (let row = 0; row < keys.rowCount; row++) {
      if (isNullKey(keys, row)) continue;
      // Where no row takes it, it is that of the next one.
      copyKey(keys, row, words, first + count);
      const before = this.#table.put(words, first + count, isNewer);
      if (before === false) return false;
      if (before >= 0) onRepeated(row);
      if (before < 0 || isNewer) kept[count++] = row;
    }
    return count;
  }

  /** The row that has each key from the `begin`th on, into `rows`, or -1. @param words of all keys that were put */
  find(words: Uint32Array, keys: MergeKeys, rows: Int32Array, begin: number): void {
    if (this.#dense) this.#dense.find(keys, rows, begin);
    else
      for (let row = begin; row < keys.rowCount; row++)
        rows[row] = isNullKey(keys, row) ? -1 : this.#table.rowOf(words, keys.words, row * keys.perKey);
  }
}
