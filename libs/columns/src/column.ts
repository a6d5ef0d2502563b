/**
 * Values of equal width: scalars and dense vectors, little-endian, row after row, as in memory of a C struct array.
 * Bool is one byte (0 or 1), Int8 one, Int16 two; binary vectors dim/8 bytes; half vectors 2 bytes an element.
 */
export interface FixedColumn {
  readonly kind: "fixed";
  /** Bytes of one value. */
  readonly width: number;
  /** At least `rowCount * width` bytes; byteOffset is a multiple of 8, so that typed views may be laid over it. */
  readonly data: Uint8Array;
  /** One byte a row, 1 = value, 0 = null; absent when every row has a value. A null's bytes are zero. */
  readonly validity: Uint8Array | undefined;
}

/**
 * Values of any length: VarChar and Text (UTF-8), JSON (UTF-8 text), Array (serialized `ScalarField`), sparse vectors
 * (uint32 index, float32 value, index ascending), Geometry (WKB), ArrayOfVector (serialized `VectorField`).
 */
export interface VarColumn {
  readonly kind: "var";
  /** `rowCount + 1` offsets into `data`, ascending, first 0 (or more, for a slice). A null is empty. */
  readonly offsets: Uint32Array;
  readonly data: Uint8Array;
  readonly validity: Uint8Array | undefined;
}

/** Which of the two it is follows from the field: `var` where `fixedWidth` of `@sluice/schema` is 0. */
export type Column = FixedColumn | VarColumn;

/** What rows have besides their fields that come out of a segment. */
export interface StoredRows {
  /** Int64, a number a row. */
  readonly rowIds: Column;
  /** Int64, hybrid: since when each row counts. */
  readonly timestamps: Column;
}

/**
 * Rows by column. Borrowed: a reader may overwrite the memory when its next batch is asked for, so who keeps values
 * copies them.
 */
export interface InsertBatch {
  readonly rowCount: number;
  /** Parallel to `schema.fields`; undefined where the file has no such column (automatic key, all null, all default). */
  readonly columns: readonly (Column | undefined)[];
  /** Source bytes consumed since the reader was opened, for progress. */
  readonly sourceBytes: number;
  /** Only of rows that have been in a segment before. */
  readonly storedRows?: StoredRows;
}

/** Bytes that the batch's values take. */
export function batchBytes(batch: InsertBatch): number {
  let total = 0;
  for (const column of batch.columns) if (column) total += columnBytes(column, batch.rowCount);
  return total;
}

/** Bytes that `rowCount` values of a column take, without offsets and validity. */
export function columnBytes(column: Column, rowCount: number): number {
  return column.kind === "fixed" ? rowCount * column.width : column.offsets[rowCount] - column.offsets[0];
}

/** Typed views over a fixed column. @throws RangeError when the memory is not aligned. */
export const views = {
  int16: (column: FixedColumn, rows: number) => new Int16Array(column.data.buffer, column.data.byteOffset, rows),
  int32: (column: FixedColumn, rows: number) => new Int32Array(column.data.buffer, column.data.byteOffset, rows),
  int64: (column: FixedColumn, rows: number) => new BigInt64Array(column.data.buffer, column.data.byteOffset, rows),
  float32: (column: FixedColumn, rows: number) => new Float32Array(column.data.buffer, column.data.byteOffset, rows),
  float64: (column: FixedColumn, rows: number) => new Float64Array(column.data.buffer, column.data.byteOffset, rows),
};

/** Bytes of one value of a var column, without copying. */
export function varValue(column: VarColumn, row: number): Uint8Array {
  return column.data.subarray(column.offsets[row], column.offsets[row + 1]);
}

/** Is row `row` null? */
export function isNull(column: Column, row: number): boolean {
  return column.validity !== undefined && column.validity[row] === 0;
}
