import { assignKeyBuckets, type Column, type InsertBatch, takeBatchRows, varValue, views } from "@sluice/columns";
import { excerptOfBytes, ImportError } from "@sluice/errors";
import type { KeyRule } from "@sluice/jobs";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";
import { KeyTable } from "./key-table.ts";
import { keyWordCount, keyWords } from "./key-words.ts";

/** Memory of a task's keys. */
const KEY_TABLE_BYTES = 160 << 20;

/** Where the rows of a set begin in the count of a task, for telling a row's file by its number. */
interface SetStart {
  readonly file: string;
  readonly firstRow: number;
  /** Rows of the file that were put aside, ascending: they are not counted. */
  readonly rejected: number[];
}

/**
 * Keeps one row of each primary key, of the keys that fall to this task. Rows are counted in the order in which the task reads
 * them: all sets, each from its start.
 */
export class UniqueRows {
  readonly #rule: KeyRule;
  readonly #schema: CollectionSchema;
  readonly #keyIndex: number;
  #table: KeyTable | undefined;
  #bucketOf = new Uint16Array(0);
  #sets: SetStart[] = [];
  #rows = 0;
  /** The batch under way, for telling a key. */
  #present: { readonly column: Column; readonly firstRow: number } | undefined;

  constructor(rule: KeyRule, schema: CollectionSchema) {
    this.#rule = rule;
    this.#schema = schema;
    this.#keyIndex = primaryKeyIndex(schema);
  }

  /** Of `last`, the rows are read twice: this first time only to learn which row is the last of each key. */
  get isReadTwice(): boolean {
    return this.#rule.onDuplicate === "last";
  }

  /** The rows of a set follow. */
  beginSet(file: string): void {
    this.#sets.push({ file, firstRow: this.#rows, rejected: [] });
  }

  /** A row of the set was put aside before its batch came. */
  skip(row: number): void {
    this.#sets.at(-1)?.rejected.push(row);
  }

  /** All sets are read again from here on. */
  beginAgain(): void {
    this.#sets = [];
    this.#rows = 0;
  }

  /** Notes which row is the last of each key. */
  note(batch: InsertBatch): void {
    this.#each(batch, (words, at, row) => void this.#put(words, at, row, true));
  }

  /** The rows of a batch that are kept, and how many of this task's keys are left out. @throws {ImportError} for `error` */
  take(batch: InsertBatch): { readonly batch: InsertBatch | undefined; readonly duplicates: number } {
    const kept: number[] = [];
    let mine = 0;
    const first = this.#rows;
    this.#each(batch, (words, at, row) => {
      mine++;
      if (this.#isKept(words, at, row)) kept.push(row - first);
    });
    return { batch: rowsOf(batch, kept), duplicates: mine - kept.length };
  }

  #isKept(words: Uint32Array, at: number, row: number): boolean {
    if (this.#rule.onDuplicate === "last") return this.#table?.rowOf(words, at) === row;
    const before = this.#put(words, at, row, false);
    if (before >= 0 && this.#rule.onDuplicate === "error") throw this.#repeated(before, row);
    return before < 0;
  }

  #put(words: Uint32Array, at: number, row: number, isNewer: boolean): number {
    const before = this.#table?.put(words, at, row, isNewer) ?? -1;
    if (before !== false) return before;
    const reason = `on_duplicate=${this.#rule.onDuplicate}: a task holds ${this.#table?.maxKeys} keys in memory, and there are more: import the files in several jobs`;
    throw new ImportError("unsupported", reason);
  }

  /** Every row of the batch whose key falls to this task, with its key and its number. */
  #each(batch: InsertBatch, take: (words: Uint32Array, at: number, row: number) => void): void {
    const column = batch.columns[this.#keyIndex];
    if (!column)
      throw new ImportError("request_invalid", "on_duplicate: the files have no primary keys, which are made");
    const perKey = keyWordCount(column);
    this.#table ??= new KeyTable(perKey, KEY_TABLE_BYTES);
    this.#present = { column, firstRow: this.#rows };
    const words = keyWords(column, batch.rowCount);
    const buckets = this.#buckets(batch);
    for (let row = 0; row < batch.rowCount; row++)
      if (buckets[row] === this.#rule.bucket) take(words, row * perKey, this.#rows + row);
    this.#rows += batch.rowCount;
  }

  #buckets(batch: InsertBatch): Uint16Array {
    if (this.#bucketOf.length < batch.rowCount) this.#bucketOf = new Uint16Array(batch.rowCount);
    assignKeyBuckets(this.#schema, batch, this.#rule.buckets, this.#bucketOf);
    return this.#bucketOf;
  }

  #repeated(before: number, row: number): ImportError {
    const { name } = this.#schema.fields[this.#keyIndex];
    const [first, second] = [this.#place(before), this.#place(row)];
    const reason = `on_duplicate=error: primary key ${this.#keyText(row)} stands in row ${first.row} of ${first.file} too`;
    return new ImportError("value_invalid", reason, { ...second, field: name });
  }

  #keyText(row: number): string {
    if (!this.#present) return "";
    const { column, firstRow } = this.#present;
    const at = row - firstRow;
    if (column.kind === "var") return `"${excerptOfBytes(varValue(column, at))}"`;
    return String(views.int64(column, at + 1)[at]);
  }

  #place(row: number): { readonly file: string; readonly row: number } {
    const { file, firstRow, rejected } = this.#sets.findLast((set) => set.firstRow <= row) ?? NO_SET;
    let fileRow = row - firstRow;
    for (const other of rejected) if (other <= fileRow) fileRow++;
    return { file, row: fileRow };
  }
}

const NO_SET: SetStart = { file: "", firstRow: 0, rejected: [] };

function rowsOf(batch: InsertBatch, kept: readonly number[]): InsertBatch | undefined {
  if (kept.length === batch.rowCount) return batch;
  if (kept.length === 0) return undefined;
  return takeBatchRows(batch, Uint32Array.from(kept));
}
