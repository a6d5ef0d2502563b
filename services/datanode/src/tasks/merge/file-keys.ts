import { ImportError, type SourceLocation } from "@sluice/errors";
import type { FileRowRules } from "@sluice/jobs";
import { AscendingKeys } from "./ascending-keys.ts";
import { giveHeld, giveWords, takeHeld, takeWords } from "./growing-memory.ts";
import { KeyIndex } from "./key-index.ts";
import { copyKey, isNullKey, keyText, type MergeKeys, type SourceKeys } from "./merge-keys.ts";

/** Memory of the keys of a task, beside that of their values. */
export const KEY_TABLE_BYTES = 160 << 20;
/** Keys that a refusal names. */
const MAX_SAMPLES = 10;

/** Counts of rows of the files, as a report has them. */
export interface FileCounts {
  fileRows: number;
  duplicateFileKeys: number;
  nullFileKeys: number;
  unmatchedFileRows: number;
}

/** What the memory of keys is chosen by; `tableBytes` is that of the table that finds them. */
export interface KeyLimits {
  readonly tableBytes?: number;
  /** Rows that will come, about. */
  readonly expectedRows?: number;
}

/** Rows of a batch that count, in order. Valid until the next batch. */
export interface KeptRows {
  readonly count: number;
  /** Undefined: all of them. */
  readonly rows: Uint32Array | undefined;
}

/** Where row 0 of a batch stands. */
export interface BatchPlace {
  readonly file: string;
  readonly row: number;
}

/** Keys of rows of the files, in memory. A row that is kept has a number: that of the rows kept before it. */
export class FileKeys implements Disposable {
  readonly #rule: FileRowRules["onDuplicateKey"];
  readonly #limits: KeyLimits;
  readonly #counts: FileCounts;
  readonly #samples: string[] = [];
  #index: KeyIndex | undefined;
  /** As long as all keys have come in order, in place of what the index would hold. */
  #ascending: AscendingKeys | undefined = new AscendingKeys();
  /** Words of the keys of all rows that are kept, by row. */
  #words = new Uint32Array(0);
  #kept = new Uint32Array(0);
  #matched = new Uint8Array(0);
  #rowCount = 0;
  #duplicates = 0;
  #repeatedAt: SourceLocation | undefined;

  constructor({ onDuplicateKey }: Pick<FileRowRules, "onDuplicateKey">, limits: KeyLimits, counts: FileCounts) {
    this.#rule = onDuplicateKey;
    this.#limits = limits;
    this.#counts = counts;
  }

