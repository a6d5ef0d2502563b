import { Damage } from "@sluice/parquet";
import { DataType, dataTypeName } from "@sluice/schema";
import { bfloat16BitsToFloat32, decodeSparseCell, findJsonError, float16BitsToFloat32 } from "@sluice/values";
import type { Message } from "../../../protobuf.ts";
import type { JsonLines } from "../../json-lines.ts";

// The value of one row as a column of one: `FieldData` of Milvus's schema.proto.

const [TYPE, SCALARS, VECTORS] = [1, 3, 4];
/** Members of `ScalarField` for lists and JSON, and of `VectorField`, by what they hold. */
const [LISTS, JSON_TEXTS] = [8, 9];
const vectors = { float: 2, binary: 3, float16: 4, bfloat16: 5, sparse: 6, int8: 7 };
/** The values of each of them. */
const DATA = 1;

type WriteValue = (lines: JsonLines) => void;
const numbersOf = (values: readonly (number | bigint)[]): WriteValue[] =>
  values.map((value) => (lines) => lines.number(value));
const integersOf = (values: Message) => numbersOf(values.bigs(DATA).map(signed));

/** The other members of `ScalarField`; a list does not tell the type of its elements in another way. */
const scalars: readonly (readonly [member: number, valuesOf: (values: Message) => WriteValue[]])[] = [
  [1, (values) => values.bigs(DATA).map((value) => (lines) => lines.out.ascii(String(value !== 0n)))],
  [2, integersOf],
  [3, integersOf],
  [4, (values) => numbersOf(floatsOf(values.bytes(DATA), 4))],
  [5, (values) => numbersOf(floatsOf(values.bytes(DATA), 8))],
  [6, (values) => values.all(DATA).map((bytes) => (lines) => lines.text(bytes))],
];

/** Writes the value as JSON. @throws {Damage} for one that is not there, or of a type that has no form */
export function writeField(lines: JsonLines, field: Message): void {
  if (field.has(VECTORS)) writeVector(lines, field.number(TYPE) as DataType, field.message(VECTORS));
  else writeScalar(lines, field.message(SCALARS));
}

function writeScalar(lines: JsonLines, scalar: Message): void {
  if (scalar.has(LISTS)) writeList(lines, onlyOne(scalar.message(LISTS).messages(DATA)));
  else if (scalar.has(JSON_TEXTS)) writeJson(lines, onlyOne(scalar.message(JSON_TEXTS).all(DATA)));
  else onlyOne(valuesOf(scalar))(lines);
}

function writeList(lines: JsonLines, list: Message): void {
  lines.out.byte(0x5b);
  for (const [i, write] of valuesOf(list).entries()) {
    if (i > 0) lines.out.byte(0x2c);
    write(lines);
  }
  lines.out.byte(0x5d);
}

function valuesOf(scalar: Message): WriteValue[] {
  return scalars.flatMap(([member, read]) => (scalar.has(member) ? read(scalar.message(member)) : []));
}

function signed(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function floatsOf(bytes: Uint8Array, width: 4 | 8): number[] {
  const view = viewOf(bytes);
  const at = (i: number) => (width === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true));
  return Array.from({ length: Math.floor(bytes.length / width) }, (_, i) => at(i));
}

/** Text that is JSON on one line, else a text that whoever reads it refuses. */
function writeJson(lines: JsonLines, bytes: Uint8Array): void {
  const isWhole = findJsonError(bytes, 0, bytes.length) < 0 && !bytes.includes(0x0a) && !bytes.includes(0x0d);
  if (isWhole) lines.out.copy(bytes, 0, bytes.length);
  else lines.text(bytes);
}

type WriteVector = (lines: JsonLines, vector: Message) => void;

const vectorWriters: Readonly<Partial<Record<DataType, WriteVector>>> = {
  [DataType.FloatVector]: (lines, vector) => lines.floats(vector.message(vectors.float).bytes(DATA)),
  [DataType.BinaryVector]: (lines, vector) => writeBytes(lines, vector.bytes(vectors.binary), (byte) => byte),
  [DataType.Int8Vector]: (lines, vector) => writeBytes(lines, vector.bytes(vectors.int8), (byte) => (byte << 24) >> 24),
  [DataType.Float16Vector]: (lines, vector) => writeHalves(lines, vector.bytes(vectors.float16), float16BitsToFloat32),
  [DataType.BFloat16Vector]: (lines, vector) =>
    writeHalves(lines, vector.bytes(vectors.bfloat16), bfloat16BitsToFloat32),
  [DataType.SparseFloatVector]: (lines, vector) =>
    writeSparse(lines, onlyOne(vector.message(vectors.sparse).all(DATA))),
};

function writeVector(lines: JsonLines, type: DataType, vector: Message): void {
  const write = vectorWriters[type];
  if (!write) throw new Damage(`a field has the type ${dataTypeName(type)}`);
  write(lines, vector);
}

function writeBytes(lines: JsonLines, bytes: Uint8Array, toNumber: (byte: number) => number): void {
  lines.list(bytes.length, (i) => toNumber(bytes[i]));
}

function writeHalves(lines: JsonLines, bytes: Uint8Array, toNumber: (bits: number) => number): void {
  const view = viewOf(bytes);
  lines.list(bytes.length >>> 1, (i) => toNumber(view.getUint16(2 * i, true)));
}

function writeSparse(lines: JsonLines, cell: Uint8Array): void {
  if (cell.length % 8 !== 0) throw new Damage(`a sparse vector has ${cell.length} bytes`);
  const { indices, values } = decodeSparseCell(cell);
  lines.out.ascii('{"indices":');
  lines.list(indices.length, (i) => indices[i]);
  lines.out.ascii(',"values":');
  lines.list(values.length, (i) => values[i]);
  lines.out.ascii("}");
}

function onlyOne<T>(values: readonly T[]): T {
  if (values.length !== 1) throw new Damage(`a field has ${values.length} values`);
  return values[0];
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
