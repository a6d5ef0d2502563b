import { type Column, type FixedColumn, isNull, type VarColumn, varValue } from "@sluice/columns";
import { DataType, type FieldSchema, isDenseVector, vectorBytes } from "@sluice/schema";
import { bfloat16BitsToFloat32, decodeArrayCell, decodeVectorArrayCell, float16BitsToFloat32 } from "@sluice/values";
import type { ByteWriter } from "../byte-writer.ts";
import { doubleText, FLOAT_TEXT_BYTES, floatText, writeFloatText } from "../float-text.ts";
import { textColumn } from "../text-columns.ts";
import { writeJsonText } from "./json-text.ts";

/** Writes the value of a row. */
export type WriteCell = (row: number, out: ByteWriter) => void;

/** How the values of a column stand in JSON. */
export function jsonCells(field: FieldSchema, column: Column, rowCount: number): WriteCell {
  const write = valueWriter(field, column, rowCount);
  return (row, out) => (isNull(column, row) ? out.ascii("null") : write(row, out));
}

function valueWriter(field: FieldSchema, column: Column, rowCount: number): WriteCell {
  const { dataType, elementType } = field;
  if (isDenseVector(dataType)) return vectorWriter(field, column as FixedColumn);
  if (column.kind === "fixed" && dataType !== DataType.Timestamptz) return scalarWriter(dataType, column);
  const text = textColumn(field, column, rowCount);
  switch (dataType) {
    case DataType.Array:
      return (row, out) =>
        writeList(out, decodeArrayCell(elementType, varValue(text, row)).map(elementText(elementType)));
    case DataType.JSON:
      return (row, out) => (isObject(text, row) ? writeOneLine : writeText)(text, row, out);
    case DataType.SparseFloatVector:
      return (row, out) => writeOneLine(text, row, out);
    default:
      return (row, out) => writeText(text, row, out);
  }
}

function writeText({ data, offsets }: VarColumn, row: number, out: ByteWriter): void {
  writeJsonText(data, offsets[row], offsets[row + 1], out);
}

/** Importers take objects as they stand, and of other values their JSON as a text. Source: import semantics of Milvus. */
function isObject({ data, offsets }: VarColumn, row: number): boolean {
  let at = offsets[row];
  while (data[at] === 0x20 || (data[at] >= 0x09 && data[at] <= 0x0d)) at++;
  return data[at] === 0x7b;
}

/** JSON that is stored may have line breaks between its parts, where a blank means the same; in its texts there are none. */
function writeOneLine({ data, offsets }: VarColumn, row: number, out: ByteWriter): void {
  let from = offsets[row];
  const end = offsets[row + 1];
  for (let at = from; at < end; at++) {
    if (data[at] !== 0x0a && data[at] !== 0x0d) continue;
    out.bytes(data, from, at);
    out.byte(0x20);
    from = at + 1;
  }
  out.bytes(data, from, end);
}

function scalarWriter(type: DataType, { data, width }: FixedColumn): WriteCell {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (type) {
    case DataType.Bool:
      return (row, out) => out.ascii(data[row] === 0 ? "false" : "true");
    case DataType.Float:
      return (row, out) => out.ascii(floatText(view.getFloat32(row * 4, true)));
    case DataType.Double:
      return (row, out) => out.ascii(doubleText(view.getFloat64(row * 8, true)));
    case DataType.Int64:
      return (row, out) => out.ascii(String(view.getBigInt64(row * 8, true)));
    default: {
      const read = { 1: view.getInt8, 2: view.getInt16, 4: view.getInt32 }[width as 1 | 2 | 4].bind(view);
      return (row, out) => out.ascii(String(read(row * width, true)));
    }
  }
}

function vectorWriter({ dataType, dim }: FieldSchema, { data, width }: FixedColumn): WriteCell {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const { read, itemBytes } = vectorItems(dataType, view);
  const items = dataType === DataType.BinaryVector ? width : dim;
  return (row, out) =>
    out.fill(items * (FLOAT_TEXT_BYTES + 1) + 2, (bytes, start) => {
      let at = start;
      for (let i = 0; i < items; i++) {
        bytes[at] = i === 0 ? 0x5b : 0x2c;
        at = writeFloatText(read(row * width + i * itemBytes), bytes, at + 1);
      }
      bytes[at] = 0x5d;
      return at + 1;
    });
}

/** The numbers of a vector: of binary ones the bytes, of halves what they stand for. */
function vectorItems(type: DataType, view: DataView): { read: (at: number) => number; itemBytes: number } {
  switch (type) {
    case DataType.FloatVector:
      return { read: (at) => view.getFloat32(at, true), itemBytes: 4 };
    case DataType.Float16Vector:
      return { read: (at) => float16BitsToFloat32(view.getUint16(at, true)), itemBytes: 2 };
    case DataType.BFloat16Vector:
      return { read: (at) => bfloat16BitsToFloat32(view.getUint16(at, true)), itemBytes: 2 };
    case DataType.Int8Vector:
      return { read: (at) => view.getInt8(at), itemBytes: 1 };
    default:
      return { read: (at) => view.getUint8(at), itemBytes: 1 };
  }
}

function elementText(type: DataType): (element: bigint | number | boolean | string) => string {
  if (type === DataType.Float) return (element) => floatText(element as number);
  if (type === DataType.Double) return (element) => doubleText(element as number);
  return type === DataType.VarChar || type === DataType.String ? (element) => JSON.stringify(element) : String;
}

/** @param texts values in JSON */
export function writeList(out: ByteWriter, texts: readonly string[]): void {
  out.bytes(Buffer.from(`[${texts.join(",")}]`));
}

/** Values of a struct's member in a row, each as JSON. */
export function memberTexts(field: FieldSchema, column: VarColumn, row: number): string[] {
  const { elementType, dim, dataType } = field;
  const cell = varValue(column, row);
  if (dataType !== DataType.ArrayOfVector) return decodeArrayCell(elementType, cell).map(elementText(elementType));
  const vectors = decodeVectorArrayCell(elementType, dim, cell);
  const { read, itemBytes } = vectorItems(
    elementType,
    new DataView(vectors.buffer, vectors.byteOffset, vectors.byteLength),
  );
  const width = vectorBytes(elementType, dim);
  const texts = (start: number) =>
    Array.from({ length: width / itemBytes }, (_, i) => floatText(read(start + i * itemBytes)));
  return Array.from({ length: vectors.length / width }, (_, n) => `[${texts(n * width).join(",")}]`);
}