  /** Rows that are kept. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Keys that can be found. */
  get #size(): number {
    return this.#rowCount - (this.#rule === "last" ? this.#duplicates : 0);
  }

  /** Takes the keys of a batch; false when they do not fit any more, and these keys are of no use. */
  add(keys: MergeKeys, at?: BatchPlace): KeptRows | false {
    const { tableBytes = KEY_TABLE_BYTES } = this.#limits;
    if (4 * keys.perKey * (this.#rowCount + keys.rowCount) > tableBytes) return false;
    this.#index ??= this.#newIndex(keys.perKey, tableBytes);
    this.#makeRoom((this.#rowCount + keys.rowCount) * keys.perKey);
    const count = this.#ascending?.takes(keys, this.#words) ? this.#keepValues(keys) : this.#putAll(keys, at);
    if (count === false) return false;
    this.#rowCount += count;
    return { count, rows: count === keys.rowCount ? undefined : this.#kept };
  }

  #newIndex(perKey: number, limitBytes: number): KeyIndex {
    const expectedRows = Math.min(this.#limits.expectedRows ?? 0, Math.floor(limitBytes / (4 * perKey)));
    this.#words = takeWords(expectedRows * perKey);
    return new KeyIndex({ perKey, limitBytes, expectedRows, isNewer: this.#rule === "last" });
  }

  /** Their number. */
  #keepValues(keys: MergeKeys): number {
    const { words, perKey, rowCount } = keys;
    if (!keys.column.validity) {
      this.#words.set(words.subarray(0, rowCount * perKey), this.#rowCount * perKey);
      return rowCount;
    }
    const kept = this.#roomFor(rowCount);
    let count = 0;
    for (let row = 0; row < rowCount; row++) {
      if (isNullKey(keys, row)) continue;
      copyKey(keys, row, this.#words, this.#rowCount + count);
      kept[count++] = row;
    }
    return count;
  }

  /** Their number; false when they do not fit. */
  #putAll(keys: MergeKeys, at: BatchPlace | undefined): number | false {
    const known = { words: this.#words, count: this.#rowCount };
    if (!this.#leaveOrder(keys.perKey) || !this.#index?.expects(keys, known)) return false;
    return this.#index.putAll(keys, known, this.#roomFor(keys.rowCount), (row) => this.#noteRepeated(keys, row, at));
  }

  #roomFor(rows: number): Uint32Array {
    if (this.#kept.length < rows) this.#kept = new Uint32Array(rows);
    return this.#kept;
  }

  /** What comes, or is asked for, in another order than that of the keys is found by the index. False when they do not fit. */
  #leaveOrder(perKey: number): boolean {
    if (!this.#ascending || !this.#index) return true;
    const [words, rowCount] = [this.#words, this.#rowCount];
    const column = { kind: "fixed", width: 8, data: new Uint8Array(0), validity: undefined } as const;
    if (!this.#index.expects({ column, rowCount, words, perKey }, { words, count: 0 })) return false;
    for (let row = 0; row < rowCount; row++) if (this.#index.put(words, row) === false) return false;
    this.#ascending = undefined;
    return true;
  }

  #makeRoom(words: number): void {
    if (words <= this.#words.length) return;
    const larger = takeWords(Math.max(words, 2 * this.#words.length));
    larger.set(this.#words);
    giveWords(this.#words);
    this.#words = larger;
  }

  #noteRepeated(keys: MergeKeys, row: number, at: BatchPlace | undefined): void {
    this.#duplicates++;
    if (this.#rule !== "error" || this.#samples.length >= MAX_SAMPLES) return;
    this.#samples.push(keyText(keys, row));
    this.#repeatedAt ??= at && { file: at.file, row: at.row + row };
  }

  /** All rows are there. @throws {ImportError} `value_invalid` for keys that several have, where that is an error */
  finish(mergeField: string): void {
    this.#counts.duplicateFileKeys += this.#duplicates;
    this.#matched = takeHeld(this.#rowCount).fill(0);
    if (this.#samples.length === 0) return;
    const more = this.#duplicates > this.#samples.length ? `, … (${this.#duplicates} rows in all)` : "";
    const reason = `several rows of the files have one key: ${this.#samples.join(", ")}${more}; say onDuplicateKey "first" or "last" to take one of them`;
    throw new ImportError("value_invalid", reason, { ...this.#repeatedAt, field: mergeField });
  }

  /** The row of the files for each key, into `rows`; -1 where there is none. Answers how many there are. */
  find(keys: MergeKeys, rows: Int32Array): number {
    let done = this.#ascending?.find(this.#words, keys, rows) ?? 0;
    if (done < keys.rowCount && this.#ascending && !this.#leaveOrder(keys.perKey)) {
      // One that has no room for them is not tried again: they are found as they lie.
      this.#ascending.isPatient = true;
      done = this.#ascending.find(this.#words, keys, rows, done);
    }
    if (this.#index) this.#index.find(this.#words, keys, rows, done);
    else rows.fill(-1, done, keys.rowCount);
    return this.#mark(rows, keys.rowCount);
  }

  #mark(rows: Int32Array, count: number): number {
    const matched = this.#matched;
    let found = 0;
    for (let i = 0; i < count; i++) {
      if (rows[i] < 0) continue;
      matched[rows[i]] = 1;
      found++;
    }
    return found;
  }

  /** Notes which rows of the files these find. */
  async lookUp(others: AsyncIterable<SourceKeys>): Promise<void> {
    let rows = new Int32Array(0);
    for await (const { keys } of others) {
      if (rows.length < keys.rowCount) rows = new Int32Array(2 * keys.rowCount);
      this.find(keys, rows);
    }
  }

  /** Whether one of the rows `[begin, end)` that are kept was found. */
  hasMatch(begin: number, end: number): boolean {
    return this.#matched.subarray(begin, end).includes(1);
  }

  /** Counts what has found nothing. @param others rows of the source that were not looked up */
  async end(others?: AsyncIterable<SourceKeys>): Promise<void> {
    if (others) await this.lookUp(others);
    let matchedRows = 0;
    for (let row = 0; row < this.#rowCount; row++) matchedRows += this.#matched[row];
    this.#counts.unmatchedFileRows += this.#size - matchedRows;
  }

  /** Gives its memory back. */
  [Symbol.dispose](): void {
    giveWords(this.#words);
    giveHeld(this.#matched);
    [this.#words, this.#matched] = [new Uint32Array(0), new Uint8Array(0)];
  }
}
