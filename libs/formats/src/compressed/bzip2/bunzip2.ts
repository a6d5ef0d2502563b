import type { ByteFeed } from "../byte-feed.ts";
import { need, skipZeros, Undecodable } from "../own-decoding.ts";
import { BitReader } from "./bit-reader.ts";
import { BlockContent } from "./block-content.ts";
import { MAX_PACKED_BYTES, readBlock } from "./read-block.ts";

const LEVEL_BYTES = 100_000;
const HEADER_BYTES = 4;
/** Bytes of a piece. */
const PIECE_BYTES = 1 << 20;
/** The marks of a block and of the end of a stream: digits of pi and of its root. */
const BLOCK = [0x314159, 0x265359] as const;
const END = [0x177245, 0x385090] as const;

/**
 * The content of bzip2 streams, one behind the other, as `bzip2`, `pbzip2` and `lbzip2` write them. The memory of a block is
 * that of the largest one: 3.6 MB, and up to 2.4 MB of the file. Source: bzip2 1.0.8 and the description of the format by
 * Joe Tsai (2016).
 */
export async function* bunzip2(feed: ByteFeed): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  while (isFirst || (await feed.has(1))) {
    isFirst = false;
    yield* stream(feed, await readLevel(feed));
    await skipZeros(feed);
  }
}

async function readLevel(feed: ByteFeed): Promise<number> {
  await need(feed, HEADER_BYTES);
  const [b, z, h, digit] = feed.bytes.subarray(feed.at, feed.at + HEADER_BYTES);
  const level = digit - 0x30;
  if (b !== 0x42 || z !== 0x5a || h !== 0x68 || level < 1 || level > 9)
    throw new Undecodable("what follows is no bzip2 stream");
  feed.at += HEADER_BYTES;
  return level;
}

async function* stream(feed: ByteFeed, level: number): AsyncGenerator<Uint8Array> {
  const bits = new BitReader();
  const column = new Uint32Array(level * LEVEL_BYTES);
  const counts = new Uint32Array(256);
  let crc = 0;
  while (await atBlock(feed, bits)) {
    const block = readBlock(bits, column, counts);
    crc = ((crc << 1) | (crc >>> 31)) ^ block.crc;
    feed.at = bits.at;
    yield* pieces(new BlockContent(column, block, counts));
  }
  if (bits.word() !== crc >>> 0) throw new Undecodable("the stream is damaged: its checksum is another one");
  bits.align();
  feed.at = bits.at;
}

/** Whether a block follows, and not the end; all of it is there then. */
async function atBlock(feed: ByteFeed, bits: BitReader): Promise<boolean> {
  await feed.has(MAX_PACKED_BYTES);
  bits.reset(feed.bytes, feed.at, feed.end);
  const mark = [bits.bits(24), bits.bits(24)];
  const is = ([first, second]: readonly number[]) => mark[0] === first && mark[1] === second;
  if (!is(BLOCK) && !is(END)) throw new Undecodable("no block begins where one should");
  return is(BLOCK);
}

function* pieces(content: BlockContent): Generator<Uint8Array> {
  for (;;) {
    const piece = new Uint8Array(PIECE_BYTES);
    const count = content.fill(piece);
    if (count > 0) yield piece.subarray(0, count);
    if (count < piece.length) return;
  }
}
