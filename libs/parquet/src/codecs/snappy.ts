import { decodeSnappyBlock } from "@sluice/kernels";
import { Damage } from "../damage.ts";

/** One compressed byte yields at most 64 / 3 bytes (a copy of 64 bytes takes three); used to refuse made-up sizes. */
export const SNAPPY_MAX_RATIO = 22;

/** Bytes of the offset of a copy, by the lowest two bits of its tag; 0 is a literal. */
const OFFSET_BYTES = [0, 1, 2, 4];
/** From here on a native copy is cheaper than a loop. */
const NATIVE_COPY = 32;

/**
 * Decodes one raw Snappy block (no framing) from `input` to `output`, which must hold exactly the uncompressed size.
 * Source: google/snappy, format_description.txt. @throws {Damage}
 */
export function decodeSnappy(input: Uint8Array, output: Uint8Array): void {
  const at = preamble(input, output.length);
  const isWhole = decodeSnappyBlock(input.subarray(at), output);
  if (isWhole !== undefined) {
    if (isWhole) return;
    throw damage();
  }
  decodeElements(input, at, output);
}

/** The same without a kernel: literals, and copies of what was written before. */
function decodeElements(input: Uint8Array, start: number, output: Uint8Array): void {
  let at = start;
  let out = 0;
  while (at < input.length) {
    const tag = input[at++];
    if ((tag & 3) === 0) {
      const extra = Math.max(0, (tag >>> 2) - 59);
      const length = (extra > 0 ? littleEndian(input, at, extra) : tag >>> 2) + 1;
      at += extra;
      if (length > input.length - at || length > output.length - out) throw damage();
      copyLiteral(input, at, output, out, length);
      at += length;
      out += length;
    } else {
      const bytes = OFFSET_BYTES[tag & 3];
      const low = littleEndian(input, at, bytes);
      const length = bytes === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
      const offset = bytes === 1 ? ((tag >>> 5) << 8) | low : low;
      at += bytes;
      if (offset === 0 || offset > out || length > output.length - out) throw damage();
      copyBack(output, out, offset, length);
      out += length;
    }
  }
  if (out !== output.length) throw damage();
}

/** Checks the uncompressed length in front and answers where the data starts. */
function preamble(input: Uint8Array, expected: number): number {
  let length = 0;
  let scale = 1;
  for (let at = 0; at < 5 && at < input.length; at++) {
    length += (input[at] & 0x7f) * scale;
    scale *= 128;
    if (input[at] >= 0x80) continue;
    if (length !== expected) throw new Damage(`snappy: expected ${expected} bytes, the data announce ${length}`);
    return at + 1;
  }
  throw damage();
}

function littleEndian(input: Uint8Array, at: number, bytes: number): number {
  if (bytes > input.length - at) throw damage();
  let value = input[at];
  if (bytes > 1) value |= input[at + 1] << 8;
  if (bytes > 2) value |= input[at + 2] << 16;
  if (bytes > 3) value |= input[at + 3] << 24;
  return value >>> 0;
}

function copyLiteral(input: Uint8Array, at: number, output: Uint8Array, out: number, length: number): void {
  if (length >= NATIVE_COPY) output.set(input.subarray(at, at + length), out);
  else for (let i = 0; i < length; i++) output[out + i] = input[at + i];
}

/** Copies from what was written before; the ranges may overlap, and then the bytes repeat. */
export function copyBack(output: Uint8Array, out: number, offset: number, length: number): void {
  if (offset >= length && length >= NATIVE_COPY) output.copyWithin(out, out - offset, out - offset + length);
  else for (let i = 0; i < length; i++) output[out + i] = output[out - offset + i];
}

function damage(): Damage {
  return new Damage("snappy: the data are damaged");
}
