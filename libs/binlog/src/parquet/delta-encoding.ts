import { malformed, unsupported } from "../malformed.ts";
import type { FixedValues, PageValues, SliceValues, ValueType } from "./page-values.ts";
import { Encoding, PhysicalType } from "./parquet-format.ts";

/** Values of the three delta encodings. Rare in binlogs, so plain rather than fast. Source: parquet-format `Encodings.md`. */
export function decodeDelta(encoding: number, page: Uint8Array, count: number, type: ValueType): PageValues {
  if (encoding === Encoding.DeltaBinaryPacked) {
    if (type.physical !== PhysicalType.Int32 && type.physical !== PhysicalType.Int64) throw mismatch(encoding, type);
    return toFixed(decodePacked(page, 0, count).values, type.width);
  }
  if (type.physical !== PhysicalType.ByteArray) throw mismatch(encoding, type);
  return encoding === Encoding.DeltaLengthByteArray ? decodeLengths(page, 0, count) : decodePrefixes(page, count);
}

function mismatch(encoding: number, type: ValueType): Error {
  return unsupported(`Parquet encoding ${encoding} of physical type ${type.physical} is not supported`);
}

/** DELTA_BINARY_PACKED: blocks of miniblocks of bit-packed differences. */
function decodePacked(page: Uint8Array, start: number, count: number): { values: bigint[]; end: number } {
  const input = new BitInput(page, start);
  const blockSize = Number(input.varint());
  const miniblocks = Number(input.varint());
  const total = Number(input.varint());
  if (total !== count) throw malformed(`delta page has ${total} values, expected ${count}`);
  const perMiniblock = blockSize / miniblocks;
  if (!(perMiniblock >= 8 && perMiniblock % 8 === 0 && miniblocks <= 4096))
    throw malformed("delta page has odd blocks");
  let value = input.zigzag();
  const values = count > 0 ? [BigInt.asIntN(64, value)] : [];
  while (values.length < count) {
    const smallest = input.zigzag();
    const widths = input.bytes(miniblocks);
    for (const width of widths) {
      if (values.length === count) break;
      const packed = input.bytes((perMiniblock * width) / 8);
      for (let i = 0; i < perMiniblock && values.length < count; i++) {
        value = BigInt.asIntN(64, value + smallest + readBits(packed, i * width, width));
        values.push(value);
      }
    }
  }
  return { values, end: input.position };
}

function readBits(bytes: Uint8Array, bit: number, width: number): bigint {
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) {
    const at = bit + i;
    value = (value << 1n) | BigInt((bytes[at >>> 3] >>> (at & 7)) & 1);
  }
  return value;
}

function toFixed(values: readonly bigint[], width: number): FixedValues {
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) {
    if (width === 8) view.setBigInt64(i * 8, value, true);
    else view.setInt32(i * 4, Number(BigInt.asIntN(32, value)), true);
  }
  return { kind: "fixed", count: values.length, width, bytes };
}

/** DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
function decodeLengths(page: Uint8Array, start: number, count: number): SliceValues {
  const { values: lengths, end } = decodePacked(page, start, count);
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  let at = end;
  for (let i = 0; i < count; i++) {
    starts[i] = at;
    at += checkLength(lengths[i], page.length - at);
    ends[i] = at;
  }
  return { kind: "slices", count, source: page, starts, ends };
}

/** DELTA_BYTE_ARRAY: bytes shared with the value before, then the rest as in DELTA_LENGTH_BYTE_ARRAY. */
function decodePrefixes(page: Uint8Array, count: number): SliceValues {
  const { values: prefixes, end } = decodePacked(page, 0, count);
  const suffixes = decodeLengths(page, end, count);
  const parts: Uint8Array[] = [];
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  let before = new Uint8Array(0);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const shared = before.subarray(0, checkLength(prefixes[i], before.length));
    before = new Uint8Array(Buffer.concat([shared, page.subarray(suffixes.starts[i], suffixes.ends[i])]));
    parts.push(before);
    starts[i] = at;
    ends[i] = at += before.length;
    if (at > 2 ** 31) throw unsupported("a page of prefix-coded values is too large");
  }
  return { kind: "slices", count, source: new Uint8Array(Buffer.concat(parts)), starts, ends };
}

function checkLength(length: bigint, limit: number): number {
  if (length < 0n || length > BigInt(limit))
    throw malformed(`length ${length} in a delta page, expected 0 to ${limit}`);
  return Number(length);
}

class BitInput {
  position: number;
  readonly #page: Uint8Array;

  constructor(page: Uint8Array, start: number) {
    this.#page = page;
    this.position = start;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes(1)[0];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw malformed("number in a delta page has more than 10 bytes");
  }

  zigzag(): bigint {
    const value = this.varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  bytes(length: number): Uint8Array {
    if (!(length <= this.#page.length - this.position)) throw malformed("delta page is cut short");
    this.position += length;
    return this.#page.subarray(this.position - length, this.position);
  }
}
