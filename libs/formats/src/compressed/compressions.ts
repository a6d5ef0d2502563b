import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";

/** One way to compress a stream, as files of text are. */
export interface Compression {
  /** As messages call it. */
  readonly name: string;
  /** Ends of names, behind that of the format. */
  readonly extensions: readonly string[];
  /** First bytes. */
  readonly magic: readonly number[];
  /** Zeros may follow the last frame. */
  readonly isPadded: boolean;
  /** A decompressor of one frame at least, and how many bytes it has taken of what was written to it. */
  open(chunkBytes: number): Transform & { readonly bytesWritten: number };
}

/**
 * Those that Node decompresses. bzip2 and xz are not among them, nor is there a package for them that is kept: see ARCHITECTURE.
 */
const compressions: readonly Compression[] = [
  {
    name: "gzip",
    extensions: [".gz", ".gzip"],
    magic: [0x1f, 0x8b],
    isPadded: true,
    open: (chunkSize) => createGunzip({ chunkSize }),
  },
  {
    // A frame may ask for a window of 128 MiB, and for no more unless the decompressor is told otherwise.
    name: "zstd",
    extensions: [".zst", ".zstd"],
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    isPadded: false,
    open: (chunkSize) => createZstdDecompress({ chunkSize }),
  },
];

/** By the first bytes of a file; undefined for one that is not compressed so. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  return compressions.find(({ magic }) => magic.every((byte, i) => head[i] === byte));
}

/** Compressions that are not read, by the ends of names. */
const unread: Readonly<Record<string, string>> = {
  ".bz2": "bzip2",
  ".xz": "xz",
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
  return `; ${name} is not read: decompress it, or compress text with gzip or zstd`;
}

/** `a/b.jsonl` of `a/b.jsonl.gz`; undefined for a name that does not end so. */
export function withoutCompression(path: string): string | undefined {
  const ends = compressions.flatMap(({ extensions }) => extensions);
  const end = ends.find((extension) => path.toLowerCase().endsWith(extension));
  return end === undefined ? undefined : path.slice(0, -end.length);
}
