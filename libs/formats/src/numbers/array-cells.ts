import type { BytesSink } from "@sluice/parquet";
import { DataType } from "@sluice/schema";
import type { Texts } from "../text-checks.ts";
import type { NumberViews } from "./number-kind.ts";

// A cell of an Array column is a protobuf `ScalarField` with one member, a message whose field 1 is the list. Written here
// straight from typed arrays into the column; `encodeArrayCell` of the schema package does the same from JavaScript values.
// Source: binlog format §4.3.

const members: Readonly<Partial<Record<DataType, number>>> = {
  [DataType.Bool]: 1,
  [DataType.Int8]: 2,
  [DataType.Int16]: 2,
  [DataType.Int32]: 2,
  [DataType.Int64]: 3,
  [DataType.Float]: 4,
  [DataType.Double]: 5,
  [DataType.VarChar]: 6,
  [DataType.String]: 6,
};

const LENGTH_DELIMITED = 2;
const LIST_TAG = (1 << 3) | LENGTH_DELIMITED;

/** Appends a cell of the elements `[from, to)`; integers and Bool lie in `values` in their own width. */
export function appendNumberCell(
  type: DataType,
  values: NumberViews,
  from: number,
  to: number,
  cells: BytesSink,
): void {
  const packed = packedSize(type, values, from, to);
  const list = packed === 0 ? 0 : 1 + varintSize(packed) + packed;
  let at = cells.open(1 + varintSize(list) + list);
  const out = cells.data;
  out[at++] = (members[type]! << 3) | LENGTH_DELIMITED;
  at = writeVarint(out, at, list);
  if (packed === 0) return;
  out[at++] = LIST_TAG;
  at = writeVarint(out, at, packed);
  if (type === DataType.Bool || type === DataType.Float || type === DataType.Double) {
    const width = packed / (to - from);
    out.set(values.bytes.subarray(from * width, to * width), at);
  } else for (let i = from; i < to; i++) at = writeInteger(out, at, low(type, values, i), high(type, values, i));
}

/** Appends a cell of the texts `[from, to)`. */
export function appendTextCell(texts: Texts, from: number, to: number, cells: BytesSink): void {
  const { data, offsets } = texts;
  let list = 0;
  for (let i = from; i < to; i++) {
    const length = offsets[i + 1] - offsets[i];
    list += 1 + varintSize(length) + length;
  }
  let at = cells.open(1 + varintSize(list) + list);
  const out = cells.data;
  out[at++] = (members[DataType.VarChar]! << 3) | LENGTH_DELIMITED;
  at = writeVarint(out, at, list);
  for (let i = from; i < to; i++) {
    const length = offsets[i + 1] - offsets[i];
    out[at++] = LIST_TAG;
    at = writeVarint(out, at, length);
    out.set(data.subarray(offsets[i], offsets[i + 1]), at);
    at += length;
  }
}

function packedSize(type: DataType, values: NumberViews, from: number, to: number): number {
  if (type === DataType.Bool) return to - from;
  if (type === DataType.Float) return (to - from) * 4;
  if (type === DataType.Double) return (to - from) * 8;
  let size = 0;
  for (let i = from; i < to; i++) size += integerSize(low(type, values, i), high(type, values, i));
  return size;
}

/** Halves of an integer, sign-extended to 64 bits as protobuf wants them. */
function low(type: DataType, values: NumberViews, i: number): number {
  if (type === DataType.Int64) return values.int32[i * 2];
  if (type === DataType.Int32) return values.int32[i];
  return type === DataType.Int16 ? values.int16[i] : values.int8[i];
}

function high(type: DataType, values: NumberViews, i: number): number {
  return type === DataType.Int64 ? values.int32[i * 2 + 1] : low(type, values, i) >> 31;
}

function integerSize(low: number, high: number): number {
  if (high === 0) return varintSize(low >>> 0);
  if (high < 0) return 10;
  return Math.ceil((64 - Math.clz32(high)) / 7);
}

function varintSize(value: number): number {
  return value === 0 ? 1 : Math.ceil((32 - Math.clz32(value)) / 7);
}

function writeInteger(out: Uint8Array, start: number, low: number, high: number): number {
  let at = start;
  let [rest, top] = [low >>> 0, high >>> 0];
  while (top !== 0 || rest >= 0x80) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest = ((rest >>> 7) | (top << 25)) >>> 0;
    top >>>= 7;
  }
  out[at++] = rest;
  return at;
}

function writeVarint(out: Uint8Array, start: number, value: number): number {
  return writeInteger(out, start, value, 0);
}
