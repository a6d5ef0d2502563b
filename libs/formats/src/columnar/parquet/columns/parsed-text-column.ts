import type { Column } from "@sluice/columns";
import { BytesSink, type LeafReader } from "@sluice/parquet";
import { DataType, type FieldSchema, fixedWidth } from "@sluice/schema";
import type { ValueForm } from "../../../plan/value-form.ts";
import { cellOfText } from "../../../text-cells.ts";
import { type TextCheck, utf8Check } from "../../../text-checks.ts";
import { vectorCell } from "../../../vector-cells.ts";
import { FlatColumn } from "./flat-column.ts";
import { type ParsedValues, parsedValues } from "./parsed-values.ts";
import type { ReadContext } from "./read-context.ts";

/** Texts are held this many bytes at a time. */
const STEP_BYTES = 1 << 16;

/** Fields whose values are made of what their column has, cell after cell. */
export class ParsedCellColumn extends FlatColumn {
  readonly mayStop: boolean;
  readonly #values: ParsedValues;
  readonly #check: TextCheck | undefined;
  readonly #texts = new BytesSink();

  /** @param parse see `parsedValues` @param check of the cells before */
  constructor(
    position: number,
    field: FieldSchema,
    leaf: LeafReader,
    { rejects }: ReadContext,
    parse: (cell: Uint8Array) => Uint8Array,
    check?: TextCheck,
  ) {
    super(position, leaf);
    this.mayStop = fixedWidth(field) === 0;
    this.#values = parsedValues(field, rejects, parse);
    this.#check = check;
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
      if (run === 0) this.#values.addNull(this.row++, this.leaf.at);
      else this.#parse(run);
    }
  }

  #parse(run: number): void {
    this.#texts.clear();
    this.#texts.softLimit = STEP_BYTES;
    const count = this.leaf.readBytes(run, this.#texts);
    this.runs.take(count);
    const { data, offsets } = this.#texts;
    this.#check?.(this.#texts, 0, count, (index, reason) =>
      this.#values.rules.refuse(reason, this.row + index, this.leaf.at),
    );
    for (let i = 0; i < count; i++, this.row++)
      this.#values.add(data.subarray(offsets[i], offsets[i + 1]), this.row, this.leaf.at);
  }
}

/** Fields whose text stands for something else: see `cellOfText`. Geometries may be binary. */
export class ParsedTextColumn extends ParsedCellColumn {
  /** @param form of dense vectors, where the mapping names one */
  constructor(position: number, field: FieldSchema, leaf: LeafReader, context: ReadContext, form?: ValueForm) {
    const isText = field.dataType !== DataType.Geometry && form === undefined;
    const parse = form ? vectorCell(form, field) : cellOfText(context.schema, field);
    super(position, field, leaf, context, parse, isText ? utf8Check(field.name) : undefined);
  }
}
