import { zstdDecompressSync } from "node:zlib";
import { decodeLz4Frame, LZ4_MAX_RATIO } from "@sluice/parquet";
import { damaged } from "./damage.ts";

/** Before the data: their length, or -1 where they are as they were. */
const HEAD_BYTES = 8;

/** Bytes that a compressed buffer claims to hold. @param head its first eight bytes @throws {ImportError} */
export function claimedBytes(head: Uint8Array, bufferBytes: number): number {
  if (head.length < HEAD_BYTES) throw damaged("a compressed buffer without its length");
  const claimed = new DataView(head.buffer, head.byteOffset).getBigInt64(0, true);
  if (claimed === -1n) return bufferBytes - HEAD_BYTES;
  if (claimed < 0n || claimed > 0xffffffffn) throw damaged(`a compressed buffer claims ${claimed} bytes`);
  return Number(claimed);
}

/** What a compressed buffer holds. Source: Arrow, "Buffer compression". @throws {ImportError} */
export function inflateBuffer(codec: "lz4" | "zstd", buffer: Uint8Array): Uint8Array {
  const bytes = claimedBytes(buffer, buffer.length);
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  const data = buffer.subarray(HEAD_BYTES);
  if (view.getBigInt64(0, true) === -1n) return new Uint8Array(data);
  if (bytes === 0) return new Uint8Array(0);
  return codec === "lz4" ? inflateLz4(data, bytes) : inflateZstd(data, bytes);
}

function inflateLz4(data: Uint8Array, bytes: number): Uint8Array {
  if (bytes > data.length * LZ4_MAX_RATIO)
    throw damaged(`${data.length} bytes cannot hold the ${bytes} that they claim`);
  const target = new Uint8Array(bytes);
  try {
    if (decodeLz4Frame(data, target) === bytes) return target;
  } catch (error) {
    throw damaged((error as Error).message);
  }
  throw damaged("lz4: fewer bytes than the buffer claims");
}

function inflateZstd(data: Uint8Array, bytes: number): Uint8Array {
  let inflated: Uint8Array;
  try {
    inflated = zstdDecompressSync(data, { maxOutputLength: bytes });
  } catch (error) {
    throw damaged(`zstd: ${(error as Error).message}`);
  }
  if (inflated.length !== bytes) throw damaged(`zstd: ${inflated.length} bytes, where ${bytes} are claimed`);
  // Node gives a Buffer, whose `slice` copies nothing.
  return new Uint8Array(inflated.buffer, inflated.byteOffset, bytes);
}
