import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";

/** A file in a tar archive. */
export interface TarEntry {
  readonly name: string;
  /** Where its bytes begin. */
  readonly offset: number;
  readonly sizeBytes: number;
}

const BLOCK_BYTES = 512;
/** Names and sizes that need a member of their own. */
const MAX_EXTRA_BYTES = 64 << 10;
const MAX_ENTRIES = 65_536;
/** Read at once where reads cost a request each. */
const WINDOW_BYTES = 256 << 10;
/** Zeros behind the end that are passed over: programs write up to 10 KiB of them, some drives more. */
const MAX_PADDING_BYTES = 1 << 20;
/** Kinds of members. Source: POSIX.1-2017, pax; GNU tar 1.34, `tar.h`. */
const FILES = "0\x007";
const LONG_NAME = "L";
/** Members that say something of the one behind them, or of all. */
const NOTES = "LKxgX";
const OWN_HEADER = "x";
const SPARSE = "S";

/**
 * The files of a tar archive (ustar, pax, GNU), in its order; folders and links are left out.
 * @param archive read from front to back, leaving the content out
 * @param maxBytes of it that are looked at
 * @throws {ImportError} `malformed_file` with the byte, also where the archive has no end; `unsupported` for sparse files, and
 *   archives that are longer than `maxBytes`
 */
export async function readTarDirectory(
  archive: SourceFile,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<TarEntry[]> {
  const blocks = new Blocks(archive, signal);
  const entries: TarEntry[] = [];
  let own: OwnHeader = {};
  for (let at = 0; ; ) {
    if (at > maxBytes) throw tooLong(archive, maxBytes);
    const header = await blocks.read(at, BLOCK_BYTES, "a header");
    if (isZero(header)) {
      await checkEnd(blocks, at + BLOCK_BYTES);
      return entries;
    }
    const { kind, name, sizeBytes } = parseHeader(header, at, own);
    const offset = at + BLOCK_BYTES;
    const isOwn = kind === LONG_NAME || kind === OWN_HEADER;
    if (isOwn) own = { ...own, ...(await readOwn(blocks, kind, offset, sizeBytes)) };
    else if (!NOTES.includes(kind)) own = {};
    if (kind === SPARSE) throw sparse(name);
    if (FILES.includes(kind) && !name.endsWith("/")) entries.push({ name, offset, sizeBytes });
    if (entries.length > MAX_ENTRIES) throw malformed(`it has more than ${MAX_ENTRIES} files`, at);
    at = offset + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
    if (at > archive.sizeBytes) throw malformed(`file '${excerpt(name)}' ends at byte ${at}, behind its end`, offset);
  }
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/**
 * Of archives that were written one behind the other programs read the first one alone: the files of the others would be left out.
 * @param at behind the first block of zeros, after which programs write more of them @throws {ImportError} `unsupported`
 */
async function checkEnd(blocks: Blocks, at: number): Promise<void> {
  for (let next = at; next < at + MAX_PADDING_BYTES; next += BLOCK_BYTES) {
    const block = await blocks.readIfThere(next, BLOCK_BYTES);
    if (!block) return;
    if (isZero(block)) continue;
    if (!hasSum(block)) return;
    const reason = `behind the end of the archive another one begins (byte ${next}), whose files would be left out: put both into one (tar --concatenate)`;
    throw new ImportError("unsupported", reason, { byteOffset: next });
  }
}

/** What a member before says of one. */
interface OwnHeader {
  readonly name?: string;
  readonly sizeBytes?: number;
}

interface Header extends Required<OwnHeader> {
  readonly kind: string;
}

function parseHeader(header: Buffer, at: number, own: OwnHeader): Header {
  if (!hasSum(header)) throw malformed("what should be a header has another checksum", at);
  const kind = header.toString("latin1", 156, 157);
  const isUstar = header.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isUstar ? textAt(header, 345, 155) : "";
  const short = textAt(header, 0, 100);
  const name = own.name ?? (prefix === "" ? short : `${prefix}/${short}`);
  const sizeBytes = own.sizeBytes ?? sizeAt(header, 124);
  if (!Number.isSafeInteger(sizeBytes)) throw malformed("a size is no number", at + 124);
  // Folders, links and devices may tell a size, and have no content.
  return { kind, name, sizeBytes: "123456".includes(kind) ? 0 : sizeBytes };
}

/** The sum of all bytes, of which those of the sum itself count as blanks; old programs took bytes for signed. */
function hasSum(header: Buffer): boolean {
  const stored = Number.parseInt(textAt(header, 148, 8).trim(), 8);
  let [sum, signed] = [8 * 32, 8 * 32];
  for (let i = 0; i < BLOCK_BYTES; i++) {
    if (i >= 148 && i < 156) continue;
    sum += header[i];
    signed += header.readInt8(i);
  }
  return stored === sum || stored === signed;
}

/** Octal digits, or, behind a highest bit, a number in bytes. */
function sizeAt(header: Buffer, at: number): number {
  if (header[at] === 0x80) return header.subarray(at + 1, at + 12).reduce((value, byte) => value * 256 + byte, 0);
  const digits = textAt(header, at, 12).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || "0", 8) : Number.NaN;
}

function textAt(header: Buffer, at: number, bytes: number): string {
  const end = header.indexOf(0, at);
  return header.toString("utf8", at, end < 0 || end > at + bytes ? at + bytes : end);
}

async function readOwn(blocks: Blocks, kind: string, offset: number, sizeBytes: number): Promise<OwnHeader> {
  if (sizeBytes > MAX_EXTRA_BYTES) throw malformed(`a name takes ${sizeBytes} bytes`, offset);
  const content = await blocks.read(offset, sizeBytes, "a name");
  if (kind === LONG_NAME) return { name: textAt(content, 0, sizeBytes) };
  const { path, size, ...others } = paxRecords(content, offset);
  if (Object.keys(others).some((key) => key.startsWith("GNU.sparse."))) throw sparse(path ?? "");
  return { ...(path !== undefined && { name: path }), ...(size !== undefined && { sizeBytes: Number(size) }) };
}

/** Lines `LENGTH KEY=VALUE`, in which values may hold anything. */
function paxRecords(content: Buffer, offset: number): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < content.length; ) {
    const blank = content.indexOf(" ", at);
    const equals = content.indexOf("=", blank);
    const length = Number(content.toString("latin1", at, blank));
    const end = at + length;
    if (!(blank > at && equals > blank && equals < end && end <= content.length))
      throw malformed("an extended header is damaged", offset + at);
    records[content.toString("utf8", blank + 1, equals)] = content.toString("utf8", equals + 1, end - 1);
    at = end;
  }
  return records;
}

