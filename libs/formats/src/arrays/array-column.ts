import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType, dataTypeName, type FieldSchema, isDenseVector } from "@sluice/schema";
import { MAX_ROW_BYTES } from "../format.ts";
import { type Dtype, type DtypeCode, dtypeName, isPickled, parseDtype } from "./dtype.ts";

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

const text: readonly DtypeCode[] = ["U", "S"];
/** Element types that a field takes. f2 for float and half vectors, and text for times, are beyond Milvus. */
const accepted = new Map<DataType, readonly DtypeCode[]>([
  [DataType.Bool, ["b1"]],
  [DataType.Int8, ["i1"]],
  [DataType.Int16, ["i2"]],
  [DataType.Int32, ["i4"]],
  [DataType.Int64, ["i8"]],
  [DataType.Float, ["f4"]],
  [DataType.Double, ["f8"]],
  [DataType.String, text],
  [DataType.VarChar, text],
  [DataType.Text, text],
  [DataType.JSON, text],
  [DataType.Geometry, text],
  [DataType.Timestamptz, text],
  [DataType.BinaryVector, ["u1"]],
  [DataType.FloatVector, ["f4", "f8", "f2"]],
  [DataType.Float16Vector, ["u1", "f2", "f4", "f8"]],
  [DataType.BFloat16Vector, ["u1", "f2", "f4", "f8"]],
  [DataType.Int8Vector, ["i1"]],
]);

/** Has the field a form in arrays? */
export function isArrayType(type: DataType): boolean {
  return accepted.has(type);
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
  const dtype = checkDtype(field, header.descr);
  const rowItems = checkShape(field, dtype, header.shape);
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

function checkDtype(field: FieldSchema, descr: string): Dtype {
  const dtype = parseDtype(descr);
  if (dtype && accepted.get(field.dataType)?.includes(dtype.code)) return dtype;
  if (isPickled(descr)) {
    const cure = "save the array with the type of the field: array.astype(...)";
    throw new ImportError(
      "unsupported",
      `field '${field.name}' holds pickled Python objects ('${excerpt(descr)}'), which are never loaded: ${cure}`,
    );
  }
  if (dtype) {
    throw mismatch(
      `expected element type '${dataTypeName(field.dataType)}' for field '${field.name}', got type '${excerpt(dtypeName(descr))}'`,
    );
  }
  const wanted = accepted.get(field.dataType)?.join(", ");
  throw mismatch(
    `unexpected numpy header for field '${field.name}': 'the numpy file dtype '${excerpt(descr)}' is not supported', expected element type '${dataTypeName(field.dataType)}' (${wanted}), got type '${excerpt(dtypeName(descr))}'`,
  );
}

/** Elements of a row. */
function checkShape(field: FieldSchema, dtype: Dtype, shape: readonly number[]): number {
  const type = dataTypeName(field.dataType);
  const dimensions = isDenseVector(field.dataType) ? 2 : 1;
  if (shape.length !== dimensions) {
    throw mismatch(
      `expected shape '${dimensions}' for ${type} field '${field.name}', got shape '${shape.length}': (${shape.join(", ")})`,
    );
  }
  if (dimensions === 1) return 1;
  const itemsPerDim = dtype.code !== "u1" ? 1 : field.dataType === DataType.BinaryVector ? 1 / 8 : 2;
  if (shape[1] === field.dim * itemsPerDim) return shape[1];
  throw mismatch(`expected dim '${field.dim}' for ${type} field '${field.name}', got dim '${shape[1] / itemsPerDim}'`);
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

function mismatch(reason: string): ImportError {
  return new ImportError("schema_mismatch", reason);
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
