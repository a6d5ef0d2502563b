import type { Column } from "@sluice/columns";
import { excerptOfBytes } from "@sluice/errors";
import { BytesSink, type LeafReader } from "@sluice/parquet";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { parseSparseJson, parseTimestamptz, wktToWkb } from "@sluice/values";
import type { FieldRules } from "./column-reader.ts";
import { FixedOutput } from "./fixed-output.ts";
import { FlatColumn } from "./flat-column.ts";
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
export class ParsedTextColumn extends FlatColumn {
  readonly mayStop: boolean;
  readonly #values: ParsedValues;
  readonly #texts = new BytesSink();

  constructor(position: number, schema: CollectionSchema, leaf: LeafReader) {
    super(position, leaf);
    const field = schema.fields[position];
    this.mayStop = field.dataType !== DataType.Timestamptz;
    this.#values = this.mayStop ? new ParsedCells(field) : new ParsedTimes(field, schema.timezone);
  }

  take(rows: number): readonly Column[] {
    return [this.#values.take(rows)];
  }

  protected open(rows: number, softBytes: number): void {
    this.#values.begin(rows, softBytes);
  }

  protected get rows(): number {
    return this.#values.rows;
  }

  protected override get isFull(): boolean {
    return this.#values.isFull;
  }

  protected fillFromPage(rows: number): void {
    while (this.rows < rows && this.leaf.left > 0 && !this.isFull) {
      const run = this.runs.next(rows - this.rows);
      if (run === 0) this.#values.addNull(this.row++, this.leaf);
      else this.#parse(run);
    }
  }

  #parse(run: number): void {
    this.#texts.clear();
    this.#texts.softLimit = STEP_BYTES;
    const count = this.leaf.readBytes(run, this.#texts);
    this.runs.take(count);
    const { rules } = this.#values;
    const refused = utf8Check(rules.field.name)(this.#texts, 0, count);
    if (refused) throw rules.invalid(refused.reason, this.row + refused.index, this.leaf.at);
    for (let i = 0; i < count; i++, this.row++)
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
        this.row,
        this.leaf.at,
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
