import { giveMemory, takeMemory } from "@sluice/async";
import type { Column, FixedColumn, VarColumn } from "@sluice/columns";
import { copyShort, LONG_BYTES, viewOf, writePlainTexts } from "@sluice/kernels";
import { DataType } from "@sluice/schema";
import { Scratch } from "./scratch.ts";

const scratch = new Scratch();
/** Of pages of texts, where kernels write them: in the thread's arena. */
const texts = new Scratch({ take: takeMemory, give: giveMemory });
/** Larger pages are rare, and would take the arena from others. */
const MAX_TEXTS_BYTES = 4 << 20;

/**
 * Values of rows `[from, to)` in PLAIN encoding, without nulls. A view of the column where its memory has that form
 * already, else memory that the next call overwrites: `isScratch` tells.
 */
export function plainValues(column: Column, dataType: DataType, from: number, to: number): Uint8Array {
  const validity = column.validity?.includes(0) ? column.validity : undefined;
  if (column.kind === "var") return plainVarValues(column, validity, from, to);
  switch (dataType) {
    case DataType.Bool:
      return packBools(column, validity, from, to);
    case DataType.Int8:
      return widen(new Int8Array(column.data.buffer, column.data.byteOffset, to), validity, from, to);
    case DataType.Int16:
      return widen(new Int16Array(column.data.buffer, column.data.byteOffset, to), validity, from, to);
    default:
      return validity
        ? compact(column, validity, from, to)
        : column.data.subarray(from * column.width, to * column.width);
  }
}

/** Must the bytes be copied before the next call of `plainValues`? */
export function isScratch(bytes: Uint8Array): boolean {
  return scratch.owns(bytes) || texts.owns(bytes);
}

/** BYTE_ARRAY: uint32 length, then the bytes. */
function plainVarValues(column: VarColumn, validity: Uint8Array | undefined, from: number, to: number): Uint8Array {
  const { offsets, data } = column;
  const size = offsets[to] - offsets[from] + 4 * (to - from);
  const target = (size <= MAX_TEXTS_BYTES ? texts : scratch).take(size);
  if (!validity && writePlainTexts(column, from, to, target)) return target;
  const [view, source] = [viewOf(target), viewOf(data)];
  let at = 0;
  for (let row = from; row < to; row++) {
    if (validity?.[row] === 0) continue;
    const start = offsets[row];
    const length = offsets[row + 1] - start;
    view.setUint32(at, length, true);
    at += 4;
    if (length > LONG_BYTES) target.set(data.subarray(start, start + length), at);
    else copyShort(source, start, view, at, length);
    at += length;
  }
  return target.subarray(0, at);
}

/** BOOLEAN: bits, the lowest first. */
function packBools(column: FixedColumn, validity: Uint8Array | undefined, from: number, to: number): Uint8Array {
  const target = scratch.take((to - from + 7) >>> 3).fill(0);
  let count = 0;
  for (let row = from; row < to; row++) {
    if (validity?.[row] === 0) continue;
    if (column.data[row] !== 0) target[count >>> 3] |= 1 << (count & 7);
    count++;
  }
  return target.subarray(0, (count + 7) >>> 3);
}

/** INT32 from narrower integers. */
function widen(values: Int8Array | Int16Array, validity: Uint8Array | undefined, from: number, to: number): Uint8Array {
  const target = scratch.take(4 * (to - from));
  const wide = new Int32Array(target.buffer, target.byteOffset, to - from);
  let count = 0;
  for (let row = from; row < to; row++) if (validity?.[row] !== 0) wide[count++] = values[row];
  return target.subarray(0, 4 * count);
}

/** Fixed-width values with the nulls left out, run by run. */
function compact({ data, width }: FixedColumn, validity: Uint8Array, from: number, to: number): Uint8Array {
  const target = scratch.take(width * (to - from));
  let at = 0;
  for (let row = from; row < to; ) {
    const start = row;
    while (row < to && validity[row] !== 0) row++;
    target.set(data.subarray(start * width, row * width), at);
    at += (row - start) * width;
    while (row < to && validity[row] === 0) row++;
  }
  return target.subarray(0, at);
}
