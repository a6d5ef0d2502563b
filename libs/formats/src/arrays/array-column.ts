import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { FieldSchema } from "@sluice/schema";
import { MAX_ROW_BYTES } from "../format.ts";
import { checkedDtype, mismatch, rowItemsOf } from "./array-rules.ts";
import type { Dtype } from "./dtype.ts";
import type { RowSource } from "./row-source.ts";

/** Rows of an array that lie at an offset of a file: what the header readers of this family answer. */
export interface ArrayHeader {
  /** Type of the elements in NumPy's words, such as `<f4`; the text of the list for a structured type. */
  readonly descr: string;
  /** The first index varies fastest. */
  readonly fortranOrder: boolean;
  /** Empty for a single value; the first is the row count. */
  readonly shape: readonly number[];
  /** Where the first row begins. */
  readonly dataOffset: number;
  /** Reads the rows, where they do not lie one after the other from there on. */
  readonly rows?: RowSource;
  /** Bytes of the file that are read for a row, where they are more than its own. */
  readonly pitchBytes?: number;
  /** Numbers that stand for no value: see `missingCheck`. */
  readonly missing?: readonly (number | bigint)[];
}

/** An array that feeds a field, and whose header fits it. */
export interface ArrayColumn {
  readonly field: FieldSchema;
  /** Position of the field in the schema. */
  readonly index: number;
  readonly source: SourceFile;
  readonly dataOffset: number;
  readonly dtype: Dtype;
  readonly rowCount: number;
  /** Elements of a row. */
  readonly rowItems: number;
  readonly rowBytes: number;
  /** Bytes of the file that are read for a row; at least `rowBytes`. */
  readonly pitchBytes: number;
  /** Reads the rows; undefined where they lie one after the other. */
  readonly rows: RowSource | undefined;
  /** Fortran order: the elements of a row lie `rowCount` elements apart. */
  readonly isStrided: boolean;
  /** Of one that becomes a key of `$meta`: its rows are lists, also of a single element. */
  readonly isList?: boolean;
  /** See `ArrayHeader`. */
  readonly missing: ArrayHeader["missing"];
}

/**
 * Joins a field with the header of its file.
 * @param coerces see `coercionOf`
 * @throws {ImportError} `schema_mismatch` for another type, shape or dimension, `malformed_file` for a file that is shorter
 *   than its header says, `unsupported` for pickled objects
 */
export function planArrayColumn(
  field: FieldSchema,
  index: number,
  source: SourceFile,
  header: ArrayHeader,
  coerces = false,
): ArrayColumn {
  const dtype = checkedDtype(field, header.descr, coerces);
  return arrayColumn(field, index, source, header, dtype, rowItemsOf(field, dtype, header.shape));
}

/** A column of elements that are known to fit. @throws {ImportError} as `planArrayColumn`, but for types and shapes */
export function arrayColumn(
  field: FieldSchema,
  index: number,
  source: SourceFile,
  header: ArrayHeader,
  dtype: Dtype,
  rowItems: number,
): ArrayColumn {
  const [rowCount] = header.shape;
  const rowBytes = rowItems * dtype.itemBytes;
  if (rowBytes > MAX_ROW_BYTES)
    throw mismatch(`a row of field '${field.name}' takes ${rowBytes} bytes, more than ${MAX_ROW_BYTES}`);
  const isStrided = header.fortranOrder && rowItems > 1 && rowCount > 1;
  const column = {
    field,
    index,
    source,
    dataOffset: header.dataOffset,
    dtype,
    rowCount,
    rowItems,
    rowBytes,
    pitchBytes: header.pitchBytes ?? rowBytes,
    rows: header.rows,
    isStrided,
    missing: header.missing,
  };
  if (isStrided && !source.supports.randomAccess) throw turned(field.name);
  checkSize(column);
  return column;
}

function checkSize({ field, source, dataOffset, rowCount, rowBytes, isStrided, rows }: ArrayColumn): void {
  const end = dataOffset + rowCount * rowBytes;
  if (rows || source.sizeBytes >= end) return;
  const at = {
    byteOffset: source.sizeBytes,
    ...(!isStrided && { row: Math.floor((source.sizeBytes - dataOffset) / rowBytes) }),
  };
  const reason = `the file of field '${field.name}' is cut short: its ${rowCount} rows end at byte ${end}, it has ${source.sizeBytes} bytes`;
  throw new ImportError("malformed_file", reason, at);
}

function turned(field: string): ImportError {
  const reason = `the array of field '${field}' is in Fortran order in a compressed file, which is read from front to back: save it in C order`;
  return new ImportError("unsupported", reason);
}

/** Offset of an element in its file. */
function elementOffset(column: ArrayColumn, row: number, item: number): number | undefined {
  const { dataOffset, dtype, isStrided, rowCount, rowBytes, rows } = column;
  if (isStrided) return dataOffset + (item * rowCount + row) * dtype.itemBytes;
  const start = rows ? rows.offsetOf?.(row) : dataOffset + row * rowBytes;
  return start === undefined ? undefined : start + item * dtype.itemBytes;
}

/** A value that its field does not take, located. `row` counts from the start of the file. */
export function invalidValue(column: ArrayColumn, row: number, reason: string, item = 0): ImportError {
  const byteOffset = elementOffset(column, row, item);
  const at = {
    file: column.source.path,
    row,
    field: column.field.name,
    ...(byteOffset !== undefined && { byteOffset }),
  };
  return new ImportError("value_invalid", reason, at);
}
