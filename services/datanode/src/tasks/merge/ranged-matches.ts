import type { Column } from "@sluice/columns";
import { DataType, type FieldSchema, rowIdField } from "@sluice/schema";
import { DealtRows } from "./dealt-rows.ts";
import type { FileKeys } from "./file-keys.ts";
import { giveWords, takeWords } from "./growing-memory.ts";
import type { MatchedRows, RowMatcher, SourcePart } from "./matched-rows.ts";
import type { SourceKeys } from "./merge-keys.ts";
import { RowStore } from "./row-store.ts";
import type { SourceRows } from "./source-rows.ts";
import { Spill, type SpilledBatch } from "./spill.ts";

/** A bit of 32 for each, so that a row of the files may go to several. */
const RANGES = 32;
/** Stands for a row of the files that does not count. */
export const NO_ROW = 0xffffffff;

/** Numbers of rows of the files: less than 2^32. */
const numberField: FieldSchema = { ...rowIdField, dataType: DataType.Int32 };

/** As `OwnOptions`, for a task that sees all of the source. */
export interface RangedOptions {
  readonly newFields: readonly FieldSchema[];
  readonly standIns: readonly (Uint8Array | null)[];
  /** Values that may be in memory at a time. */
  readonly valueBytes: number;
  readonly signal: AbortSignal;
}

/** Rows of the source one behind the other, whose numbers count on from `begin`, with the rows of the files that they have found. */
interface SourceRange {
  readonly begin: number;
  readonly end: number;
  /** Parts that begin in it. */
  readonly parts: number;
  readonly rows: Spill;
}

/**
 * A join where keys of the files fit into memory and their values do not: these are put aside on disk by the range of the source's
 * rows that has found them, and come back a range at a time. So each is written once and read once, one behind the other.
 */
export class RangedMatches implements RowMatcher {
  readonly #keys: FileKeys;
  readonly #source: Pick<SourceRows, "allKeys" | "rowCount">;
  readonly #options: RangedOptions;
  readonly #store: RowStore;
  readonly #dealt = new DealtRows(RANGES);
  /** Of each row of the files: bits of the ranges that have found it; when a range has come back, where its row lies in the store. */
  readonly #places: Uint32Array<ArrayBuffer>;
  /** Those to come, in order. */
  #ranges: SourceRange[] = [];
  /** Of the range that is in the store. */
  #end = 0;
  #rows = new Int32Array(0);

  /** @param keys of all rows of the files; it is disposed of with this */
  constructor(keys: FileKeys, source: Pick<SourceRows, "allKeys" | "rowCount">, options: RangedOptions) {
    this.#keys = keys;
    this.#source = source;
    this.#options = options;
    this.#store = new RowStore(options.newFields);
    this.#places = takeWords(keys.rowCount);
  }

  /**
   * Puts the values aside.
   * @param batches of all rows: their number among those that count, or `NO_ROW`, then their values
   * @throws {ImportError} as the batches; `object_store_refused` for a full disk
   */
  async take(batches: AsyncIterable<SpilledBatch>): Promise<void> {
    this.#ranges = await this.#cut(0, await this.#source.rowCount(), batches);
  }

