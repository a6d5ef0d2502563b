import type { FieldSchema } from "@sluice/schema";
import type { FileKeys } from "./file-keys.ts";
import type { FileBatch, FileSpan } from "./file-rows.ts";
import { giveHeld, giveWords, takeHeld, takeWords } from "./growing-memory.ts";
import { rowBytes } from "./hash-side.ts";
import type { MatchedRows, RowMatcher, SourcePart } from "./matched-rows.ts";
import { NO_ROW } from "./ranged-matches.ts";
import { RowStore } from "./row-store.ts";
import type { RowsThatCount } from "./rows-that-count.ts";
import type { SourceRows } from "./source-rows.ts";

/** A span whose keys were read. */
export interface ReadSpan {
  readonly span: FileSpan;
  /** Number of its first row among all of the files. */
  readonly firstRow: number;
  /** Numbers of its rows among those that count. */
  readonly begin: number;
  readonly end: number;
}

/** What the join of one task needs; stand-ins are parallel to the new fields: a value's bytes, or null. */
export interface OwnOptions {
  readonly newFields: readonly FieldSchema[];
  readonly standIns: readonly (Uint8Array | null)[];
  /** Values that may be in memory. */
  readonly valueBytes: number;
}

/** Stands for a row of the files that no row of the task has found. */
const NOT_FOUND = 0;
/** One that was found, until its values are there. */
const FOUND = 1;

/**
 * A join of one task among several, each of which has a part of the source: of the files it reads all keys, and then the values of the
 * spans that its own rows have found something in, and holds those that they have found. Where both sides have about one order, a
 * task so reads its own part of the files.
 */
export class OwnMatches implements RowMatcher {
  readonly #keys: FileKeys;
  readonly #source: Pick<SourceRows, "allKeys" | "others">;
  readonly #options: OwnOptions;
  readonly #store: RowStore;
  /** Of each row of the files: whether it was found, then 1 + the number of its values in the store. */
  readonly #places: Uint32Array<ArrayBuffer>;
  /** What each row of the source has found: a row of the files, or -1. */
  readonly #found: Int32Array;
  #matchedRows = 0;

  /** @param keys of all rows of the files; it is disposed of with this @param sourceRows of the task */
  constructor(keys: FileKeys, source: Pick<SourceRows, "allKeys" | "others">, sourceRows: number, options: OwnOptions) {
    this.#keys = keys;
    this.#source = source;
    this.#options = options;
    this.#store = new RowStore(options.newFields);
    this.#places = takeWords(keys.rowCount).fill(NOT_FOUND);
    const { buffer, byteOffset } = takeHeld(4 * sourceRows);
    this.#found = new Int32Array(buffer, byteOffset, sourceRows);
  }

  /** The task that counts looks up the rows of the others, too: spans that nobody has found anything in are for it to check. */
  async findAll(): Promise<void> {
    const places = this.#places;
    for await (const { keys, firstRow } of this.#source.allKeys()) {
      const found = this.#found.subarray(firstRow, firstRow + keys.rowCount);
      this.#matchedRows += this.#keys.find(keys, found);
      for (let i = 0; i < found.length; i++) if (found[i] >= 0) places[found[i]] = FOUND;
    }
    const others = this.#source.others();
    if (others) await this.#keys.lookUp(others);
  }

  /**
   * Takes the values that were found. False where they do not fit, and this is of no use.
   * @param read rows that a span has, all values
   */
  async take(
    spans: readonly ReadSpan[],
    counted: RowsThatCount,
    read: (span: ReadSpan) => AsyncIterable<FileBatch>,
  ): Promise<boolean> {
    const { newFields, valueBytes } = this.#options;
    if (this.#matchedRows * rowBytes(newFields) > valueBytes) return false;
    this.#store.reserve(Math.min(this.#matchedRows, this.#keys.rowCount));
    const isCounting = this.#source.others() !== undefined;
    for (const span of spans) {
      const isNobodys = isCounting && !this.#keys.hasMatch(span.begin, span.end);
      if (!isNobodys && !this.#places.subarray(span.begin, span.end).includes(FOUND)) continue;
      counted.seek(span.firstRow, span.begin);
      for await (const batch of read(span)) {
        this.#takeSome(batch, counted.numbers(batch.keys.rowCount));
        if (this.#store.bytes > valueBytes) return false;
      }
    }
    return true;
  }

  #takeSome({ columns }: FileBatch, numbers: Uint32Array): void {
    const places = this.#places;
    const rows = new Uint32Array(numbers.length);
    const first = this.#store.rowCount;
    let count = 0;
    for (let row = 0; row < numbers.length; row++) {
      const number = numbers[row];
      if (number === NO_ROW || places[number] === NOT_FOUND) continue;
      rows[count++] = row;
      places[number] = first + count;
    }
    this.#store.appendSome(columns, { count, rows: count === numbers.length ? undefined : rows });
  }

  async match({ rowCount, firstRow }: SourcePart): Promise<MatchedRows> {
    const rows = this.#found.subarray(firstRow, firstRow + rowCount);
    const places = this.#places;
    let matched = 0;
    for (let i = 0; i < rowCount; i++) {
      if (rows[i] < 0) continue;
      rows[i] = places[rows[i]] - 1;
      matched++;
    }
    return { columns: this.#store.gather(rows, this.#options.standIns), matched };
  }

  /** Rows of others were looked up before. */
  end(): Promise<void> {
    return this.#keys.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    this.#keys[Symbol.dispose]();
  }

  /** Gives its memory back, but for the keys, which others may use. */
  release(): void {
    this.#store[Symbol.dispose]();
    giveWords(this.#places);
    giveHeld(new Uint8Array(this.#found.buffer as ArrayBuffer, this.#found.byteOffset, this.#found.byteLength));
  }
}
