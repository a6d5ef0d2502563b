import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../foreign-content.ts";

/** A member of an archive, as the directory at its end tells. */
export interface ZipEntry {
  readonly name: string;
  /** 0: as it is, 8: deflate. */
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  /** Of its local header, which stands before its bytes. */
  readonly headerOffset: number;
}

/** Greatest directory that is read, and members in it: archives of columns have some dozens. */
const MAX_DIRECTORY_BYTES = 16 << 20;
const MAX_ENTRIES = 65_536;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const ENTRY_BYTES = 46;
const signatures = { entry: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 } as const;
/** What stands where the true number is one of 64 bits, elsewhere. */
const ELSEWHERE = 0xffffffff;
const ZIP64_EXTRA = 1;
const latin1 = new TextDecoder("latin1");
const utf8 = new TextDecoder();

/**
 * The members of a zip archive, with or without zip64. Source: APPNOTE.TXT 6.3.10, §4.3.
 * @throws {ImportError} `malformed_file` with the byte; `unsupported` for archives in several parts
 */
export async function readZipDirectory(source: SourceFile, signal?: AbortSignal): Promise<ZipEntry[]> {
  const tailAt = Math.max(0, source.sizeBytes - END_BYTES - MAX_COMMENT_BYTES - LOCATOR_BYTES);
  const tail = await readBytes(source, tailAt, source.sizeBytes - tailAt, signal);
  const endAt = findEnd(tail);
  if (endAt < 0) {
    const reason = "the archive has no directory at its end: it is cut short, or no zip archive";
    throw await withContent(malformed(reason, source.sizeBytes), source, signal);
  }
  const { offset, bytes, count } = await placeOf(source, tail, tailAt, endAt, signal);
  if (offset + bytes > tailAt + endAt)
    throw malformed("the directory of the archive ends behind its end", tailAt + endAt);
  if (bytes > MAX_DIRECTORY_BYTES || count > MAX_ENTRIES)
    throw malformed(`the directory of the archive has ${count} members in ${bytes} bytes, more than is read`, offset);
  return parseEntries(await readBytes(source, offset, bytes, signal), offset, count);
}

/** From the end: a comment may follow, which may hold anything. */
function findEnd(tail: DataView): number {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== signatures.end) continue;
    if (at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength) return at;
  }
  return -1;
}

interface DirectoryPlace {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

async function placeOf(
  source: SourceFile,
  tail: DataView,
  tailAt: number,
  endAt: number,
  signal?: AbortSignal,
): Promise<DirectoryPlace> {
  const locatorAt = endAt - LOCATOR_BYTES;
  if (locatorAt >= 0 && tail.getUint32(locatorAt, true) === signatures.locator) {
    const at = number64(tail, locatorAt + 8);
    if (at + END64_BYTES > source.sizeBytes)
      throw malformed("the 64-bit end of the archive lies behind its end", tailAt + endAt);
    const end = await readBytes(source, at, END64_BYTES, signal);
    if (end.getUint32(0, true) !== signatures.end64)
      throw malformed("the 64-bit end of the archive has no signature", at);
    return { count: number64(end, 32), bytes: number64(end, 40), offset: number64(end, 48) };
  }
  if (tail.getUint16(endAt + 4, true) !== 0)
    throw new ImportError("unsupported", "the archive is one part of several: put it together first");
  const field = (at: number) => tail.getUint32(endAt + at, true);
  return { count: tail.getUint16(endAt + 10, true), bytes: field(12), offset: field(16) };
}

function parseEntries(directory: DataView, offset: number, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const isThere = at + ENTRY_BYTES <= directory.byteLength && directory.getUint32(at, true) === signatures.entry;
    if (!isThere) throw malformed(`the directory of the archive has no entry ${i} of ${count}`, offset + at);
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.getUint16(at + field, true));
    const end = at + ENTRY_BYTES + name + extra + comment;
    if (end > directory.byteLength) throw malformed(`entry ${i} of the archive's directory is cut short`, offset + at);
    entries.push(parseEntry(directory, at, name, extra, offset));
    at = end;
  }
  return entries;
}

function parseEntry(view: DataView, at: number, nameBytes: number, extraBytes: number, offset: number): ZipEntry {
  const flags = view.getUint16(at + 8, true);
  const nameAt = view.byteOffset + at + ENTRY_BYTES;
  const name = (flags & 0x800 ? utf8 : latin1).decode(new Uint8Array(view.buffer, nameAt, nameBytes));
  const wide = new WideNumbers(view, at + ENTRY_BYTES + nameBytes, extraBytes, offset);
  const sizeBytes = wide.of(view.getUint32(at + 24, true));
  const compressedBytes = wide.of(view.getUint32(at + 20, true));
  const headerOffset = wide.of(view.getUint32(at + 42, true));
  const crc32 = view.getUint32(at + 16, true);
  return {
    ...{ name, crc32, sizeBytes, compressedBytes, headerOffset },
    method: view.getUint16(at + 10, true),
    isEncrypted: (flags & 1) !== 0,
  };
}

/** Numbers of 64 bits in the extra field, in the order of those that are missing. */
class WideNumbers {
  readonly #view: DataView;
  readonly #offset: number;
  #at = 0;
  #end = 0;

  constructor(view: DataView, at: number, bytes: number, offset: number) {
    this.#view = view;
    this.#offset = offset;
    for (let next = at; next + 4 <= at + bytes; ) {
      const size = view.getUint16(next + 2, true);
      if (view.getUint16(next, true) === ZIP64_EXTRA) {
        this.#at = next + 4;
        this.#end = Math.min(next + 4 + size, at + bytes);
      }
      next += 4 + size;
    }
  }

  of(value: number): number {
    if (value !== ELSEWHERE) return value;
    if (this.#at + 8 > this.#end)
      throw malformed("an entry of the archive lacks its 64-bit sizes", this.#offset + this.#at);
    this.#at += 8;
    return number64(this.#view, this.#at - 8);
  }
}

/** Numbers that no file reaches are as good as infinite: comparisons refuse them. */
function number64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

async function readBytes(source: SourceFile, position: number, bytes: number, signal?: AbortSignal): Promise<DataView> {
  const target = new Uint8Array(bytes);
  const count = await source.readInto(position, target, signal);
  if (count < bytes) throw malformed("the file has become shorter since the import began", position + count);
  return new DataView(target.buffer);
}

function malformed(reason: string, byteOffset: number): ImportError {
  return new ImportError("malformed_file", reason, { byteOffset });
}