  async match({ rowCount, firstRow, keys }: SourcePart): Promise<MatchedRows> {
    while (firstRow >= this.#end) await this.#next();
    if (this.#rows.length < rowCount) this.#rows = new Int32Array(2 * rowCount);
    const rows = this.#rows.subarray(0, rowCount);
    const matched = this.#keys.find(await keys(), rows);
    const places = this.#places;
    for (let i = 0; i < rowCount; i++) if (rows[i] >= 0) rows[i] = places[rows[i]];
    return { columns: this.#store.gather(rows, this.#options.standIns), matched };
  }

  end(others?: AsyncIterable<SourceKeys>): Promise<void> {
    return this.#keys.end(others);
  }

  /** Brings back the next range, or cuts it again where its values do not fit either. */
  async #next(): Promise<void> {
    const range = this.#ranges.shift();
    if (!range) throw new Error("a row of the source that is in no range");
    await using rows = range.rows;
    this.#store.clear();
    if (rows.bytes > this.#options.valueBytes && range.parts > 1)
      this.#ranges.unshift(...(await this.#cut(range.begin, range.end, rows.batches())));
    else await this.#bringBack(range);
  }

  async #bringBack({ rows, end }: SourceRange): Promise<void> {
    const places = this.#places;
    for await (const { columns, rowCount } of rows.batches()) {
      this.#options.signal.throwIfAborted();
      const numbers = uint32(columns[0], rowCount);
      for (let i = 0, first = this.#store.rowCount; i < rowCount; i++) places[numbers[i]] = first + i;
      this.#store.appendSome(columns.slice(1), { count: rowCount, rows: undefined });
    }
    this.#end = end;
  }

  /** Ranges of the rows `[begin, end)` of the source, with the rows of the files that each has found. */
  async #cut(begin: number, end: number, batches: AsyncIterable<SpilledBatch>): Promise<SourceRange[]> {
    await using opened = new AsyncDisposableStack();
    const step = Math.max(1, Math.ceil((end - begin) / RANGES));
    const parts = await this.#mark(begin, end, step);
    const ranges: (SourceRange | undefined)[] = [];
    for (const [i, count] of parts.entries()) {
      const place = { begin: begin + i * step, end: begin + (i + 1) * step, parts: count };
      ranges.push(count > 0 ? { ...place, rows: opened.use(await this.#open()) } : undefined);
    }
    for await (const batch of batches) await this.#deal(batch, ranges);
    const cut = ranges.filter((range) => range !== undefined);
    for (const { rows } of cut) await rows.flush();
    opened.move();
    return cut;
  }

  #open(): Promise<Spill> {
    return Spill.open([numberField, ...this.#options.newFields]);
  }

  /** Sets the bits of the ranges at the rows that they find. Answers how many parts each has. */
  async #mark(begin: number, end: number, step: number): Promise<number[]> {
    const places = this.#places.fill(0);
    const parts = new Array<number>(RANGES).fill(0);
    for await (const { keys, firstRow } of this.#source.allKeys(begin, end)) {
      this.#options.signal.throwIfAborted();
      const range = Math.floor((firstRow - begin) / step);
      parts[range]++;
      const rows = new Int32Array(keys.rowCount);
      this.#keys.find(keys, rows);
      const bit = 1 << range;
      for (let i = 0; i < rows.length; i++) if (rows[i] >= 0) places[rows[i]] |= bit;
    }
    return parts;
  }

  async #deal({ columns, rowCount }: SpilledBatch, ranges: readonly (SourceRange | undefined)[]): Promise<void> {
    this.#options.signal.throwIfAborted();
    const [dealt, places] = [this.#dealt, this.#places];
    const numbers = uint32(columns[0], rowCount);
    dealt.clear();
    for (let row = 0; row < rowCount; row++) {
      if (numbers[row] === NO_ROW) continue;
      for (let bits = places[numbers[row]]; bits !== 0; bits &= bits - 1) dealt.put(row, 31 - Math.clz32(bits & -bits));
    }
    for (const [range, rows] of dealt.byPart()) await ranges[range]?.rows.append(columns, rows);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keys[Symbol.dispose]();
    this.#store[Symbol.dispose]();
    giveWords(this.#places);
    for (const { rows } of this.#ranges) await rows[Symbol.asyncDispose]();
  }
}

function uint32({ data }: Column, rowCount: number): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, rowCount);
}

/** The numbers of rows as a column before those of their values. */
export function withNumbers(numbers: Uint32Array<ArrayBuffer>, columns: readonly Column[]): Column[] {
  const data = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return [{ kind: "fixed", width: 4, data, validity: undefined }, ...columns];
}
