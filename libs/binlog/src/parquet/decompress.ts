import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { snappyUncompress } from "hyparquet";
import { malformed, unsupported } from "../malformed.ts";
import { Codec } from "./parquet-format.ts";

/** @throws {ImportError} `malformed_file` when the result is not of `size` bytes, `unsupported` for LZO and LZ4 */
export function decompress(codec: number, bytes: Uint8Array, size: number): Uint8Array {
  const body = codec === Codec.Uncompressed ? bytes : inflate(codec, bytes, size);
  if (body.length !== size) throw malformed(`page has ${body.length} bytes, its header says ${size}`);
  return body;
}

function inflate(codec: number, bytes: Uint8Array, size: number): Uint8Array {
  if (size === 0) return new Uint8Array(0);
  const limit = { maxOutputLength: size };
  try {
    switch (codec) {
      case Codec.Zstd:
        return zstdDecompressSync(bytes, limit);
      case Codec.Gzip:
        return gunzipSync(bytes, limit);
      case Codec.Brotli:
        return brotliDecompressSync(bytes, limit);
      case Codec.Snappy:
        return unsnappy(bytes, size);
    }
  } catch (error) {
    throw malformed(`page cannot be decompressed: ${(error as Error).message}`);
  }
  throw unsupported(`Parquet codec ${codec} is not supported, expected UNCOMPRESSED, SNAPPY, GZIP, BROTLI or ZSTD`);
}

function unsnappy(bytes: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  snappyUncompress(bytes, output);
  return output;
}
