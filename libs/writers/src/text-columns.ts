import { type Column, isNull, type VarColumn, varValue } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import { decodeSparseCell, formatTimestamptz, wkbToWkt } from "@sluice/values";
import { ByteWriter } from "./byte-writer.ts";

/** Whether a field's values are written as text: those that are text, and those that other programs know as text alone. */
export function isText({ dataType }: FieldSchema): boolean {
  return isPlainText(dataType) || textOf[dataType] !== undefined;
}

function isPlainText(dataType: DataType): boolean {
  const texts: readonly DataType[] = [DataType.VarChar, DataType.String, DataType.Text, DataType.JSON];
  return texts.includes(dataType);
}

type TextOf = (column: Column, row: number) => string;

const textOf: Readonly<Partial<Record<DataType, TextOf>>> = {
  [DataType.SparseFloatVector]: (column, row) => sparseText(varValue(column as VarColumn, row)),
  [DataType.Geometry]: (column, row) => wkbToWkt(varValue(column as VarColumn, row)),
  [DataType.Timestamptz]: ({ data }, row) => {
    const micros = new DataView(data.buffer, data.byteOffset + 8 * row, 8).getBigInt64(0, true);
    return formatTimestamptz(micros, "UTC");
  },
};

/** The values as UTF-8: JSON of sparse vectors, WKT of geometries, RFC 3339 in UTC of times; others as they stand. */
export function textColumn({ dataType }: FieldSchema, column: Column, rowCount: number): VarColumn {
  const text = textOf[dataType];
  if (!text) return column as VarColumn;
  const bytes = new ByteWriter(16 * rowCount);
  const offsets = new Uint32Array(rowCount + 1);
  for (let row = 0; row < rowCount; row++) {
    if (!isNull(column, row)) bytes.bytes(Buffer.from(text(column, row)));
    offsets[row + 1] = bytes.length;
  }
  return { kind: "var", offsets, data: bytes.written, validity: column.validity };
}

/** `{"1":0.5,"7":2}`, as pymilvus writes it. */
function sparseText(cell: Uint8Array): string {
  const { indices, values } = decodeSparseCell(cell);
  return `{${indices.map((index, i) => `"${index}":${values[i]}`).join(",")}}`;
}
