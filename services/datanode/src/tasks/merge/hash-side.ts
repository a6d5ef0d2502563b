import type { Column } from "@sluice/columns";
import type { MergeRules } from "@sluice/jobs";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import { type BatchPlace, type FileCounts, FileKeys, type KeyLimits } from "./file-keys.ts";
import type { MergeKeys } from "./merge-keys.ts";
import { RowStore } from "./row-store.ts";

/** However much memory a worker has: with one batch more, places of values are numbers of 32 bits. */
const MAX_STORE_BYTES = 2 ** 31;

/** Limits of a hash side; above them its rows are spilled, and joined a part of the keys at a time. */
export interface HashLimits extends KeyLimits {
  readonly valueBytes: number;
}

/** Rows of the files in memory, found by their keys. */
export class HashSide implements Disposable {
  readonly #keys: FileKeys;
  readonly #store: RowStore;
  readonly #limits: HashLimits;

  constructor(fields: readonly FieldSchema[], rules: MergeRules, limits: HashLimits, counts: FileCounts) {
    this.#keys = new FileKeys(rules, limits, counts);
    this.#store = new RowStore(fields);
    this.#limits = limits;
    // Of what is reserved for a row; values of any length have a number.
    const rowBytes = fields.reduce((sum, field) => sum + (fixedWidth(field) || 4), 0);
    const { expectedRows = 0, valueBytes } = limits;
    if (expectedRows * rowBytes <= valueBytes) this.#store.reserve(expectedRows);
  }

  /** Takes the rows of a batch; false when they do not fit any more, and the side is of no use. */
  add(keys: MergeKeys, columns: readonly Column[], at?: BatchPlace): boolean {
    const kept = this.#keys.add(keys, at);
    if (!kept) return false;
    this.#store.appendSome(columns, kept);
    return this.#store.bytes <= Math.min(this.#limits.valueBytes, MAX_STORE_BYTES);
  }

  /** All rows are there. @throws {ImportError} as `FileKeys.finish` */
  finish(mergeField: string): void {
    this.#keys.finish(mergeField);
  }

  /** As `FileKeys.find`. */
  find(keys: MergeKeys, rows: Int32Array): number {
    return this.#keys.find(keys, rows);
  }

  /** Values of rows that `find` has found. */
  gather(rows: Int32Array, standIns: readonly (Uint8Array | null)[]): Column[] {
    return this.#store.gather(rows, standIns);
  }

  /** Every row of the source was looked up. */
  end(): void {
    this.#keys.end();
  }

  /** Gives its memory back; what it has gathered is not valid any more. */
  [Symbol.dispose](): void {
    this.#keys[Symbol.dispose]();
    this.#store[Symbol.dispose]();
  }
}
