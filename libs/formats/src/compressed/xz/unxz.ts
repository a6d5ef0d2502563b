import type { ByteFeed } from "../byte-feed.ts";
import { need, skipZeros, Undecodable } from "../own-decoding.ts";
import { type BlockHeader, checkSum, readBlockHeader } from "./block-header.ts";
import { type ContentCheck, contentCheck } from "./checks.ts";
import { unLzma2 } from "./lzma2.ts";
import { readIndex, type Sums } from "./stream-index.ts";

const HEADER_BYTES = 12;
const FOOTER_BYTES = 12;
const INDEX = 0;
const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0];
const FOOTER_MAGIC = [0x59, 0x5a];

/**
 * The content of xz streams, one behind the other, as `xz` and `pixz` write them; one block after the other, with a window of
 * up to 64 MiB. Source: xz-file-format 1.2.0.
 */
export async function* unxz(feed: ByteFeed): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  while (isFirst || (await feed.has(1))) {
    isFirst = false;
    yield* stream(feed);
    if ((await skipZeros(feed)) % 4 !== 0) throw new Undecodable("the padding behind a stream has an odd length");
  }
}

async function* stream(feed: ByteFeed): AsyncGenerator<Uint8Array> {
  const checkId = await readHeader(feed);
  const sums: Sums = { blocks: 0, packed: 0, content: 0 };
  for (;;) {
    await need(feed, 1);
    if (feed.bytes[feed.at] === INDEX) break;
    const check = contentCheck(checkId);
    if (!check) throw new Undecodable(`its checksums are of the unknown kind ${checkId}`);
    yield* block(feed, check, sums);
  }
  await readFooter(feed, checkId, await readIndex(feed, sums));
}

/** @returns the kind of checks */
async function readHeader(feed: ByteFeed): Promise<number> {
  await need(feed, HEADER_BYTES);
  const { bytes, at } = feed;
  if (MAGIC.some((byte, i) => bytes[at + i] !== byte)) throw new Undecodable("what follows is no xz stream");
  checkSum(bytes.subarray(at + 6, at + 8), bytes, at + 8, "a stream's header");
  const checkId = bytes[at + 7];
  if (bytes[at + 6] !== 0 || checkId > 15) throw new Undecodable("it is of a version that is not known");
  feed.at += HEADER_BYTES;
  return checkId;
}

async function* block(feed: ByteFeed, check: ContentCheck, sums: Sums): AsyncGenerator<Uint8Array> {
  const header = await readBlockHeader(feed);
  const start = feed.position;
  let content = 0;
  for await (const piece of unLzma2(feed, header.dictionaryBytes)) {
    check.update(piece);
    content += piece.length;
    yield piece;
  }
  const packed = feed.position - start;
  checkSizes(header, packed, content);
  await skipPadding(feed, packed);
  await need(feed, check.sizeBytes);
  const stored = feed.bytes.subarray(feed.at, feed.at + check.sizeBytes);
  if (Buffer.compare(stored, check.digest()) !== 0)
    throw new Undecodable("a block is damaged: its checksum is another one");
  feed.at += check.sizeBytes;
  sums.blocks++;
  sums.packed += header.sizeBytes + packed + check.sizeBytes;
  sums.content += content;
}

function checkSizes(header: BlockHeader, packed: number, content: number): void {
  const isTold = (told: number | undefined, found: number) => told === undefined || told === found;
  if (isTold(header.packed, packed) && isTold(header.content, content)) return;
  throw new Undecodable("a block is damaged: it is not as long as it says");
}

/** Zeros up to a multiple of four. */
async function skipPadding(feed: ByteFeed, length: number): Promise<void> {
  const padding = (4 - (length % 4)) % 4;
  await need(feed, padding);
  for (let i = 0; i < padding; i++)
    if (feed.bytes[feed.at + i] !== 0) throw new Undecodable("the padding of a block is not zero");
  feed.at += padding;
}

/** @param indexBytes which it tells too, to be found from the end */
async function readFooter(feed: ByteFeed, checkId: number, indexBytes: number): Promise<void> {
  await need(feed, FOOTER_BYTES);
  const { bytes, at } = feed;
  checkSum(bytes.subarray(at + 4, at + 10), bytes, at, "a stream's end");
  const told = (new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4, true) + 1) * 4;
  const isEnd = FOOTER_MAGIC.every((byte, i) => bytes[at + 10 + i] === byte);
  if (!isEnd || told !== indexBytes || bytes[at + 8] !== 0 || bytes[at + 9] !== checkId)
    throw new Undecodable("a stream does not end as it began");
  feed.at += FOOTER_BYTES;
}
