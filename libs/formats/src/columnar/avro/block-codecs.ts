import { crc32, inflateRawSync, zstdDecompressSync } from "node:zlib";
import { ImportError } from "@sluice/errors";
import { Decompressor } from "@sluice/parquet";
import { damaged } from "../../avro/read-datum.ts";
import { ByteFeed } from "../../compressed/byte-feed.ts";
import { bunzip2 } from "../../compressed/bzip2/bunzip2.ts";
import { type Decoder, Undecodable } from "../../compressed/own-decoding.ts";
import { unxz } from "../../compressed/xz/unxz.ts";

/** What a block may hold: it can only be read whole. */
export const MAX_BLOCK_BYTES = 256 << 20;
const CHECKSUM_BYTES = 4;

/** The content of a block; valid until the next one. @throws {ImportError} `malformed_file` @throws {Damage} */
export type Decompress = (block: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** @throws {ImportError} `unsupported` */
export function decompressOf(codec: string): Decompress {
  switch (codec) {
    case "null":
      return (block) => block;
    case "deflate":
      return viaZlib(inflateRawSync);
    case "zstandard":
      return viaZlib(zstdDecompressSync);
    case "snappy":
      return snappy();
    case "bzip2":
      return viaDecoder(bunzip2);
    case "xz":
      return viaDecoder(unxz);
  }
  const todo = "write it with deflate, zstandard, snappy, bzip2, xz or no compression";
  throw new ImportError("unsupported", `the Avro file is compressed with ${codec.slice(0, 100)}: ${todo}`);
}

function viaZlib(inflate: (block: Uint8Array, limits: { maxOutputLength: number }) => Uint8Array): Decompress {
  return (block) => {
    try {
      return block.length === 0 ? block : inflate(block, { maxOutputLength: MAX_BLOCK_BYTES });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge("more than");
      throw damaged((error as Error).message);
    }
  };
}

/** By the decoders of text that is compressed as a whole. */
function viaDecoder(decoder: Decoder): Decompress {
  return async (block) => {
    const pieces: Uint8Array[] = [];
    let left = MAX_BLOCK_BYTES;
    try {
      for await (const piece of decoder(feedOf(block))) {
        left -= piece.length;
        if (left < 0) throw tooLarge("more than");
        // A decoder may overwrite what it has handed out.
        pieces.push(piece.slice());
      }
    } catch (error) {
      if (error instanceof Undecodable) throw damaged(error.message || "a block breaks off");
      throw error;
    }
    return Buffer.concat(pieces);
  };
}

function feedOf(block: Uint8Array): ByteFeed {
  return new ByteFeed({
    async *read() {
      yield block;
    },
  });
}

/** Behind the data stands the checksum of what they hold. */
function snappy(): Decompress {
  const decompressor = new Decompressor();
  return (block) => {
    const end = block.length - CHECKSUM_BYTES;
    if (end < 1) throw damaged(`a block of snappy has ${block.length} bytes`);
    const size = sizeOfSnappy(block);
    if (size > MAX_BLOCK_BYTES) throw tooLarge(size);
    const content = decompressor.decompress("SNAPPY", block.subarray(0, end), size);
    const checksum = new DataView(block.buffer, block.byteOffset + end).getUint32(0);
    if (crc32(content) !== checksum) throw damaged("a block has another checksum");
    return content;
  };
}

/** Source: google/snappy, format_description.txt, preamble. */
function sizeOfSnappy(block: Uint8Array): number {
  let size = 0;
  for (let i = 0; i < 5; i++) {
    size += (block[i] & 0x7f) * 2 ** (7 * i);
    if (block[i] < 0x80) return size;
  }
  throw damaged("a block of snappy does not say how much it holds");
}

/** Code `unsupported`. @param found "more than" where decoding stopped at the limit */
export function tooLarge(found: number | "more than"): ImportError {
  const words = typeof found === "number" ? `${found}` : `more than ${MAX_BLOCK_BYTES}`;
  return new ImportError(
    "unsupported",
    `a block has ${words} bytes, at most ${MAX_BLOCK_BYTES} are read: write smaller blocks`,
  );
}
