import { common } from "@sluice/rpc";
import { DataType, dataTypeName, type FieldSchema, vectorBytes } from "@sluice/schema";
import {
  bfloat16BitsToFloat32,
  float16BitsToFloat32,
  float32ToBfloat16Bits,
  float32ToFloat16Bits,
} from "@sluice/values";
import { refuse } from "./metrics.ts";
import { type TermText, termQueries } from "./query-texts.ts";
import type { ListVectors, PlainVectors, QueryVectors, SparseQuery } from "./query-vectors.ts";

// Vectors, or texts, as requests have them. The words of refusals are Milvus's.

/** Vectors of one search, as in Milvus. */
const MAX_QUERIES = 16_384;

/**
 * The vectors of a request.
 * @param text where the field is made of it: then text is searched for
 * @throws {StatusError} 1100 when they do not fit the field, or are none
 */
export function decodePlaceholders(
  group: Uint8Array,
  field: FieldSchema,
  { text, isMaxSim }: { readonly text: TermText | undefined; readonly isMaxSim: boolean },
): QueryVectors {
  const { placeholders } = common.PlaceholderGroup.decode(group);
  const [placeholder] = placeholders;
  if (!placeholder) return refuse("empty search request: invalid parameter");
  if (placeholders.length > 1)
    refuse("several placeholders in one search are not supported: send one with all vectors");
  checkCount(placeholder.values.length);
  const type = placeholder.type as number;
  return text ? termQueries(placeholder.values, type, text) : queryVectors(placeholder.values, type, field, isMaxSim);
}

function checkCount(count: number): void {
  if (count >= 1 && count <= MAX_QUERIES) return;
  const range = `should be in range [1, ${MAX_QUERIES}], but got ${count}`;
  refuse(`nq [${count}] is invalid, nq (number of search vector per search request) ${range}: invalid parameter`);
}

/**
 * Vectors by their bytes.
 * @param type of the bytes; float32 is taken for half types too, rounded to them first
 * @param isMaxSim whether plain vectors are for rows with lists of them, not for each vector of these
 */
export function queryVectors(
  cells: readonly Uint8Array[],
  type: number,
  field: FieldSchema,
  isMaxSim = false,
): QueryVectors {
  checkCount(cells.length);
  if (field.dataType !== DataType.ArrayOfVector) return plainVectors(cells, type, field);
  if (isMaxSim || type in listTypes) return listVectors(cells, type, field);
  return plainVectors(cells, type, { ...field, dataType: field.elementType });
}

/** Types of placeholders that hold a list of vectors each, by the type of these. */
const listTypes: Readonly<Record<number, DataType>> = {
  300: DataType.BinaryVector,
  301: DataType.FloatVector,
  302: DataType.Float16Vector,
  303: DataType.BFloat16Vector,
  305: DataType.Int8Vector,
};

/** A plain vector is a list of one. */
function listVectors(cells: readonly Uint8Array[], type: number, field: FieldSchema): ListVectors {
  const member = { ...field, dataType: field.elementType };
  const single = listTypes[type] ?? (type as DataType);
  checkType(single, member);
  const size = vectorBytes(single, field.dim);
  const one = (cell: Uint8Array) => {
    if (cell.length === 0 || cell.length % size !== 0)
      refuse(`vector dimension mismatch, expected vectors of size(byte) ${size}, actual ${cell.length}.`);
    return Array.from({ length: cell.length / size }, (_, i) => cell.subarray(i * size, (i + 1) * size));
  };
  const lists = cells.map(one);
  let end = 0;
  const ends = Uint32Array.from(lists, (list) => (end += list.length));
  if (end > MAX_QUERIES) refuse(`${end} vectors in one search are more than ${MAX_QUERIES}: invalid parameter`);
  return { kind: "lists", count: cells.length, ends, vectors: plainVectors(lists.flat(), single, member) };
}

function plainVectors(cells: readonly Uint8Array[], type: number, field: FieldSchema): PlainVectors {
  const { length: count } = cells;
  checkType(type, field);
  if (field.dataType === DataType.SparseFloatVector) return { kind: "sparse", count, values: cells.map(sparseQuery) };
  const size = vectorBytes(type as DataType, field.dim);
  for (const { length } of cells)
    if (length !== size) refuse(`vector dimension mismatch, expected vector size(byte) ${size}, actual ${length}.`);
  if (field.dataType === DataType.BinaryVector) return { kind: "bits", count, values: cells };
  const values = new Float32Array(count * field.dim);
  for (const [i, cell] of cells.entries())
    widen(cell, type, field, values.subarray(i * field.dim, (i + 1) * field.dim));
  return { kind: "floats", count, values };
}

function checkType(type: number, { name, dataType }: FieldSchema): void {
  const isRounded = type === DataType.FloatVector && isHalf(dataType);
  if (type === dataType || isRounded) return;
  if (type === DataType.VarChar)
    refuse(`text is searched for in outputs of BM25 functions, and ${name} is none: make its vector in the client`);
  refuse(
    `vector type must be the same: field type ${dataTypeName(dataType)}, search type ${dataTypeName(type)}: invalid parameter`,
  );
}

function isHalf(type: DataType): boolean {
  return type === DataType.Float16Vector || type === DataType.BFloat16Vector;
}

function widen(cell: Uint8Array, type: number, { dataType }: FieldSchema, out: Float32Array): void {
  const view = new DataView(cell.buffer, cell.byteOffset, cell.byteLength);
  for (let i = 0; i < out.length; i++) {
    if (type === DataType.Int8Vector) out[i] = view.getInt8(i);
    else if (type === DataType.Float16Vector) out[i] = float16BitsToFloat32(view.getUint16(2 * i, true));
    else if (type === DataType.BFloat16Vector) out[i] = bfloat16BitsToFloat32(view.getUint16(2 * i, true));
    else out[i] = asStored(view.getFloat32(4 * i, true), dataType);
    if (!Number.isFinite(out[i])) refuse(`value '${out[i]}' is not a number or infinity: invalid parameter`);
  }
}

/** As the field would have it. */
function asStored(value: number, dataType: DataType): number {
  if (dataType === DataType.Float16Vector) return float16BitsToFloat32(float32ToFloat16Bits(value));
  if (dataType === DataType.BFloat16Vector) return bfloat16BitsToFloat32(float32ToBfloat16Bits(value));
  return value;
}

function sparseQuery(cell: Uint8Array): SparseQuery {
  if (cell.length % 8 !== 0) refuse(`a sparse vector of ${cell.length} bytes is cut short: invalid parameter`);
  const view = new DataView(cell.buffer, cell.byteOffset, cell.byteLength);
  const count = cell.length / 8;
  const order = Array.from({ length: count }, (_, i) => i);
  order.sort((a, b) => view.getUint32(8 * a, true) - view.getUint32(8 * b, true));
  return {
    indices: Uint32Array.from(order, (i) => view.getUint32(8 * i, true)),
    values: Float32Array.from(order, (i) => view.getFloat32(8 * i + 4, true)),
  };
}
