import { ImportError } from "@sluice/errors";
import { BlockCache } from "./block-cache.ts";
import type { DatabaseBytes } from "./byte-source.ts";
import { damaged } from "./damage.ts";
import { isPageSize, WriteAheadLog } from "./write-ahead-log.ts";

const MAGIC = "SQLite format 3\0";
/** What of the first page is the file's. Source: SQLite file format, §1.3. */
export const HEADER_BYTES = 100;
/** Less than this of a page cannot hold the cells that SQLite writes. */
const MIN_USABLE_BYTES = 480;
/** A journal with a transaction that is to be undone begins so. */
const JOURNAL_MAGIC = Buffer.from("d9d505f920a163d7", "hex");

/** The files of one database. */
export interface DatabaseFiles {
  readonly database: DatabaseBytes;
  /** The file called like it with `-wal`, where there is one. */
  readonly log?: DatabaseBytes;
  /** Likewise with `-journal`. */
  readonly journal?: DatabaseBytes;
}

/** Of all texts of a database; names as `TextDecoder` has them. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be";

/** The pages of a database as its last committed transaction left them. */
export class Pages {
  readonly path: string;
  readonly pageSize: number;
  /** Bytes of a page that are SQLite's; what is behind them extensions have. */
  readonly usableBytes: number;
  readonly pageCount: number;
  readonly encoding: TextEncoding;
  readonly #blocks: BlockCache;
  readonly #log: WriteAheadLog | undefined;

  private constructor(path: string, head: Header, blocks: BlockCache, log: WriteAheadLog | undefined) {
    this.path = path;
    this.pageSize = head.pageSize;
    this.usableBytes = head.usableBytes;
    this.pageCount = head.pageCount;
    this.encoding = head.encoding;
    this.#blocks = blocks;
    this.#log = log;
  }

  /** @throws {ImportError} `malformed_file`, also for what is encrypted; `unsupported` */
  static async open(files: DatabaseFiles, cacheBytes: number, signal: AbortSignal): Promise<Pages> {
    const { database } = files;
    await refuseOpenJournal(files, signal);
    const log = files.log && (await WriteAheadLog.open(files.log, cacheBytes / 2, signal));
    const blocks = new BlockCache(database, log ? cacheBytes / 2 : cacheBytes, signal);
    const first = (await log?.page(1)) ?? (await blocks.bytes(0, Math.min(HEADER_BYTES, database.sizeBytes)));
    return new Pages(database.path, readHeader(database, first, log), blocks, log);
  }

  /** @param from the page that names it, for errors */
  async page(number: number, from: number): Promise<Uint8Array> {
    if (number >= 1 && number <= this.pageCount)
      return (await this.#log?.page(number)) ?? (await this.#blocks.bytes((number - 1) * this.pageSize, this.pageSize));
    throw this.damaged(`it has ${this.pageCount} pages, and page ${from} names page ${number}`, from);
  }

  /** @param at byte of the page */
  damaged(detail: string, page: number, at = 0): ImportError {
    return damaged(this.path, `page ${page}: ${detail}`, (page - 1) * this.pageSize + at);
  }
}

/** Pages in the file may be those of a transaction that was never done. */
async function refuseOpenJournal({ database, journal }: DatabaseFiles, signal: AbortSignal): Promise<void> {
  if (!journal) return;
  const head = new Uint8Array(JOURNAL_MAGIC.length);
  await journal.readInto(0, head, signal);
  if (!JOURNAL_MAGIC.equals(head)) return;
  const reason =
    "a transaction was broken off, which its journal would undo: open the database once with its own program";
  throw new ImportError("unsupported", reason, { file: database.path });
}

interface Header {
  readonly pageSize: number;
  readonly usableBytes: number;
  readonly pageCount: number;
  readonly encoding: TextEncoding;
}

function readHeader({ path, sizeBytes }: DatabaseBytes, first: Uint8Array, log: WriteAheadLog | undefined): Header {
  const head = Buffer.from(first.buffer, first.byteOffset, Math.min(first.length, HEADER_BYTES));
  if (head.length < HEADER_BYTES || head.toString("latin1", 0, MAGIC.length) !== MAGIC)
    throw damaged(path, "it does not begin with 'SQLite format 3': it is another file, or encrypted", 0);
  const stored = head.readUInt16BE(16);
  const pageSize = stored === 1 ? 65_536 : stored;
  if (!isPageSize(pageSize)) throw damaged(path, `it claims pages of ${pageSize} bytes`, 16);
  if (log && log.pageSize !== pageSize) throw damaged(path, `its log has pages of ${log.pageSize} bytes`, 16);
  const usableBytes = pageSize - head[20];
  if (usableBytes < MIN_USABLE_BYTES) throw damaged(path, `it claims ${head[20]} unused bytes in each page`, 20);
  // Programs of long ago did not count pages; their number is then that of the file.
  const isCounted = head.readUInt32BE(24) === head.readUInt32BE(92) && head.readUInt32BE(28) > 0;
  const inFile = Math.floor(sizeBytes / pageSize);
  const pageCount = log?.pageCount ?? (isCounted ? head.readUInt32BE(28) : inFile);
  if (!log && pageCount > inFile)
    throw damaged(
      path,
      `it counts ${pageCount} pages, and its ${sizeBytes} bytes hold ${inFile}: it was cut short`,
      28,
    );
  return { pageSize, usableBytes, pageCount, encoding: encodingOf(path, head.readUInt32BE(56)) };
}

function encodingOf(path: string, code: number): TextEncoding {
  const encodings: readonly (TextEncoding | undefined)[] = ["utf-8", "utf-8", "utf-16le", "utf-16be"];
  const encoding = encodings[code];
  if (encoding) return encoding;
  throw damaged(path, `its text is in encoding ${code}, which SQLite does not have`, 56);
}