/** Small parts of a file, in ascending order, many of them from one read. */
class Blocks {
  readonly #file: SourceFile;
  readonly #signal: AbortSignal | undefined;
  readonly #window: Buffer;
  #at = 0;
  #length = 0;

  constructor(file: SourceFile, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#signal = signal;
    this.#window = Buffer.alloc(Math.min(WINDOW_BYTES, file.sizeBytes));
  }

  /** Valid until the next read; undefined where the file ends before. */
  async readIfThere(position: number, bytes: number): Promise<Buffer | undefined> {
    if (position + bytes > this.#at + this.#length) await this.#moveTo(position);
    const from = position - this.#at;
    return from + bytes <= this.#length ? this.#window.subarray(from, from + bytes) : undefined;
  }

  /** Valid until the next read. @throws {ImportError} `malformed_file` where the file ends before */
  async read(position: number, bytes: number, what: string): Promise<Buffer> {
    const found = await this.readIfThere(position, bytes);
    if (found) return found;
    throw malformed(`it ends where ${what} should be: it is cut short, or has no end`, position);
  }

  /** What is there already is kept: a compressed file would begin anew for it. */
  async #moveTo(position: number): Promise<void> {
    const end = this.#at + this.#length;
    const kept = Math.max(0, end - position);
    this.#window.copyWithin(0, this.#length - kept, this.#length);
    const rest = this.#window.subarray(kept);
    this.#length = kept + (await this.#file.readInto(position + kept, rest, this.#signal));
    this.#at = position;
  }
}

function malformed(detail: string, byteOffset: number): ImportError {
  return new ImportError("malformed_file", `the tar archive cannot be read: ${detail}`, { byteOffset });
}

function sparse(name: string): ImportError {
  return new ImportError("unsupported", `file '${excerpt(name)}' of the archive is sparse: pack it without --sparse`);
}

function tooLong({ path }: SourceFile, maxBytes: number): ImportError {
  const reason = `the compressed archive holds more than ${maxBytes} bytes, which would all be read to find its files: unpack it, or pack it as zip or as tar without compression`;
  return new ImportError("unsupported", reason, { file: path });
}
