import type { Column } from "@sluice/columns";
import { BytesSink, type LeafReader } from "@sluice/parquet";
import { DataType, type FieldSchema } from "@sluice/schema";
import type { RowRejects } from "../../../row-rejects.ts";
import { cellOfText, microsOfText, utf8Check } from "../../../text-checks.ts";
import type { FieldRules } from "./column-reader.ts";
import { FixedOutput } from "./fixed-output.ts";
import { FlatColumn } from "./flat-column.ts";
import type { ReadContext } from "./read-context.ts";
import { VarOutput } from "./var-output.ts";

/** Texts are held this many bytes at a time. */
const STEP_BYTES = 1 << 16;
const EMPTY = new Uint8Array(0);

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
  /** For a row that was refused. */
  addAny(): void;
  take(rows: number): Column;
}

/** Fields whose text stands for something else: sparse vectors (JSON), Geometry (WKT), Timestamptz (ISO 8601). */
export class ParsedTextColumn extends FlatColumn {
  readonly mayStop: boolean;
  readonly #values: ParsedValues;
  readonly #texts = new BytesSink();

  constructor(position: number, field: FieldSchema, leaf: LeafReader, { schema, rejects }: ReadContext) {
    super(position, leaf);
    this.mayStop = field.dataType !== DataType.Timestamptz;
    this.#values = this.mayStop ? new ParsedCells(field, rejects) : new ParsedTimes(field, rejects, schema.timezone);
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
    utf8Check(rules.field.name)(this.#texts, 0, count, (index, reason) =>
      rules.refuse(reason, this.row + index, this.leaf.at),
    );
    for (let i = 0; i < count; i++, this.row++)
      this.#add(this.#texts.data.subarray(this.#texts.offsets[i], this.#texts.offsets[i + 1]));
  }

  #add(text: Uint8Array): void {
    try {
      this.#values.add(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#values.rules.refuse(error.message, this.row, this.leaf.at);
      this.#values.addAny();
    }
  }
}

class ParsedCells implements ParsedValues {
  readonly #output: VarOutput;
  readonly #parse: (text: Uint8Array) => Uint8Array;

  constructor(field: FieldSchema, rejects: RowRejects) {
    this.#output = new VarOutput(field, rejects);
    this.#parse = cellOfText(field);
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
  addAny(): void {
    this.#output.append(EMPTY);
  }
  take(rows: number): Column {
    return this.#output.take(rows);
  }
}

class ParsedTimes implements ParsedValues {
  readonly isFull = false;
  readonly #output: FixedOutput;
  readonly #parse: (text: Uint8Array) => bigint;
  rows = 0;

  constructor(field: FieldSchema, rejects: RowRejects, zone: string) {
    this.#output = new FixedOutput(field, rejects);
    this.#parse = microsOfText(zone);
  }
  get rules(): FieldRules {
    return this.#output.rules;
  }
  begin(rows: number): void {
    this.#output.begin(rows);
    this.rows = 0;
  }
  add(text: Uint8Array): void {
    this.#output.buffer.int64[this.rows] = this.#parse(text);
    this.rows++;
  }
  addNull(row: number, leaf: LeafReader): void {
    this.#output.setNull(this.rows, row, leaf.at);
    this.rows++;
  }
  addAny(): void {
    this.rows++;
  }
  take(rows: number): Column {
    return this.#output.take(rows);
  }
}
