import type { Column } from "@sluice/columns";
import { ImportError, type SourceLocation } from "@sluice/errors";
import type { MergeRules } from "@sluice/jobs";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import { AscendingKeys } from "./ascending-keys.ts";
import { KeyIndex } from "./key-index.ts";
import { isNullKey, keyText, type MergeKeys } from "./merge-keys.ts";
import { RowStore } from "./row-store.ts";

/** Memory of the keys of a task, beside that of their values. */
const KEY_TABLE_BYTES = 160 << 20;
/** Keys in another order than the source's that are looked for where they are not. */
const MAX_PATIENCE = 1000;
/** A key that lies further away than two to the power of it is in no order with the one before. */
const MAX_STRIDES = 8;
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
export class HashSide implements Disposable {
  readonly #rule: MergeRules["onDuplicateKey"];
  readonly #store: RowStore;
  readonly #limits: HashLimits;
  /** Of what is reserved for a row. */
  readonly #rowBytes: number;
  readonly #counts: FileCounts;
  readonly #samples: string[] = [];
  #index: KeyIndex | undefined;
  /** As long as all keys have come in order, in place of what the index would hold. */
  #ascending: AscendingKeys | undefined = new AscendingKeys();
  /** Words of the keys of all rows that are kept, by row. */
  #words = new Uint32Array(0);
  /** Where the next key is looked for first: where both sides have one order, it is there, and no place of the table is read. */
  #expected = 0;
  /** How often that may still be wrong before nobody looks there any more. */
  #patience = MAX_PATIENCE;
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
    this.#index ??= this.#newIndex(keys.perKey);
    if (4 * keys.perKey * (this.#store.rowCount + keys.rowCount) > this.#tableBytes) return false;
    const kept = new Uint32Array(keys.rowCount);
    let count = 0;
    if (this.#ascending?.takes(keys, this.#words)) {
      for (let row = 0; row < keys.rowCount; row++) if (!isNullKey(keys, row)) kept[count++] = row;
      return this.#keep(keys, kept, count, columns);
    }
    const known = { words: this.#words, count: this.#store.rowCount };
    if (!this.#leaveOrder(keys) || !this.#index.expects(keys, known)) return false;
    for (let row = 0; row < keys.rowCount; row++) {
      if (isNullKey(keys, row)) continue;
      const place = this.#store.rowCount + count;
      const before = this.#index.put(keys.words, row * keys.perKey, place);
      if (before === false) return false;
      if (before >= 0) this.#noteRepeated(keys, row, at);
      if (before < 0 || this.#rule === "last") kept[count++] = row;
    }
    return this.#keep(keys, kept, count, columns);
  }

  #keep(keys: MergeKeys, kept: Uint32Array, count: number, columns: readonly Column[]): boolean {
    this.#keepWords(keys, kept, count);
    // Mostly all of them.
    if (count === keys.rowCount) this.#store.appendAll(columns, count);
    else for (let i = 0; i < count; i++) this.#store.append(columns, kept[i]);
    return this.#store.bytes <= this.#limits.valueBytes;
  }

  /** What comes, or is asked for, in another order than that of the keys is found by the index. False when they do not fit. */
  #leaveOrder({ column, perKey }: MergeKeys): boolean {
    if (!this.#ascending || !this.#index) return true;
    const count = this.#store.rowCount;
    const known = { words: this.#words, count: 0 };
    const keys = { column: { ...column, validity: undefined }, rowCount: count, words: this.#words, perKey };
    if (!this.#index.expects(keys, known)) return false;
    for (let row = 0; row < count; row++) if (this.#index.put(this.#words, row * perKey, row) === false) return false;
    this.#ascending = undefined;
    return true;
  }

  #keepWords({ words, perKey, rowCount }: MergeKeys, kept: Uint32Array, count: number): void {
    const at = this.#store.rowCount * perKey;
    const end = at + count * perKey;
    if (end > this.#words.length) {
      const larger = new Uint32Array(Math.max(end, 2 * this.#words.length));
      larger.set(this.#words.subarray(0, at));
      this.#words = larger;
    }
    if (count === rowCount) this.#words.set(words.subarray(0, count * perKey), at);
    else
      for (let i = 0; i < count; i++)
        for (let word = 0; word < perKey; word++) this.#words[at + i * perKey + word] = words[kept[i] * perKey + word];
  }

  get #tableBytes(): number {
    return this.#limits.tableBytes ?? KEY_TABLE_BYTES;
  }

  #newIndex(perKey: number): KeyIndex {
    const rows = Math.min(this.#limits.expectedRows ?? 0, Math.floor(this.#tableBytes / (4 * perKey)));
    this.#words = new Uint32Array(rows * perKey);
    if (rows * this.#rowBytes <= this.#limits.valueBytes) this.#store.reserve(rows);
    return new KeyIndex({
      ...{ perKey, limitBytes: this.#tableBytes, expectedRows: rows, isNewer: this.#rule === "last" },
    });
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
      const place = isNullKey(keys, row) ? -1 : this.#placeOf(keys, row * keys.perKey);
      rows[row] = place;
      if (place < 0) continue;
      found++;
      if (this.#matched[place] === 1) continue;
      this.#matched[place] = 1;
      this.#matchedRows++;
    }
    return found;
  }

  #placeOf(keys: MergeKeys, at: number): number {
    return this.#ascending ? this.#placeInOrder(this.#ascending, keys, at) : this.#placeInIndex(keys, at);
  }

  #placeInOrder(ascending: AscendingKeys, keys: MergeKeys, at: number): number {
    const place = ascending.rowOf(this.#words, keys.words, at, this.#expected);
    if (ascending.strides > MAX_STRIDES && this.#patience-- === 0) {
      // One that has no room for them is not tried again: they are found as they lie.
      this.#patience = this.#leaveOrder(keys) ? MAX_PATIENCE : Number.POSITIVE_INFINITY;
    }
    if (place >= 0) this.#expected = place + 1;
    return place;
  }

  #placeInIndex({ words, perKey }: MergeKeys, at: number): number {
    let place = this.#expected;
    // Of rows with one key the index knows the one that counts.
    const isLookedAt = this.#patience > 0 && this.#duplicates === 0 && place < this.#store.rowCount;
    if (isLookedAt && this.#hasKey(place, words, at, perKey)) {
      if (this.#patience < MAX_PATIENCE) this.#patience++;
    } else {
      place = this.#index?.rowOf(words, at) ?? -1;
      if (place < 0) return place;
      this.#patience--;
    }
    this.#expected = place + 1;
    return place;
  }

  #hasKey(place: number, words: Uint32Array, at: number, perKey: number): boolean {
    for (let word = 0; word < perKey; word++) if (this.#words[place * perKey + word] !== words[at + word]) return false;
    return true;
  }

  /** Values of rows that `find` has found. */
  gather(rows: Int32Array, standIns: readonly (Uint8Array | null)[]): Column[] {
    return this.#store.gather(rows, standIns);
  }

  /** Gives its memory back; what it has gathered is not valid any more. */
  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }

  /** Every row of the source was looked up. */
  end(): void {
    this.#counts.unmatchedFileRows += this.size - this.#matchedRows;
  }
}
