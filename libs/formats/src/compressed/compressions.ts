import { createGunzip, createZstdDecompress } from "node:zlib";
import { bunzip2 } from "./bzip2/bunzip2.ts";
import type { Decompress } from "./decompression.ts";
import { Inflation } from "./inflation.ts";
import { type Decoder, OwnDecoding } from "./own-decoding.ts";
import { unxz } from "./xz/unxz.ts";

/** One way to compress a stream, as files of text are. */
export interface Compression {
  /** As messages call it. */
  readonly name: string;
  /** Ends of names, behind that of the format. */
  readonly extensions: readonly string[];
  /** First bytes, one of these; undefined stands for the mark of a frame that is skipped. */
  readonly magics: readonly (readonly (number | undefined)[])[];
  readonly decompress: Decompress;
}

const ZSTD_FRAME = [0x28, 0xb5, 0x2f, 0xfd];
/** pzstd begins with such a frame, which has no data. Source: RFC 8878, §3.1.2. */
const SKIPPED_FRAME = [undefined, 0x2a, 0x4d, 0x18];
const SKIPPED_MARK = 0x50;

/** Those that Node decompresses, and those that we do: there is no package for them that is kept, see ARCHITECTURE. */
const compressions: readonly Compression[] = [
  {
    ...{ name: "gzip", extensions: [".gz", ".gzip"], magics: [[0x1f, 0x8b]] },
    decompress: (file, signal) =>
      new Inflation(file, { name: "gzip", isPadded: true, open: (chunkSize) => createGunzip({ chunkSize }) }, signal),
  },
  {
    ...{ name: "zstd", extensions: [".zst", ".zstd"], magics: [ZSTD_FRAME, SKIPPED_FRAME] },
    // A frame may ask for a window of 128 MiB, and for no more unless the decompressor is told otherwise.
    decompress: (file, signal) =>
      new Inflation(
        file,
        { name: "zstd", isPadded: false, open: (chunkSize) => createZstdDecompress({ chunkSize }) },
        signal,
      ),
  },
  own("bzip2", [".bz2", ".bzip2"], [0x42, 0x5a, 0x68], bunzip2),
  own("xz", [".xz"], [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], unxz),
];

function own(name: string, extensions: readonly string[], magic: readonly number[], decoder: Decoder): Compression {
  return {
    name,
    extensions,
    magics: [magic],
    decompress: (file, signal) => new OwnDecoding(file, name, decoder, signal),
  };
}

/** By the first bytes of a file; undefined for one that is not compressed so. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const isByte = (byte: number | undefined, i: number) =>
    byte === undefined ? (head[i] & 0xf0) === SKIPPED_MARK : head[i] === byte;
  return compressions.find(({ magics }) => magics.some((magic) => magic.every(isByte)));
}

/** Compressions that are not read, by the ends of names. */
const unread: Readonly<Record<string, string>> = {
  ".lzma": "lzma",
  ".lz4": "lz4",
  ".br": "brotli",
  ".z": "compress",
  ".sz": "snappy",
  ".7z": "7-Zip",
};

/** What to do with a file whose name says that it is compressed in another way; "" for other names. */
export function unreadCompression(path: string): string {
  const extension = /\.[a-z0-9]+$/i.exec(path)?.[0].toLowerCase() ?? "";
  const name = unread[extension];
  if (name === undefined) return "";
  return `; ${name} is not read: decompress it, or compress text with gzip, zstd, bzip2 or xz`;
}

/** `a/b.jsonl` of `a/b.jsonl.gz`; undefined for a name that does not end so. */
export function withoutCompression(path: string): string | undefined {
  const ends = compressions.flatMap(({ extensions }) => extensions);
  const end = ends.find((extension) => path.toLowerCase().endsWith(extension));
  return end === undefined ? undefined : path.slice(0, -end.length);
}
