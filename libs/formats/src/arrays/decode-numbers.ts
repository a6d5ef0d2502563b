import type { Column } from "@sluice/columns";
import type { ImportError } from "@sluice/errors";
import { DataType, dataTypeName, fixedWidth } from "@sluice/schema";
import { float32ToBfloat16Bits, float32ToFloat16Bits } from "@sluice/values";
import type { RowRejects } from "../row-rejects.ts";
import { type ArrayColumn, invalidValue } from "./array-column.ts";
import { findNonFinite32, findNonFinite64, findNonFiniteBrain, findNonFiniteHalf } from "./finite.ts";

/**
 * Turns rows as they lie in the file, row after row, into a column. The column may be a view of `raw`, which may be changed;
 * it is valid until the next call.
 * @param raw 8-byte aligned, at least `rows * rowBytes` bytes
 * @param firstRow number of its first row in the file
 * @throws {ImportError} `value_invalid`, located
 */
export type ColumnDecoder = (raw: Uint8Array, rows: number, firstRow: number) => Column;

/** A decoder for scalars and dense vectors. */
export function numberDecoder(column: ArrayColumn, rejects: RowRejects): ColumnDecoder {
  const { field, dtype, rowBytes } = column;
  const width = fixedWidth(field);
  const convert = conversionOf(column);
  const findBad = finder(field.dataType);
  let converted = new Uint8Array(0);
  return (raw, rows, firstRow) => {
    const source = raw.subarray(0, rows * rowBytes);
    if (dtype.bigEndian) swapBytes(source, dtype.itemBytes);
    if (convert && converted.length < rows * width) converted = new Uint8Array(rows * width);
    const data = convert ? converted.subarray(0, rows * width) : source;
    convert?.(source, data);
    const bad = findBad?.(data, (rows * width) / elementBytes(field.dataType)) ?? -1;
    if (bad >= 0)
      refuseElements(column, rejects, { source, data, isConverted: convert !== undefined, bad, firstRow, rows });
    return { kind: "fixed", width, data, validity: undefined };
  };
}

/** Reverses the bytes of each element. */
export function swapBytes(bytes: Uint8Array, itemBytes: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (itemBytes === 2) buffer.swap16();
  else if (itemBytes === 4) buffer.swap32();
  else if (itemBytes === 8) buffer.swap64();
}

type Conversion = (source: Uint8Array, target: Uint8Array) => void;

/** Undefined where the file holds the bytes of the column. */
function conversionOf({ field, dtype }: ArrayColumn): Conversion | undefined {
  const { dataType } = field;
  const isHalf = dataType === DataType.Float16Vector || dataType === DataType.BFloat16Vector;
  if (dtype.code === "u1" || (!isHalf && dataType !== DataType.FloatVector)) return undefined;
  if (dataType === DataType.FloatVector) {
    if (dtype.code === "f4") return undefined;
    return (source, target) => float32View(target).set(floatView(source, dtype.code));
  }
  if (dataType === DataType.Float16Vector && dtype.code === "f2") return undefined;
  const toBits = dataType === DataType.Float16Vector ? float32ToFloat16Bits : float32ToBfloat16Bits;
  return (source, target) => toHalves(floatView(source, dtype.code), target, toBits);
}

function toHalves(values: Floats, target: Uint8Array, toBits: (value: number) => number): void {
  const halves = new Uint16Array(target.buffer, target.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) halves[i] = toBits(values[i]);
}

type Floats = Float16Array | Float32Array | Float64Array;

function floatView(bytes: Uint8Array, code: string): Floats {
  if (code === "f4") return float32View(bytes);
  if (code === "f2") return new Float16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
}

function float32View(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** Index of the first of `count` elements that the type does not take, or -1. */
type Finder = (bytes: Uint8Array, count: number) => number;

function finder(type: DataType): Finder | undefined {
  switch (type) {
    case DataType.Bool:
      return findNoBool;
    case DataType.Float:
    case DataType.FloatVector:
      return findNonFinite32;
    case DataType.Double:
      return findNonFinite64;
    case DataType.Float16Vector:
      return findNonFiniteHalf;
    case DataType.BFloat16Vector:
      return findNonFiniteBrain;
    default:
      return undefined;
  }
}

function findNoBool(bytes: Uint8Array, count: number): number {
  let seen = 0;
  for (let i = 0; i < count; i++) seen |= bytes[i];
  return seen <= 1 ? -1 : bytes.findIndex((byte) => byte > 1);
}

function elementBytes(type: DataType): number {
  if (type === DataType.Double) return 8;
  if (type === DataType.Float || type === DataType.FloatVector) return 4;
  return type === DataType.Float16Vector || type === DataType.BFloat16Vector ? 2 : 1;
}

/** A batch in which an element was found that its field does not take. */
interface BadBatch {
  /** As in the file, and as in the column. */
  readonly source: Uint8Array;
  readonly data: Uint8Array;
  readonly isConverted: boolean;
  /** The first bad element, among the decoded ones. */
  readonly bad: number;
  readonly firstRow: number;
  readonly rows: number;
}

/** Refuses the rows of all bad elements, each for its first one. */
function refuseElements(column: ArrayColumn, rejects: RowRejects, batch: BadBatch): void {
  const { data, firstRow, rows } = batch;
  const type = column.field.dataType;
  const perRow = data.length / elementBytes(type) / rows;
  const isBad = elementTest(type, data);
  for (let element = batch.bad; element < rows * perRow; ) {
    const row = Math.floor(element / perRow);
    if (isBad(element)) rejects.add(firstRow + row, badElement(column, batch, element));
    element = isBad(element) ? (row + 1) * perRow : element + 1;
  }
}

/** @param bad index among the decoded elements of the batch */
function badElement(column: ArrayColumn, { source, isConverted, firstRow, rows }: BadBatch, bad: number): ImportError {
  const { field, dtype, rowItems } = column;
  // Raw bytes of half vectors are two items an element; otherwise items and elements are one.
  const item = bad * (dtype.code === "u1" ? 2 : 1);
  const row = Math.floor(item / rowItems);
  const locate = (reason: string) => invalidValue(column, firstRow + row, reason, item - row * rowItems);
  if (field.dataType === DataType.Bool)
    return locate(`expected 0 or 1 for Bool field '${field.name}', got ${source[bad]}`);
  const value =
    dtype.code === "u1" ? Number.NaN : floatView(source.subarray(0, rows * column.rowBytes), dtype.code)[bad];
  if (isConverted && Number.isFinite(value)) {
    return locate(`value ${value} of field '${field.name}' is out of the range of ${dataTypeName(field.dataType)}`);
  }
  return locate(`field '${field.name}' holds a value '${value}' that is not a number or infinity`);
}

/** Tells of one element whether the type takes it not. */
function elementTest(type: DataType, data: Uint8Array): (element: number) => boolean {
  const { buffer, byteOffset, length } = data;
  if (type === DataType.Bool) return (i) => data[i] > 1;
  if (type === DataType.Double) return testNonFinite(new Float64Array(buffer, byteOffset, length >>> 3));
  if (type === DataType.Float || type === DataType.FloatVector)
    return testNonFinite(new Float32Array(buffer, byteOffset, length >>> 2));
  const halves = new Uint16Array(buffer, byteOffset, length >>> 1);
  const exponent = type === DataType.BFloat16Vector ? 0x7f80 : 0x7c00;
  return (i) => (halves[i] & exponent) === exponent;
}

function testNonFinite(values: Float32Array | Float64Array): (element: number) => boolean {
  return (i) => !Number.isFinite(values[i]);
}
