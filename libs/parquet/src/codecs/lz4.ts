import { Damage } from "../damage.ts";
import { copyBack } from "./snappy.ts";

/** One compressed byte yields at most 255 bytes. */
export const LZ4_MAX_RATIO = 255;

const MIN_MATCH = 4;
const FRAME_MAGIC = 0x184d2204;

/**
 * Decodes one raw LZ4 block to `output` from `start` on, before which it may look back, and answers where it ends.
 * Source: lz4_Block_format.md. @throws {Damage}
 */
export function decodeLz4Block(input: Uint8Array, output: Uint8Array, start = 0): number {
  let at = 0;
  let out = start;
  const extended = (length: number): number => {
    let total = length;
    for (let byte = 255; byte === 255; total += byte) {
      if (at >= input.length) throw damage();
      byte = input[at++];
    }
    return total;
  };
  while (at < input.length) {
    const token = input[at++];
    const literals = token >>> 4 === 15 ? extended(15) : token >>> 4;
    if (literals > input.length - at || literals > output.length - out) throw damage();
    output.set(input.subarray(at, at + literals), out);
    at += literals;
    out += literals;
    if (at === input.length) return out; // The last sequence has literals only.
    if (input.length - at < 2) throw damage();
    const offset = input[at] | (input[at + 1] << 8);
    at += 2;
    const length = ((token & 15) === 15 ? extended(15) : token & 15) + MIN_MATCH;
    if (offset === 0 || offset > out || length > output.length - out) throw damage();
    copyBack(output, out, offset, length);
    out += length;
  }
  return out;
}

/**
 * Parquet's codec `LZ4`, whose framing was never written down: Hadoop's (big-endian sizes before each block), an LZ4 frame,
 * or a raw block, as different writers have it. Source: parquet-format, Compression.md. @throws {Damage}
 */
export function decodeLz4Any(input: Uint8Array, output: Uint8Array): void {
  const written = isFrame(input)
    ? decodeLz4Frame(input, output)
    : (decodeHadoop(input, output) ?? decodeLz4Block(input, output));
  if (written !== output.length) throw new Damage(`lz4: expected ${output.length} bytes, got ${written}`);
}

/** Bytes written, or undefined when the data have no such frame. */
function decodeHadoop(input: Uint8Array, output: Uint8Array): number | undefined {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let at = 0;
  let out = 0;
  while (input.length - at >= 8) {
    const size = view.getUint32(at);
    const compressed = view.getUint32(at + 4);
    if (size > output.length - out || compressed > input.length - at - 8) return undefined;
    if (!decodesTo(input.subarray(at + 8, at + 8 + compressed), output.subarray(out, out + size))) return undefined;
    at += 8 + compressed;
    out += size;
  }
  return at === input.length && out > 0 ? out : undefined;
}

function decodesTo(input: Uint8Array, output: Uint8Array): boolean {
  try {
    return decodeLz4Block(input, output) === output.length;
  } catch (error) {
    if (error instanceof Damage) return false; // Not framed like this: the next form is tried.
    throw error;
  }
}

function isFrame(input: Uint8Array): boolean {
  return input.length >= 7 && new DataView(input.buffer, input.byteOffset).getUint32(0, true) === FRAME_MAGIC;
}

/**
 * Decodes an LZ4 frame to the start of `output` and answers the bytes written. Blocks may look back into earlier ones, as
 * those of Arrow do. Checksums of frame and blocks are skipped. Source: lz4_Frame_format.md. @throws {Damage}
 */
export function decodeLz4Frame(input: Uint8Array, output: Uint8Array): number {
  if (!isFrame(input)) throw damage();
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const flags = input[4];
  let at = 6 + ((flags & 8) !== 0 ? 8 : 0) + ((flags & 1) !== 0 ? 4 : 0) + 1;
  let out = 0;
  for (;;) {
    if (input.length - at < 4) throw damage();
    const head = view.getUint32(at, true);
    const size = head & 0x7fffffff;
    at += 4;
    if (head === 0) return out;
    if (size > input.length - at) throw damage();
    out = decodeFrameBlock(input.subarray(at, at + size), head >>> 31 === 1, output, out);
    at += size + ((flags & 16) !== 0 ? 4 : 0);
  }
}

function decodeFrameBlock(block: Uint8Array, isStored: boolean, output: Uint8Array, start: number): number {
  if (!isStored) return decodeLz4Block(block, output, start);
  if (block.length > output.length - start) throw damage();
  output.set(block, start);
  return start + block.length;
}

function damage(): Damage {
  return new Damage("lz4: the data are damaged");
}
