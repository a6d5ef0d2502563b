import type { Column } from "@sluice/columns";
import type { FileRowRules } from "@sluice/jobs";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import { type BatchPlace, type FileCounts, FileKeys, type KeptRows, type KeyLimits } from "./file-keys.ts";
import type { MergeKeys, SourceKeys } from "./merge-keys.ts";
import { RowStore } from "./row-store.ts";

/** However much memory a worker has: with one batch more, places of values are numbers of 32 bits. */
const MAX_STORE_BYTES = 2 ** 31;

/** What a value of any length takes at least, about: its number, and some letters. */
const VAR_BYTES = 12;

/** Limits of a hash side; above them its rows are put aside on disk. */
export interface HashLimits extends KeyLimits {
  /** 0: none are held. */
  readonly valueBytes: number;
}

/** Bytes of a row of values, about. */
export function rowBytes(fields: readonly FieldSchema[]): number {
  return fields.reduce((sum, field) => sum + (fixedWidth(field) || VAR_BYTES), 0);
}

/** Rows of the files in memory, found by their keys; of those whose values do not fit, the keys alone. */
export class HashSide implements Disposable {
  readonly keys: FileKeys;
  readonly #limits: HashLimits;
  #store: RowStore | undefined;

  constructor(fields: readonly FieldSchema[], rules: FileRowRules, limits: HashLimits, counts: FileCounts) {
    this.keys = new FileKeys(rules, limits, counts);
    this.#limits = limits;
    const { expectedRows = 0, valueBytes } = limits;
    if (valueBytes === 0 || expectedRows * rowBytes(fields) > valueBytes) return;
    this.#store = new RowStore(fields);
    this.#store.reserve(expectedRows);
  }

  /** Whether the values are there, too. */
  get hasValues(): boolean {
    return this.#store !== undefined;
  }

  /** Takes the rows of a batch, and says which count; false when their keys do not fit any more, and the side is of no use. */
  add(keys: MergeKeys, columns: readonly Column[], at?: BatchPlace): KeptRows | false {
    const kept = this.keys.add(keys, at);
    if (!kept) return false;
    this.#store?.appendSome(columns, kept);
    if ((this.#store?.bytes ?? 0) > Math.min(this.#limits.valueBytes, MAX_STORE_BYTES)) this.#dropValues();
    return kept;
  }

  #dropValues(): void {
    this.#store?.[Symbol.dispose]();
    this.#store = undefined;
  }

  /** All rows are there. @throws {ImportError} as `FileKeys.finish` */
  finish(mergeField: string): void {
    this.keys.finish(mergeField);
  }

  /** As `FileKeys.find`. */
  find(keys: MergeKeys, rows: Int32Array): number {
    return this.keys.find(keys, rows);
  }

  /** Values of rows that `find` has found, where they are there. */
  gather(rows: Int32Array, standIns: readonly (Uint8Array | null)[]): Column[] {
    return this.#store?.gather(rows, standIns) ?? [];
  }

  /** As `FileKeys.end`. */
  end(others?: AsyncIterable<SourceKeys>): Promise<void> {
    return this.keys.end(others);
  }

  /** Gives its memory back; what it has gathered is not valid any more. */
  [Symbol.dispose](): void {
    this.keys[Symbol.dispose]();
    this.#dropValues();
  }
}
