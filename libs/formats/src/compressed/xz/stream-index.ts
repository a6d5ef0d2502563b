import { crc32 } from "node:zlib";
import type { ByteFeed } from "../byte-feed.ts";
import { need, Undecodable } from "../own-decoding.ts";
import { MAX_NUMBER_BYTES, Numbers } from "./block-header.ts";

/** Sizes of the blocks of a stream, which the index at its end tells again. */
export interface Sums {
  blocks: number;
  packed: number;
  content: number;
}

/** Compares an index with the blocks before it. @returns its length @throws {Undecodable} */
export async function readIndex(feed: ByteFeed, sums: Sums): Promise<number> {
  const index = new SummedBytes(feed);
  await index.take(1);
  const count = await index.number();
  if (count !== sums.blocks) throw new Undecodable(`its index tells of ${count} blocks, there are ${sums.blocks}`);
  let [packed, content] = [0, 0];
  for (let i = 0; i < count; i++) {
    packed += await index.number();
    content += await index.number();
  }
  if (packed !== sums.packed || content !== sums.content)
    throw new Undecodable("its index tells of other blocks than there are");
  await index.take((4 - (index.sizeBytes % 4)) % 4);
  const { crc } = index;
  const stored = await index.take(4);
  if (new DataView(stored.buffer, stored.byteOffset).getUint32(0, true) !== crc)
    throw new Undecodable("its index is damaged: its checksum is another one");
  return index.sizeBytes;
}

/** Bytes that have a checksum behind them. */
class SummedBytes {
  readonly #feed: ByteFeed;
  crc = 0;
  sizeBytes = 0;

  constructor(feed: ByteFeed) {
    this.#feed = feed;
  }

  /** Valid until more is taken. */
  async take(count: number): Promise<Uint8Array> {
    const feed = this.#feed;
    await need(feed, count);
    const bytes = feed.bytes.subarray(feed.at, feed.at + count);
    this.crc = crc32(bytes, this.crc);
    this.sizeBytes += count;
    feed.at += count;
    return bytes;
  }

  async number(): Promise<number> {
    const feed = this.#feed;
    let length = 1;
    await need(feed, length);
    while (length < MAX_NUMBER_BYTES && feed.bytes[feed.at + length - 1] >= 0x80) await need(feed, ++length);
    return new Numbers(await this.take(length), 0).next();
  }
}
