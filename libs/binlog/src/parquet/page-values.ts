import { malformed, unsupported } from "../malformed.ts";
import { decodeDelta } from "./delta-encoding.ts";
import { decodeHybrid, unpackBits } from "./hybrid-runs.ts";
import { Encoding, PhysicalType } from "./parquet-format.ts";

/** Decoded values of a page, nulls left out. */
export type PageValues = FixedValues | SliceValues;

/** `count * width` bytes, little-endian; BOOLEAN one byte a value. May be a view of the page. */
export interface FixedValues {
  readonly kind: "fixed";
  readonly count: number;
  readonly width: number;
  readonly bytes: Uint8Array;
}

/** Value i is `source[starts[i], ends[i])`. */
export interface SliceValues {
  readonly kind: "slices";
  readonly count: number;
  readonly source: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

export interface ValueType {
  readonly physical: number;
  /** Bytes of one value as `FixedValues` has it; 0 for BYTE_ARRAY. */
  readonly width: number;
}

/** A page that claims to hold more is refused instead of allocated. */
const maxPageBytes = 2 ** 31;

/** @throws {ImportError} `malformed_file` when the page is too short, `unsupported` for other encodings */
export function decodeValues(
  encoding: number,
  page: Uint8Array,
  count: number,
  type: ValueType,
  dictionary: PageValues | undefined,
): PageValues {
  if (count * Math.max(type.width, 8) > maxPageBytes) throw unsupported(`a page of ${count} values is too large`);
  switch (encoding) {
    case Encoding.Plain:
      return decodePlain(page, count, type);
    case Encoding.PlainDictionary:
    case Encoding.RleDictionary:
      return lookUp(page, count, dictionary);
    case Encoding.Rle:
      if (type.physical !== PhysicalType.Boolean) break;
      return decodeBoolRuns(page, count);
    case Encoding.ByteStreamSplit:
      if (type.physical === PhysicalType.Boolean || type.width === 0) break;
      return joinByteStreams(page, count, type.width);
    case Encoding.DeltaBinaryPacked:
    case Encoding.DeltaLengthByteArray:
    case Encoding.DeltaByteArray:
      return decodeDelta(encoding, page, count, type);
  }
  throw unsupported(`Parquet encoding ${encoding} of physical type ${type.physical} is not supported`);
}

function decodePlain(page: Uint8Array, count: number, { physical, width }: ValueType): PageValues {
  if (physical === PhysicalType.ByteArray) return plainSlices(page, count);
  if (physical !== PhysicalType.Boolean) return { kind: "fixed", count, width, bytes: need(page, 0, count * width) };
  need(page, 0, Math.ceil(count / 8));
  const bytes = new Uint8Array(count);
  unpackBits(page, 0, 1, bytes, 0, count);
  return { kind: "fixed", count, width, bytes };
}

function plainSlices(page: Uint8Array, count: number): SliceValues {
  if (count * 4 > page.length) throw malformed(`page of ${page.length} bytes ends before its ${count} values`);
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 4 > page.length) throw malformed(`page ends before its value ${i} of ${count}`);
    const length = view.getUint32(at, true);
    at += 4;
    if (length > page.length - at) throw malformed(`value ${i} of a page is cut short`);
    starts[i] = at;
    ends[i] = at += length;
  }
  return { kind: "slices", count, source: page, starts, ends };
}

function lookUp(page: Uint8Array, count: number, dictionary: PageValues | undefined): PageValues {
  if (!dictionary) throw malformed("page refers to a dictionary that is missing");
  const indices = new Uint32Array(count);
  if (count > 0) decodeHybrid(page, 1, page.length, need(page, 0, 1)[0], indices);
  for (const index of indices) {
    if (index >= dictionary.count) throw malformed(`index ${index} into a dictionary of ${dictionary.count} values`);
  }
  if (dictionary.kind === "fixed") return lookUpFixed(dictionary, indices);
  const { source, starts, ends } = dictionary;
  return { kind: "slices", count, source, starts: indices.map((i) => starts[i]), ends: indices.map((i) => ends[i]) };
}

function lookUpFixed({ bytes, width }: FixedValues, indices: Uint32Array): FixedValues {
  if (indices.length * width > maxPageBytes) throw unsupported(`a page of ${indices.length} values is too large`);
  const out = new Uint8Array(indices.length * width);
  for (let i = 0, at = 0; i < indices.length; i++) {
    const from = indices[i] * width;
    for (let k = 0; k < width; k++) out[at++] = bytes[from + k];
  }
  return { kind: "fixed", count: indices.length, width, bytes: out };
}

/** BOOLEAN as runs: a uint32 length, then the hybrid with one bit a value. */
function decodeBoolRuns(page: Uint8Array, count: number): FixedValues {
  const length = new DataView(page.buffer, page.byteOffset, page.length).getUint32(checkedZero(page), true);
  need(page, 4, length);
  const bytes = new Uint8Array(count);
  decodeHybrid(page, 4, 4 + length, 1, bytes);
  return { kind: "fixed", count, width: 1, bytes };
}

function checkedZero(page: Uint8Array): 0 {
  need(page, 0, 4);
  return 0;
}

/** BYTE_STREAM_SPLIT: first byte of every value, second byte of every value, … */
function joinByteStreams(page: Uint8Array, count: number, width: number): FixedValues {
  need(page, 0, count * width);
  const bytes = new Uint8Array(count * width);
  for (let stream = 0, from = 0; stream < width; stream++) {
    for (let i = 0, at = stream; i < count; i++, at += width) bytes[at] = page[from++];
  }
  return { kind: "fixed", count, width, bytes };
}

function need(page: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length > page.length)
    throw malformed(`page of ${page.length} bytes is shorter than its ${length} bytes of values`);
  return page.subarray(start, start + length);
}
