import { type Column, createBuilder, type FixedBuilder, VarBuilder } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { absentWarning, leftOverWarning } from "../../plan/left-over.ts";
import { nullRefused } from "../../plan/refusals.ts";
import { bindHeader } from "../csv/record-parser.ts";
import { rowCapacity } from "../row-capacity.ts";
import type { RowSink } from "../row-text.ts";
import type { TupleScanner } from "./tuple-scanner.ts";
import type { TupleValue } from "./tuple-value.ts";
import { dynamicValue, tupleValue } from "./tuple-values.ts";

interface TupleColumn {
  readonly builder: FixedBuilder | VarBuilder;
  readonly read: TupleValue;
}

/** Reads tuples, one row each, into the columns of a batch. Columns that no field has are passed over. */
export class TupleParser implements RowSink {
  readonly #plan: FieldPlan;
  readonly #scanner: TupleScanner;
  readonly #batchBytes: number;
  readonly #rowCapacity: number;
  /** Parallel to the fields of the schema. */
  readonly #builders: (FixedBuilder | VarBuilder | undefined)[] = [];
  /** Parallel to the columns of the file; undefined: nobody's. */
  #columns: readonly (TupleColumn | undefined)[] = [];
  rowCount = 0;

  constructor(plan: FieldPlan, scanner: TupleScanner, batchBytes: number) {
    this.#plan = plan;
    this.#scanner = scanner;
    this.#batchBytes = batchBytes;
    this.#rowCapacity = rowCapacity(plan.schema, batchBytes);
  }

  /** Takes the names of the columns. @throws {ImportError} `schema_mismatch`, `unsupported` for those that cannot be imported */
  bind(names: readonly string[], warn?: (text: string) => void): void {
    const plan = this.#plan;
    const { path } = this.#scanner;
    const bound = bindHeader(plan, names, path);
    const struct = plan.schema.structs.find((_, i) => bound.structs[i] !== undefined);
    if (struct) {
      const reason = `struct array '${struct.name}' has no form in COPY BINARY: use CSV`;
      throw new ImportError("unsupported", reason, { file: path, field: struct.name });
    }
    const columns = names.map((): TupleColumn | undefined => undefined);
    for (const [i, column] of bound.fields.entries()) if (column !== undefined) columns[column] = this.#column(i);
    this.#columns = columns;
    const left = bound.extras.map(({ name }) => name);
    for (const text of [leftOverWarning(plan, left), absentWarning(plan, bound.fields)])
      if (text) warn?.(`${path}: ${text}`);
  }

  #column(index: number): TupleColumn {
    const builder = createBuilder(this.#plan.schema.fields[index], this.#rowCapacity);
    this.#builders[index] = builder;
    if (!builder.field.isDynamic)
      return { builder, read: tupleValue(this.#scanner, builder, this.#plan.options.nanIsNull) };
    return { builder, read: dynamicValue(this.#scanner, builder as VarBuilder, this.#plan.dynamic) };
  }

  get isFull(): boolean {
    if (this.rowCount >= this.#rowCapacity) return true;
    let bytes = 0;
    for (const builder of this.#builders) if (builder instanceof VarBuilder) bytes += builder.offsets[this.rowCount];
    return bytes >= this.#batchBytes;
  }

  parse(p: number): number {
    const scanner = this.#scanner;
    const count = scanner.int16(p);
    scanner.field = undefined;
    if (count !== this.#columns.length)
      scanner.malformed(p, `the row has ${count} columns, ${this.#columns.length} are named: see the option 'columns'`);
    let at = p + 2;
    for (const column of this.#columns) {
      scanner.field = column?.builder.field.name;
      const length = scanner.int32(at);
      at += 4;
      if (length > 0) scanner.need(at, length);
      if (length < -1) scanner.malformed(at - 4, `a value claims ${length} bytes`);
      scanner.valueAt = at;
      if (column) this.#value(column, at, length);
      at += Math.max(0, length);
    }
    scanner.field = undefined;
    this.rowCount++;
    return at;
  }

  #value({ builder, read }: TupleColumn, p: number, length: number): void {
    if (length >= 0) {
      builder.setValid(this.rowCount);
      read(p, length, this.rowCount);
    } else if (builder.canFill) builder.fill(this.rowCount);
    else this.#scanner.invalid(nullRefused(builder.field.name));
  }

  drop(): void {
    this.rowCount--;
  }

  take(): (Column | undefined)[] {
    const { rowCount } = this;
    this.rowCount = 0;
    return this.#plan.schema.fields.map((_, i) => this.#builders[i]?.take(rowCount));
  }
}
