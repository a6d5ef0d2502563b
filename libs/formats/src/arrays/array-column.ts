import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { FieldSchema } from "@sluice/schema";
import { MAX_ROW_BYTES } from "../format.ts";
import { checkedDtype, mismatch, rowItemsOf } from "./array-rules.ts";
import type { Dtype } from "./dtype.ts";

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
  /** From the start of a row to that of the next, where something stands between them. */
  readonly pitchBytes?: number;
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
  /** From the start of a row to that of the next; at least `rowBytes`. */
  readonly pitchBytes: number;
  /** Fortran order: the elements of a row lie `rowCount` elements apart. */
  readonly isStrided: boolean;
}

/**
 * Joins a field with the header of its file.
 * @throws {ImportError} `schema_mismatch` for another type, shape or dimension, `malformed_file` for a file that is shorter
 *   than its header says, `unsupported` for pickled objects
 */
export function planArrayColumn(
  field: FieldSchema,
  index: number,
  source: SourceFile,
  header: ArrayHeader,
): ArrayColumn {
  const dtype = checkedDtype(field, header.descr);
  const rowItems = rowItemsOf(field, dtype, header.shape);
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
    isStrided,
  };
  checkSize(column);
  return column;
}

function checkSize({ field, source, dataOffset, rowCount, rowBytes, pitchBytes, isStrided }: ArrayColumn): void {
  const end = dataOffset + Math.max(0, rowCount - 1) * pitchBytes + Math.min(rowCount, 1) * rowBytes;
  if (source.sizeBytes >= end) return;
  const at = {
    byteOffset: source.sizeBytes,
    ...(!isStrided && { row: Math.floor((source.sizeBytes - dataOffset) / pitchBytes) }),
  };
  const reason = `the file of field '${field.name}' is cut short: its ${rowCount} rows end at byte ${end}, it has ${source.sizeBytes} bytes`;
  throw new ImportError("malformed_file", reason, at);
}

/** Offset of an element in its file. */
function elementOffset(column: ArrayColumn, row: number, item: number): number {
  const { dataOffset, dtype, isStrided, rowCount, pitchBytes } = column;
  if (isStrided) return dataOffset + (item * rowCount + row) * dtype.itemBytes;
  return dataOffset + row * pitchBytes + item * dtype.itemBytes;
}

/** A value that its field does not take, located. `row` counts from the start of the file. */
export function invalidValue(column: ArrayColumn, row: number, reason: string, item = 0): ImportError {
  const at = { file: column.source.path, row, field: column.field.name, byteOffset: elementOffset(column, row, item) };
  return new ImportError("value_invalid", reason, at);
}
