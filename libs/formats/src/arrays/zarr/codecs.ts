import { unzipSync, zstdDecompressSync } from "node:zlib";
import { Damage, Decompressor } from "@sluice/parquet";
import { decodeBlosc } from "../blosc/blosc.ts";
import { MAX_BAND_BYTES } from "../chunked-rows.ts";
import { crc32c } from "./crc32c.ts";
import { unsupported } from "./unsupported.ts";

/** Undoes one step that bytes were put through. @param size that comes out, where it is known @throws {Damage} */
export type BytesCodec = (bytes: Uint8Array, size: number | undefined) => Uint8Array;

const zlib = { gzip: "GZIP", zlib: "GZIP", zstd: "ZSTD" } as const;
const CHECKSUM_BYTES = 4;

/**
 * The step of that name, in both versions of the format. @throws {ImportError} `unsupported` for those that are not undone:
 * what they made would be taken for values
 */
export function bytesCodec(name: unknown, array: string): BytesCodec {
  switch (name) {
    case "gzip":
    case "zlib":
    case "zstd":
      return (bytes, size) => inflated(name, bytes, size);
    case "blosc":
      return (bytes, size) => decodeBlosc(bytes, size ?? MAX_BAND_BYTES);
    case "lz4":
      return sizedLz4;
    case "crc32c":
      return withoutChecksum;
    default: {
      const cure = "write it with zstd, gzip, blosc or without a compressor";
      throw unsupported(array, `is compressed by ${JSON.stringify(name)}, which is not read: ${cure}`);
    }
  }
}

function inflated(name: keyof typeof zlib, bytes: Uint8Array, size: number | undefined): Uint8Array {
  if (size !== undefined) return new Decompressor().decompress(zlib[name], bytes, size);
  try {
    const limits = { maxOutputLength: MAX_BAND_BYTES };
    return name === "zstd" ? zstdDecompressSync(bytes, limits) : unzipSync(bytes, limits);
  } catch (error) {
    throw new Damage(`${name}: ${(error as Error).message}`);
  }
}

/** As numcodecs writes it: the size, then a block. */
function sizedLz4(bytes: Uint8Array, expected: number | undefined): Uint8Array {
  if (bytes.length < 4) throw new Damage("lz4: it is cut short");
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (size > (expected ?? MAX_BAND_BYTES)) throw new Damage(`lz4: it announces ${size} bytes`);
  return new Decompressor().decompress("LZ4_RAW", bytes.subarray(4), size);
}

function withoutChecksum(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < 0) throw new Damage("it is shorter than its checksum");
  const content = bytes.subarray(0, end);
  if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true) !== crc32c(content))
    throw new Damage("its checksum is another one");
  return content;
}

/** Undoes all steps, the last one first. @param size of what was put through them @throws {Damage} */
export function decodeBytes(codecs: readonly BytesCodec[], bytes: Uint8Array, size: number | undefined): Uint8Array {
  let decoded = bytes;
  // What only the first step was given has a known size.
  for (let i = codecs.length - 1; i >= 0; i--) decoded = codecs[i](decoded, i === 0 ? size : undefined);
  if (size !== undefined && decoded.length !== size)
    throw new Damage(`it has ${decoded.length} bytes of values, and should have ${size}`);
  return decoded;
}
