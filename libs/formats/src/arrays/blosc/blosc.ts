import { Damage, Decompressor, NotSupported } from "@sluice/parquet";
import { unshuffled } from "../shuffle.ts";
import { decodeBloscLz } from "./blosclz.ts";

const HEADER_BYTES = 16;
/** Bits of the third byte. Source: c-blosc 1.21, `README_CHUNK_FORMAT.rst`. */
const SHUFFLED = 1;
const STORED = 2;
const BIT_SHUFFLED = 4;
const UNSPLIT = 16;
const codecs = ["blosclz", "LZ4_RAW", "SNAPPY", "GZIP", "ZSTD"] as const;
/** A block is cut by the bytes of its elements where these are few, and parts not too small. */
const MAX_SPLITS = 16;
const MIN_SPLIT_BYTES = 128;
const MAX_BLOSC = 2;

interface Header {
  readonly flags: number;
  readonly itemBytes: number;
  readonly sizeBytes: number;
  readonly blockBytes: number;
}

/**
 * What a chunk of Blosc holds. @param maxBytes that it may claim
 * @throws {Damage}
 */
export function decodeBlosc(input: Uint8Array, maxBytes: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const header = parseHeader(view, maxBytes);
  const { flags, sizeBytes, blockBytes } = header;
  if (flags & STORED) {
    if (input.length < HEADER_BYTES + sizeBytes) throw new Damage("blosc: it is cut short");
    return input.subarray(HEADER_BYTES, HEADER_BYTES + sizeBytes);
  }
  const output = new Uint8Array(sizeBytes);
  if (sizeBytes === 0) return output;
  const count = Math.ceil(sizeBytes / blockBytes);
  if (HEADER_BYTES + 4 * count > input.length) throw new Damage("blosc: it is cut short");
  for (let block = 0; block < count; block++) {
    const target = output.subarray(block * blockBytes, (block + 1) * blockBytes);
    const start = view.getInt32(HEADER_BYTES + 4 * block, true);
    target.set(decodeBlock(view, start, header, target.length));
  }
  return output;
}

function parseHeader(view: DataView, maxBytes: number): Header {
  if (view.byteLength < HEADER_BYTES) throw new Damage("blosc: it is cut short");
  if (view.getUint8(0) > MAX_BLOSC)
    throw new NotSupported("a chunk of Blosc 2 is not read: write it with Blosc 1 or zstd");
  const [sizeBytes, blockBytes, compressedBytes] = [4, 8, 12].map((at) => view.getUint32(at, true));
  const header = { flags: view.getUint8(2), itemBytes: Math.max(1, view.getUint8(3)), sizeBytes, blockBytes };
  if (sizeBytes > maxBytes) throw new Damage(`blosc: it announces ${sizeBytes} bytes, more than ${maxBytes}`);
  if (compressedBytes !== view.byteLength)
    throw new Damage(`blosc: it has ${view.byteLength} bytes, and tells of ${compressedBytes}`);
  if (sizeBytes > 0 && blockBytes === 0) throw new Damage("blosc: its blocks have no bytes");
  return header;
}

function decodeBlock(view: DataView, start: number, header: Header, sizeBytes: number): Uint8Array {
  const { flags, itemBytes } = header;
  const block = new Uint8Array(sizeBytes);
  const parts = partsOf(header, sizeBytes);
  const partBytes = sizeBytes / parts;
  if (!Number.isInteger(partBytes)) throw new Damage(`blosc: a block of ${sizeBytes} bytes has ${parts} parts`);
  let at = start;
  for (let part = 0; part < parts; part++) {
    const length = at >= HEADER_BYTES && at + 4 <= view.byteLength ? view.getInt32(at, true) : -1;
    if (length < 0 || at + 4 + length > view.byteLength) throw new Damage("blosc: a block lies behind its end");
    const input = new Uint8Array(view.buffer, view.byteOffset + at + 4, length);
    decodePart(flags >> 5, input, block.subarray(part * partBytes, (part + 1) * partBytes));
    at += 4 + length;
  }
  if (flags & SHUFFLED) return unshuffled(block, itemBytes);
  return flags & BIT_SHUFFLED ? bitUnshuffled(block, itemBytes) : block;
}

/** The last block is never cut where it is shorter. */
function partsOf({ flags, itemBytes, blockBytes }: Header, sizeBytes: number): number {
  const isCut = !(flags & UNSPLIT) && itemBytes <= MAX_SPLITS && blockBytes / itemBytes >= MIN_SPLIT_BYTES;
  return isCut && sizeBytes === blockBytes ? itemBytes : 1;
}

function decodePart(codec: number, input: Uint8Array, output: Uint8Array): void {
  const name = codecs[codec];
  if (name === undefined) throw new NotSupported(`a chunk of Blosc is compressed by codec ${codec}, which is not read`);
  // What does not shrink is kept as it is.
  if (input.length === output.length) output.set(input);
  else if (name === "blosclz") decodeBloscLz(input, output);
  else output.set(new Decompressor().decompress(name, input, output.length));
}

/** First bits of all elements stand first, the lowest bit of each byte first; where their number is odd nothing was changed. */
function bitUnshuffled(bytes: Uint8Array, itemBytes: number): Uint8Array {
  const items = Math.floor(bytes.length / itemBytes);
  if (items % 8 !== 0) return bytes;
  const target = Uint8Array.from(bytes);
  target.fill(0, 0, items * itemBytes);
  const rowBytes = items / 8;
  for (let bit = 0; bit < 8 * itemBytes; bit++) {
    const [at, shift] = [bit >> 3, bit & 7];
    for (let i = 0; i < items; i++)
      target[i * itemBytes + at] |= ((bytes[bit * rowBytes + (i >> 3)] >> (i & 7)) & 1) << shift;
  }
  return target;
}
