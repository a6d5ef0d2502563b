import type { LeafReader } from "@sluice/parquet";
import { TextOut } from "../../../text-out.ts";
import { shortColumn } from "./column-reader.ts";
import { checkWritten, type JsonWriter } from "./json-writers.ts";

/** Rows, entries of a leaf, and bytes of its values that are held at a time, about. */
const MAX_ROWS = 1024;
const STEP_ENTRIES = 1 << 16;
const STEP_BYTES = 4 << 20;
/** What an entry takes in memory besides its value: two levels. */
const LEVEL_BYTES = 2;
/** Rows that are read before anything is known of their size. */
const FIRST_ROWS = 4;

/** A row's value as JSON: its text, borrowed; undefined: null; or why it has none. */
export type TakeJson = (text: Uint8Array | undefined, refusal: string | undefined) => void;

/** A column of any shape, row by row, as JSON text: all its leaves are read in step. */
export class JsonRows {
  readonly leaves: readonly LeafReader[];
  readonly #writer: JsonWriter;
  readonly #out = new TextOut();
  #step = FIRST_ROWS;

  constructor(writer: JsonWriter) {
    this.#writer = writer;
    this.leaves = writer.cursors.map(({ rows }) => rows.leaf);
  }

  /** Another row group begins. */
  begin(): void {
    for (const { rows } of this.#writer.cursors) rows.begin();
  }

  /**
   * Reads up to `rows` rows and hands over each; answers how many.
   * @param row row of the file that comes next, for messages @throws {ImportError}
   */
  async read(rows: number, row: number, take: TakeJson): Promise<number> {
    const count = Math.min(rows, this.#step);
    for (const cursor of this.#writer.cursors) {
      const got = await cursor.rows.read(count, Number.POSITIVE_INFINITY, row);
      if (got < count) throw shortColumn(cursor.rows.leaf, row + got);
    }
    this.#step = this.#nextStep(count);
    for (let i = 0; i < count; i++) this.#writeRow(i, take);
    return count;
  }

  /** @throws {ImportError} when the row group has rows that were not asked for */
  async finish(): Promise<void> {
    for (const { rows } of this.#writer.cursors) await rows.checkEnd();
  }

  #writeRow(i: number, take: TakeJson): void {
    const [first] = this.leaves;
    try {
      for (const cursor of this.#writer.cursors) cursor.open(i);
      this.#out.clear();
      const refusal = this.#write();
      const { bytes, length } = this.#out;
      take(refusal === undefined && this.#out.isNull ? undefined : bytes.subarray(0, length), refusal);
    } catch (error) {
      throw first.explain(error);
    }
  }

  /** Why the row has no text. */
  #write(): string | undefined {
    try {
      this.#writer.write(this.#out);
      checkWritten(this.#writer);
      return undefined;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return error.message;
    }
  }

  #nextStep(count: number): number {
    const entries = Math.max(...this.#writer.cursors.map(({ rows }) => rows.count));
    const bytes = this.#writer.cursors.reduce(
      (sum, { rows }) => sum + rows.texts.length + 8 * rows.valueCount + LEVEL_BYTES * rows.count,
      0,
    );
    const fitting = Math.min((STEP_ENTRIES * count) / Math.max(entries, 1), (STEP_BYTES * count) / Math.max(bytes, 1));
    return Math.max(1, Math.min(MAX_ROWS, 4 * count, Math.floor(fitting)));
  }
}
