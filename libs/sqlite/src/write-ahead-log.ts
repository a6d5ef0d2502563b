import { ImportError } from "@sluice/errors";
import { BlockCache } from "./block-cache.ts";
import type { DatabaseBytes } from "./byte-source.ts";
import { damaged } from "./damage.ts";

const [HEADER_BYTES, FRAME_HEADER_BYTES] = [32, 24];
/** The last bit says that checksums are of big-endian words. */
const MAGIC = 0x377f0682;
const VERSION = 3_007_000;
/** Pages that a log may have: each is an entry of a map while the database is read. */
const MAX_FRAMES = 1 << 20;

/**
 * Pages that a log has and the database has not yet: the last committed one of each. Frames count as long as their salt is the
 * log's and their checksum goes on from the one before; behind those stands what a log before this one has left.
 * Source: SQLite, Write-Ahead Logging, file format §4.
 */
export class WriteAheadLog {
  readonly pageSize: number;
  /** Pages of the database when the last transaction was done; 0 when none is. */
  readonly pageCount: number;
  readonly #blocks: BlockCache;
  readonly #offsets: ReadonlyMap<number, number>;

  private constructor(blocks: BlockCache, pageSize: number, pageCount: number, offsets: ReadonlyMap<number, number>) {
    this.#blocks = blocks;
    this.pageSize = pageSize;
    this.pageCount = pageCount;
    this.#offsets = offsets;
  }

  /** Undefined for a log without a committed page. @throws {ImportError} `malformed_file`, `unsupported` */
  static async open(file: DatabaseBytes, cacheBytes: number, signal: AbortSignal): Promise<WriteAheadLog | undefined> {
    if (file.sizeBytes < HEADER_BYTES) return undefined;
    const blocks = new BlockCache(file, cacheBytes, signal);
    const head = viewOf(await blocks.bytes(0, HEADER_BYTES));
    const magic = head.getUint32(0);
    if ((magic & ~1) >>> 0 !== MAGIC) throw damaged(file.path, "the log beside it does not begin as one", 0);
    if (head.getUint32(4) !== VERSION) throw damaged(file.path, `the log is of version ${head.getUint32(4)}`, 4);
    const sum = new Checksum((magic & 1) === 0);
    sum.add(head, 0, 24);
    // A header that was never finished has nothing behind it.
    if (!sum.equals(head, 24)) return undefined;
    const pageSize = head.getUint32(8);
    if (!isPageSize(pageSize)) throw damaged(file.path, `the log claims pages of ${pageSize} bytes`, 8);
    const { pageCount, offsets } = await committed(file, blocks, pageSize, head, sum);
    return pageCount === 0 ? undefined : new WriteAheadLog(blocks, pageSize, pageCount, offsets);
  }

  /** Undefined for a page that only the database has. */
  page(number: number): Promise<Uint8Array> | undefined {
    const offset = this.#offsets.get(number);
    return offset === undefined ? undefined : this.#blocks.bytes(offset, this.pageSize);
  }
}

async function committed(
  { path, sizeBytes }: DatabaseBytes,
  blocks: BlockCache,
  pageSize: number,
  head: DataView,
  sum: Checksum,
): Promise<{ pageCount: number; offsets: ReadonlyMap<number, number> }> {
  const offsets = new Map<number, number>();
  const open = new Map<number, number>();
  const frameBytes = FRAME_HEADER_BYTES + pageSize;
  const salts = [head.getUint32(16), head.getUint32(20)];
  let pageCount = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= sizeBytes; at += frameBytes) {
    const frame = viewOf(await blocks.bytes(at, frameBytes));
    if (frame.getUint32(8) !== salts[0] || frame.getUint32(12) !== salts[1]) break;
    sum.add(frame, 0, 8);
    sum.add(frame, FRAME_HEADER_BYTES, frameBytes);
    if (!sum.equals(frame, 16)) break;
    open.set(frame.getUint32(0), at + FRAME_HEADER_BYTES);
    if (open.size + offsets.size > MAX_FRAMES) throw tooLong(path);
    if (frame.getUint32(4) === 0) continue;
    pageCount = frame.getUint32(4);
    for (const [page, offset] of open) offsets.set(page, offset);
    open.clear();
  }
  return { pageCount, offsets };
}

function tooLong(path: string): ImportError {
  const reason = `the log has more than ${MAX_FRAMES} pages: checkpoint the database (PRAGMA wal_checkpoint) and import it again`;
  return new ImportError("unsupported", reason, { file: path });
}

/** Two sums over 32-bit words, each depending on the other. */
class Checksum {
  readonly #isLittle: boolean;
  #first = 0;
  #second = 0;

  constructor(isLittle: boolean) {
    this.#isLittle = isLittle;
  }

  add(view: DataView, start: number, end: number): void {
    let [first, second] = [this.#first, this.#second];
    for (let at = start; at < end; at += 8) {
      first = (first + view.getUint32(at, this.#isLittle) + second) | 0;
      second = (second + view.getUint32(at + 4, this.#isLittle) + first) | 0;
    }
    [this.#first, this.#second] = [first, second];
  }

  /** Stored sums are big-endian in any case. */
  equals(view: DataView, at: number): boolean {
    return view.getInt32(at) === this.#first && view.getInt32(at + 4) === this.#second;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A power of two from 512 to 65,536. */
export function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
}
