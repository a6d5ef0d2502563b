import type { Column } from "@sluice/columns";
import { ImportError, type SourceLocation } from "@sluice/errors";
import type { MergeRules } from "@sluice/jobs";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import { KeyTable } from "../../sinks/unique/key-table.ts";
import { isNullKey, keyText, type MergeKeys } from "./merge-keys.ts";
import { RowStore } from "./row-store.ts";

/** Memory of the keys of a task, beside that of their values. */
const KEY_TABLE_BYTES = 160 << 20;
/** Keys that a refusal names. */
const MAX_SAMPLES = 10;

/** Counts of rows of the files, as a report has them. */
export interface FileCounts {
  fileRows: number;
  duplicateFileKeys: number;
  nullFileKeys: number;
  unmatchedFileRows: number;
}

/** Limits of a hash side; above them its rows are spilled, and joined a part of the keys at a time. */
export interface HashLimits {
  readonly valueBytes: number;
  readonly tableBytes?: number;
  /** Rows that will come, about. */
  readonly expectedRows?: number;
}

/** Rows of the files in memory, found by their keys. */
export class HashSide {
  readonly #rule: MergeRules["onDuplicateKey"];
  readonly #store: RowStore;
  readonly #limits: HashLimits;
  /** Of what is reserved for a row. */
  readonly #rowBytes: number;
  readonly #counts: FileCounts;
  readonly #samples: string[] = [];
  #table: KeyTable | undefined;
  #matched = new Uint8Array(0);
  #matchedRows = 0;
  #duplicates = 0;
  #repeatedAt: SourceLocation | undefined;

  constructor(fields: readonly FieldSchema[], { onDuplicateKey }: MergeRules, limits: HashLimits, counts: FileCounts) {
    this.#rule = onDuplicateKey;
    this.#store = new RowStore(fields);
    this.#rowBytes = fields.reduce((sum, field) => sum + 9 + fixedWidth(field), 0);
    this.#limits = limits;
    this.#counts = counts;
  }

  /** Keys that can be found. */
  get size(): number {
    return this.#store.rowCount - (this.#rule === "last" ? this.#duplicates : 0);
  }

  /**
   * Takes the rows of a batch; false when they do not fit any more, and the side is of no use.
   * @param at where row 0 of the batch stands, where that is known
   */
  add(keys: MergeKeys, columns: readonly Column[], at?: { readonly file: string; readonly row: number }): boolean {
    this.#table ??= this.#newTable(keys.perKey);
    const kept = new Uint32Array(keys.rowCount);
    let count = 0;
    for (let row = 0; row < keys.rowCount; row++) {
      if (isNullKey(keys, row)) continue;
      const place = this.#store.rowCount + count;
      const before = this.#table.put(keys.words, row * keys.perKey, place, this.#rule === "last");
      if (before === false) return false;
      if (before >= 0) this.#noteRepeated(keys, row, at);
      if (before < 0 || this.#rule === "last") kept[count++] = row;
    }
    // Mostly all of them.
    if (count === keys.rowCount) this.#store.appendAll(columns, count);
    else for (let i = 0; i < count; i++) this.#store.append(columns, kept[i]);
    return this.#store.bytes <= this.#limits.valueBytes;
  }

  #newTable(perKey: number): KeyTable {
    const table = new KeyTable(perKey, this.#limits.tableBytes ?? KEY_TABLE_BYTES);
    const rows = Math.min(this.#limits.expectedRows ?? 0, table.maxKeys);
    table.reserve(rows);
    if (rows * this.#rowBytes <= this.#limits.valueBytes) this.#store.reserve(rows);
    return table;
  }

  #noteRepeated(keys: MergeKeys, row: number, at?: { readonly file: string; readonly row: number }): void {
    this.#duplicates++;
    if (this.#rule !== "error" || this.#samples.length >= MAX_SAMPLES) return;
    this.#samples.push(keyText(keys, row));
    this.#repeatedAt ??= at && { file: at.file, row: at.row + row };
  }

  /** All rows are there. @throws {ImportError} `value_invalid` for keys that several have, where that is an error */
  finish(mergeField: string): void {
    this.#counts.duplicateFileKeys += this.#duplicates;
    this.#matched = new Uint8Array(this.#store.rowCount);
    if (this.#samples.length === 0) return;
    const more = this.#duplicates > this.#samples.length ? `, … (${this.#duplicates} rows in all)` : "";
    const reason = `several rows of the files have one key: ${this.#samples.join(", ")}${more}; say onDuplicateKey "first" or "last" to take one of them`;
    throw new ImportError("value_invalid", reason, { ...this.#repeatedAt, field: mergeField });
  }

  /** The row of the files for each key, into `rows`; -1 where there is none. Resolves to how many there are. */
  find(keys: MergeKeys, rows: Int32Array): number {
    let found = 0;
    for (let row = 0; row < keys.rowCount; row++) {
      const place = isNullKey(keys, row) ? -1 : (this.#table?.rowOf(keys.words, row * keys.perKey) ?? -1);
      rows[row] = place;
      if (place < 0) continue;
      found++;
      if (this.#matched[place] === 1) continue;
      this.#matched[place] = 1;
      this.#matchedRows++;
    }
    return found;
  }

  /** Values of rows that `find` has found. */
  gather(rows: Int32Array, standIns: readonly (Uint8Array | null)[]): Column[] {
    return this.#store.gather(rows, standIns);
  }

  /** Every row of the source was looked up. */
  end(): void {
    this.#counts.unmatchedFileRows += this.size - this.#matchedRows;
  }
}
