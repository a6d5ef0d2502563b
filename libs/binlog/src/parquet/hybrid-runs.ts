import { malformed } from "../malformed.ts";

/**
 * Decodes `out.length` values of the RLE/bit-packed hybrid from `bytes[start, end)`; gives the offset after the last run.
 * Source: parquet-format `Encodings.md`.
 * @param bitWidth 0 to 32; with 0 every value is 0
 */
export function decodeHybrid(
  bytes: Uint8Array,
  start: number,
  end: number,
  bitWidth: number,
  out: Uint8Array | Uint32Array,
): number {
  if (bitWidth === 0) {
    out.fill(0);
    return start;
  }
  if (bitWidth > 32) throw malformed(`runs of ${bitWidth} bits a value`);
  let at = start;
  let done = 0;
  while (done < out.length) {
    const header = readVarint(bytes, at, end);
    at = header.end;
    if (header.value % 2 === 1) {
      const groups = (header.value - 1) / 2;
      const count = Math.min(groups * 8, out.length - done);
      // Writers may leave out the padding of the last group.
      if (count === 0 || Math.ceil((count * bitWidth) / 8) > end - at) throw malformed("bit-packed run is cut short");
      unpackBits(bytes, at, bitWidth, out, done, count);
      at = Math.min(end, at + groups * bitWidth);
      done += count;
    } else {
      const count = Math.min(header.value / 2, out.length - done);
      const width = (bitWidth + 7) >>> 3;
      if (count === 0 || width > end - at) throw malformed("run is cut short");
      out.fill(readLittleEndian(bytes, at, width), done, done + count);
      at += width;
      done += count;
    }
  }
  return at;
}

/** Reads `count` values of `bitWidth` bits, the lowest bit first. */
export function unpackBits(
  bytes: Uint8Array,
  start: number,
  bitWidth: number,
  out: Uint8Array | Uint32Array,
  to: number,
  count: number,
): void {
  const mask = 2 ** bitWidth - 1;
  for (let i = 0, bit = 0; i < count; i++, bit += bitWidth) {
    const at = start + Math.floor(bit / 8);
    const low = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> (bit & 7);
    // Beyond 25 bits a value can reach into a fifth byte; past the end bytes read as 0.
    const taken = 32 - (bit & 7);
    out[to + i] = bitWidth <= taken ? low & mask : (low + (bytes[at + 4] ?? 0) * 2 ** taken) & mask;
  }
}

/** Unsigned LEB128 below 2^53. */
export function readVarint(bytes: Uint8Array, start: number, end: number): { value: number; end: number } {
  let value = 0;
  for (let at = start, scale = 1; at < end && scale < 2 ** 53; at++, scale *= 0x80) {
    value += (bytes[at] & 0x7f) * scale;
    if (bytes[at] < 0x80) return { value, end: at + 1 };
  }
  throw malformed("number in a page is cut short");
}

function readLittleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + bytes[at + i];
  return value;
}
