import { ImportError } from "@sluice/errors";
import { type CollectionSchema, type DefaultValue, type FieldSchema, fixedWidth } from "@sluice/schema";
import type { Column, FixedColumn, InsertBatch, VarColumn } from "./column.ts";
import { encodeDefault, standInOf } from "./stand-in.ts";

/** Offsets of a var column are 32 bits wide. */
const MAX_DATA_BYTES = 0xffffffff;

/**
 * Fills every column that the file left out: the default, else null, `$meta` with `{}`. An automatic primary key stays
 * undefined, as does a function's output, which the function computes. Columns that repeat a value are kept for each field
 * and grow with the largest batch, so who keeps values copies them, as with any batch.
 * @throws {ImportError} `schema_mismatch` when a field has neither value nor stand-in
 */
export function completeBatch(schema: CollectionSchema, batch: InsertBatch): InsertBatch {
  const columns = new Array<Column | undefined>(schema.fields.length);
  let isComplete = true;
  for (let i = 0; i < columns.length; i++) {
    columns[i] = batch.columns[i] ?? standIn(schema.fields[i], batch.rowCount);
    if (columns[i] !== batch.columns[i]) isComplete = false;
  }
  return isComplete ? batch : { ...batch, columns };
}

function standIn(field: FieldSchema, rowCount: number): Column | undefined {
  if ((field.isPrimaryKey && field.autoId) || field.isFunctionOutput) return undefined;
  const repeated = repeatedColumns.get(field) ?? RepeatedColumn.of(field);
  return repeated.rows(rowCount);
}

const repeatedColumns = new WeakMap<FieldSchema, RepeatedColumn>();

/** One column of equal values that serves batches of any size. */
class RepeatedColumn {
  readonly #field: FieldSchema;
  readonly #cell: Uint8Array | null;
  #capacity = 0;
  #all: Column | undefined;
  #rowCount = -1;
  #column: Column | undefined;

  private constructor(field: FieldSchema, cell: Uint8Array | null) {
    this.#field = field;
    this.#cell = cell;
  }

  static of(field: FieldSchema): RepeatedColumn {
    const cell = standInOf(field);
    if (cell === undefined) {
      throw new ImportError("schema_mismatch", `value of field '${field.name}' is missed`, { field: field.name });
    }
    const repeated = new RepeatedColumn(field, cell);
    repeatedColumns.set(field, repeated);
    return repeated;
  }

  rows(rowCount: number): Column {
    if (this.#column && this.#rowCount === rowCount) return this.#column;
    if (!this.#all || rowCount > this.#capacity) {
      this.#capacity = Math.max(rowCount, 2 * this.#capacity);
      this.#all = repeatCell(this.#field, this.#capacity, this.#cell);
    }
    this.#rowCount = rowCount;
    this.#column = firstRows(this.#all, rowCount);
    return this.#column;
  }
}

function firstRows(column: Column, rowCount: number): Column {
  const validity = column.validity?.subarray(0, rowCount);
  if (column.kind === "fixed") return { ...column, validity, data: column.data.subarray(0, rowCount * column.width) };
  return { ...column, validity, offsets: column.offsets.subarray(0, rowCount + 1) };
}

/** A column that repeats one value, or null, `rowCount` times. */
export function constantColumn(field: FieldSchema, rowCount: number, value: DefaultValue | null): Column {
  return repeatCell(field, rowCount, value === null ? null : encodeDefault(field, value));
}

function repeatCell(field: FieldSchema, rowCount: number, cell: Uint8Array | null): Column {
  const width = fixedWidth(field);
  const validity = cell === null ? new Uint8Array(rowCount) : undefined;
  return width > 0 ? fixedColumn(width, rowCount, cell, validity) : varColumn(rowCount, cell, validity);
}

function fixedColumn(width: number, rowCount: number, cell: Uint8Array | null, validity?: Uint8Array): FixedColumn {
  const data = new Uint8Array(rowCount * width);
  if (cell) fillWith(data, cell);
  return { kind: "fixed", width, data, validity };
}

function varColumn(rowCount: number, cell: Uint8Array | null, validity?: Uint8Array): VarColumn {
  const length = cell?.length ?? 0;
  if (rowCount * length > MAX_DATA_BYTES) {
    throw new RangeError(`${rowCount} values of ${length} bytes are more than a column holds`);
  }
  const offsets = Uint32Array.from({ length: rowCount + 1 }, (_, row) => row * length);
  const data = new Uint8Array(rowCount * length);
  if (cell) fillWith(data, cell);
  return { kind: "var", offsets, data, validity };
}

/** Repeats `cell` all over `target`, doubling what is there. */
function fillWith(target: Uint8Array, cell: Uint8Array): void {
  if (target.length === 0) return;
  target.set(cell);
  for (let filled = cell.length; filled < target.length; filled *= 2) {
    target.copyWithin(filled, 0, Math.min(filled, target.length - filled));
  }
}
