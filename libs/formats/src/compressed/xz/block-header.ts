import { crc32 } from "node:zlib";
import type { ByteFeed } from "../byte-feed.ts";
import { need, Undecodable } from "../own-decoding.ts";

const LZMA2 = 0x21;
/** Other filters. Source: xz-file-format 1.2.0, §5.3. */
const filters: Readonly<Record<number, string>> = { 3: "delta", 4: "x86", 7: "ARM", 8: "ARM Thumb", 10: "ARM64" };
const HAS_PACKED_SIZE = 0x40;
const HAS_SIZE = 0x80;
/** What `xz -9` asks for. */
const MAX_DICTIONARY_BYTES = 64 << 20;
/** A number has seven bits a byte. */
export const MAX_NUMBER_BYTES = 9;

/** What stands before the chunks of a block. */
export interface BlockHeader {
  readonly sizeBytes: number;
  readonly dictionaryBytes: number;
  /** Of the chunks and what they hold, where the header says so. */
  readonly packed: number | undefined;
  readonly content: number | undefined;
}

/** Numbers of as many bytes as they need, one behind the other. */
export class Numbers {
  readonly #bytes: Uint8Array;
  at: number;
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Seven bits a byte, the lowest first. @throws {Undecodable} */
  next(): number {
    let value = 0;
    for (let i = 0; i < MAX_NUMBER_BYTES && this.at < this.#bytes.length; i++) {
      const byte = this.#bytes[this.at++];
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new Undecodable("a number has no end");
  }
}

/** @throws {Undecodable} also for what is not read, saying what would be */
export async function readBlockHeader(feed: ByteFeed): Promise<BlockHeader> {
  await need(feed, 1);
  const sizeBytes = (feed.bytes[feed.at] + 1) * 4;
  await need(feed, sizeBytes);
  const bytes = feed.bytes.subarray(feed.at, feed.at + sizeBytes - 4);
  checkSum(bytes, feed.bytes, feed.at + bytes.length, "a block's header");
  feed.at += sizeBytes;
  const flags = bytes[1];
  const numbers = new Numbers(bytes, 2);
  const packed = flags & HAS_PACKED_SIZE ? numbers.next() : undefined;
  const content = flags & HAS_SIZE ? numbers.next() : undefined;
  return { sizeBytes, packed, content, dictionaryBytes: readFilter(bytes, numbers, flags) };
}

function readFilter(bytes: Uint8Array, numbers: Numbers, flags: number): number {
  const id = numbers.next();
  if ((flags & 3) !== 0 || id !== LZMA2)
    throw new Undecodable(
      `it was written with the filter ${filters[id] ?? id}: write it without, as xz does by itself`,
    );
  if (numbers.next() !== 1 || numbers.at >= bytes.length)
    throw new Undecodable("a filter has other properties than LZMA2");
  const size = bytes[numbers.at];
  const dictionaryBytes = (2 | (size & 1)) * 2 ** ((size >> 1) + 11);
  if (size <= 40 && dictionaryBytes <= MAX_DICTIONARY_BYTES) return dictionaryBytes;
  throw new Undecodable("its dictionary is larger than 64 MiB: compress it with xz -9 at most");
}

/** @throws {Undecodable} @param at where the sum stands, of `bytes` @param what ends the sentence */
export function checkSum(bytes: Uint8Array, all: Uint8Array, at: number, what: string): void {
  const stored = new DataView(all.buffer, all.byteOffset).getUint32(at, true);
  if (stored !== crc32(bytes)) throw new Undecodable(`${what} is damaged: its checksum is another one`);
}
