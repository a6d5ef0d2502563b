import type { Column } from "@sluice/columns";
import { excerptOfBytes } from "@sluice/errors";
import { BytesSink, type LeafReader, type RowGroupInfo } from "@sluice/parquet";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { parseSparseJson, parseTimestamptz, wktToWkb } from "@sluice/values";
import { type ColumnReader, checkNoMoreRows, type FieldRules, shortColumn } from "./column-reader.ts";
import { FixedOutput } from "./fixed-output.ts";
import { FlatRuns } from "./flat-runs.ts";
import { utf8Check } from "./text-checks.ts";
import { VarOutput } from "./var-output.ts";

/** Texts are held this many bytes at a time. */
const STEP_BYTES = 1 << 16;

/** Where parsed values go. */
interface ParsedValues {
  readonly rules: FieldRules;
  begin(rows: number, softBytes: number): void;
  /** Rows that are there, and whether no more should be added. */
  readonly rows: number;
  readonly isFull: boolean;
  /** @throws {RangeError} when the text does not stand for a value */
  add(text: Uint8Array): void;
  addNull(row: number, leaf: LeafReader): void;
  take(rows: number): Column;
}

/** Fields whose text stands for something else: sparse vectors (JSON), Geometry (WKT), Timestamptz (ISO 8601). */
export class ParsedTextColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop: boolean;
  readonly #leaf: LeafReader;
  readonly #runs: FlatRuns;
  readonly #values: ParsedValues;
  readonly #texts = new BytesSink();
  /** Row of the file that is read next. */
  #row = 0;

  constructor(position: number, schema: CollectionSchema, leaf: LeafReader) {
    const field = schema.fields[position];
    this.fields = [position];
    this.leaves = [leaf];
    this.#leaf = leaf;
    this.#runs = new FlatRuns(leaf);
    this.mayStop = field.dataType !== DataType.Timestamptz;
    this.#values = this.mayStop ? new ParsedCells(field) : new ParsedTimes(field, schema.timezone);
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#runs.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    this.#values.begin(rows, softBytes);
    while (this.#values.rows < rows && !this.#values.isFull) {
      if (this.#leaf.left === 0 && !(await this.#leaf.page())) throw shortColumn(this.#leaf, this.#row);
      try {
        this.#next(rows - this.#values.rows);
      } catch (error) {
        throw this.#leaf.explain(error);
      }
    }
    return Math.min(rows, this.#values.rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#values.take(rows)];
  }

  finish(): Promise<void> {
    return checkNoMoreRows(this.#leaf);
  }

  #next(limit: number): void {
    const run = this.#runs.next(limit);
    if (run === 0) {
      this.#values.addNull(this.#row++, this.#leaf);
      return;
    }
    this.#texts.clear();
    this.#texts.softLimit = STEP_BYTES;
    const count = this.#leaf.readBytes(run, this.#texts);
    this.#runs.take(count);
    const { rules } = this.#values;
    const refused = utf8Check(rules.field.name)(this.#texts, 0, count);
    if (refused) throw rules.invalid(refused.reason, this.#row + refused.index, this.#leaf.at);
    for (let i = 0; i < count; i++, this.#row++)
      this.#add(this.#texts.data.subarray(this.#texts.offsets[i], this.#texts.offsets[i + 1]));
  }

  #add(text: Uint8Array): void {
    try {
      this.#values.add(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const { rules } = this.#values;
      throw rules.invalid(
        `field '${rules.field.name}': ${error.message}, value=${excerptOfBytes(text)}`,
        this.#row,
        this.#leaf.at,
      );
    }
  }
}

function parserOf(field: FieldSchema): (text: Uint8Array) => Uint8Array {
  return field.dataType === DataType.SparseFloatVector
    ? parseSparseJson
    : (text) => wktToWkb(Buffer.from(text).toString());
}

class ParsedCells implements ParsedValues {
  readonly #output: VarOutput;
  readonly #parse: (text: Uint8Array) => Uint8Array;

  constructor(field: FieldSchema) {
    this.#output = new VarOutput(field);
    this.#parse = parserOf(field);
  }
  get rules(): FieldRules {
    return this.#output.rules;
  }
  get rows(): number {
    return this.#output.rows;
  }
  get isFull(): boolean {
    return this.#output.cells.isFull;
  }
  begin(_rows: number, softBytes: number): void {
    this.#output.begin(softBytes);
  }
  add(text: Uint8Array): void {
    this.#output.append(this.#parse(text));
  }
  addNull(row: number, leaf: LeafReader): void {
    this.#output.appendNull(row, leaf.at);
  }
  take(rows: number): Column {
    return this.#output.take(rows);
  }
}

class ParsedTimes implements ParsedValues {
  readonly isFull = false;
  readonly #output: FixedOutput;
  readonly #zone: string;
  rows = 0;

  constructor(field: FieldSchema, zone: string) {
    this.#output = new FixedOutput(field);
    this.#zone = zone;
  }
  get rules(): FieldRules {
    return this.#output.rules;
  }
  begin(rows: number): void {
    this.#output.begin(rows);
    this.rows = 0;
  }
  add(text: Uint8Array): void {
    this.#output.buffer.int64[this.rows] = parseTimestamptz(Buffer.from(text).toString(), this.#zone);
    this.rows++;
  }
  addNull(row: number, leaf: LeafReader): void {
    this.#output.setNull(this.rows, row, leaf.at);
    this.rows++;
  }
  take(rows: number): Column {
    return this.#output.column(rows);
  }
}
