import { analyzerParamsOf, queryTerms } from "@sluice/functions";
import { common } from "@sluice/rpc";
import { DataType, dataTypeName, type FieldSchema, vectorBytes } from "@sluice/schema";
import {
  bfloat16BitsToFloat32,
  float16BitsToFloat32,
  float32ToBfloat16Bits,
  float32ToFloat16Bits,
} from "@sluice/values";
import { refuse } from "./metrics.ts";

/** `count * dim` numbers: of every dense type with numbers for elements. */
export interface FloatVectors {
  readonly kind: "floats";
  readonly count: number;
  readonly values: Float32Array;
}

/** Vectors that are searched for, one a query. */
export type PlainVectors =
  | FloatVectors
  | { readonly kind: "bits"; readonly count: number; readonly values: readonly Uint8Array[] }
  /** Pairs of index and value, ascending by index. */
  | { readonly kind: "sparse"; readonly count: number; readonly values: readonly SparseQuery[] };

/** Queries of several vectors each, for rows that have lists of them. */
export interface ListVectors {
  readonly kind: "lists";
  readonly count: number;
  /** Where the vectors of each query end. */
  readonly ends: Uint32Array;
  readonly vectors: PlainVectors;
}

/** What is searched for: one vector a query, or a list of them. */
export type QueryVectors = PlainVectors | ListVectors;

/** Vectors that each row's are compared with. */
export function vectorCount(queries: QueryVectors): number {
  return queries.kind === "lists" ? queries.vectors.count : queries.count;
}

/** Parallel: of each term or index its value. */
export interface SparseQuery {
  readonly indices: Uint32Array;
  readonly values: Float32Array | Float64Array;
}

const SHARED_FROM_BYTES = 64 << 10;
const MAX_QUERIES = 16_384;

/** The same in memory that threads share, where it is worth it: each task brings the vectors along. */
export function shareable<Q extends QueryVectors>(queries: Q): Q;
export function shareable(queries: QueryVectors): QueryVectors {
  if (queries.kind === "lists") return { ...queries, vectors: shareable(queries.vectors) };
  if (queries.kind !== "floats" || queries.values.byteLength < SHARED_FROM_BYTES) return queries;
  const values = new Float32Array(new SharedArrayBuffer(queries.values.byteLength));
  values.set(queries.values);
  return { ...queries, values };
}

/** The text that a BM25 function makes a field of, and the name of the analyzer that queries are split by where it has several. */
export interface TermText {
  readonly field: FieldSchema;
  readonly analyzerName: string;
}

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

/** No field holds a longer text. */
const MAX_TEXT_BYTES = 65_535;
/** Of a search: they are split into terms in one go, which every other call waits for. */
const MAX_TEXTS_BYTES = 4 << 20;

/** Texts that are searched for, as terms with how often each occurs. @throws {StatusError} 1100 when they are none, or too long */
export function termQueries(cells: readonly Uint8Array[], type: number, text: TermText): QueryVectors {
  if (type !== DataType.VarChar)
    refuse("please provide varchar/text for BM25 Function based search: invalid parameter");
  checkTextBytes(cells);
  // What is no UTF-8 becomes characters of replacement, as it would not in a field.
  const texts = cells.map((cell) => Buffer.from(Buffer.from(cell).toString("utf8")));
  const found = queryTerms(analyzerParamsOf(text.field.typeParams)(text.analyzerName), texts);
  const values = found.map(({ terms, counts }): SparseQuery => ({ indices: terms, values: counts }));
  return { kind: "sparse", count: values.length, values };
}

/** @throws {StatusError} 1100 for texts that would hold up every other call */
export function checkTextBytes(texts: readonly Uint8Array[]): void {
  const [longest, all] = [
    texts.reduce((most, { length }) => Math.max(most, length), 0),
    texts.reduce((sum, { length }) => sum + length, 0),
  ];
  if (longest > MAX_TEXT_BYTES)
    refuse(`a text of ${longest} bytes is longer than ${MAX_TEXT_BYTES}, as no field has it: search for a part of it`);
  if (all > MAX_TEXTS_BYTES)
    refuse(`the texts of a search have ${all} bytes, more than ${MAX_TEXTS_BYTES}: send them in several searches`);
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
