import { crc32, createInflateRaw } from "node:zlib";
import { excerpt, ImportError, locate } from "@sluice/errors";
import type { ByteRange, SourceFile } from "@sluice/object-store";
import type { Decompress } from "../compressed/decompression.ts";
import { InflatedFile } from "../compressed/inflated-file.ts";
import { Inflation } from "../compressed/inflation.ts";
import type { ZipEntry } from "./zip-directory.ts";

const LOCAL_HEADER_BYTES = 30;
const LOCAL_SIGNATURE = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
/** Bytes of a chunk that `read` gives. */
const READ_BYTES = 1 << 20;

/** Whose output takes no more memory than the member. */
function deflate({ sizeBytes }: ZipEntry): Decompress {
  const open = (chunkSize: number) => createInflateRaw({ chunkSize: Math.max(4096, Math.min(chunkSize, sizeBytes)) });
  return (file, signal) => new Inflation(file, { name: "deflate", isPadded: false, open }, signal);
}

/** Whether a member can be read from anywhere. */
export function isStored({ method }: ZipEntry): boolean {
  return method === STORED;
}

/**
 * A member of an archive as a file: one that is stored in it is read from anywhere, a compressed one from front to back. Its
 * checksum is compared by whoever reads it to its end, without leaving anything out.
 * @param archive belongs to whoever opened it
 * @throws {ImportError} `unsupported` for other compressions and encrypted members; `malformed_file`
 */
export async function openZipMember(archive: SourceFile, entry: ZipEntry, signal?: AbortSignal): Promise<SourceFile> {
  const refuse = (why: string) => {
    throw new ImportError("unsupported", `member '${excerpt(entry.name)}' of the archive ${why}`, {
      file: archive.path,
    });
  };
  if (entry.isEncrypted) refuse("is encrypted: write it without a password");
  if (entry.method !== STORED && entry.method !== DEFLATED)
    refuse(`is compressed by method ${entry.method}; only stored and deflated ones are read`);
  const part = new FilePart(archive, entry, await dataOffset(archive, entry, signal));
  return new CheckedMember(isStored(entry) ? part : new InflatedFile(part, deflate(entry)), entry);
}

/** Behind the local header, whose name and extra field may be longer than in the directory. */
async function dataOffset(
  archive: SourceFile,
  { headerOffset, name, compressedBytes }: ZipEntry,
  signal?: AbortSignal,
) {
  const header = new DataView(new ArrayBuffer(LOCAL_HEADER_BYTES));
  const isInFile = headerOffset + LOCAL_HEADER_BYTES <= archive.sizeBytes;
  const count = isInFile ? await archive.readInto(headerOffset, new Uint8Array(header.buffer), signal) : 0;
  const start = headerOffset + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  const hasHeader = count === LOCAL_HEADER_BYTES && header.getUint32(0, true) === LOCAL_SIGNATURE;
  if (hasHeader && start + compressedBytes <= archive.sizeBytes) return start;
  const reason = `member '${excerpt(name)}' of the archive does not lie where its directory says`;
  throw new ImportError("malformed_file", reason, {
    file: archive.path,
    byteOffset: Math.min(headerOffset, archive.sizeBytes),
  });
}

/** What all views of a member have in common. */
abstract class View implements SourceFile {
  readonly path: string;
  readonly version: string;
  abstract readonly sizeBytes: number;
  abstract readonly supports: SourceFile["supports"];
  readonly #file: SourceFile;

  constructor(file: SourceFile, path: string) {
    this.#file = file;
    this.path = path;
    this.version = file.version;
  }

  abstract readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number>;

  async *read({ start, end }: ByteRange = { start: 0, end: this.sizeBytes }, signal?: AbortSignal) {
    for (let at = start; at < end; ) {
      const chunk = new Uint8Array(Math.min(READ_BYTES, end - at));
      const count = await this.readInto(at, chunk, signal);
      if (count > 0) yield chunk.subarray(0, count);
      if (count < chunk.length) return;
      at += count;
    }
  }

  check(signal?: AbortSignal): Promise<void> {
    return this.#file.check(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The bytes of a member as they lie in the archive. */
class FilePart extends View {
  readonly sizeBytes: number;
  readonly supports = { randomAccess: true };
  readonly #archive: SourceFile;
  readonly #start: number;

  constructor(archive: SourceFile, { name, compressedBytes }: ZipEntry, start: number) {
    super(archive, `${archive.path}/${name}`);
    this.sizeBytes = compressedBytes;
    this.#archive = archive;
    this.#start = start;
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const length = Math.max(0, Math.min(target.length, this.sizeBytes - position));
    return this.#archive.readInto(this.#start + position, target.subarray(0, length), signal);
  }
}

/** What a member holds, compared with its checksum as far as it is read without gaps. */
class CheckedMember extends View {
  readonly sizeBytes: number;
  readonly supports: SourceFile["supports"];
  readonly #content: SourceFile;
  readonly #expected: number;
  #checksum = 0;
  #checkedBytes = 0;

  constructor(content: SourceFile, { sizeBytes, crc32 }: ZipEntry) {
    super(content, content.path);
    this.sizeBytes = sizeBytes;
    this.supports = content.supports;
    this.#content = content;
    this.#expected = crc32;
  }

  async readInto(position: number, target: Uint8Array, signal?: AbortSignal): Promise<number> {
    const wanted = target.subarray(0, Math.max(0, Math.min(target.length, this.sizeBytes - position)));
    const count = await this.#content.readInto(position, wanted, signal);
    if (position <= this.#checkedBytes && position + count > this.#checkedBytes) {
      this.#checksum = crc32(wanted.subarray(this.#checkedBytes - position, count), this.#checksum);
      this.#checkedBytes = position + count;
    }
    this.#compare();
    return count;
  }

  /** At each read: who has passed over the first failure is told again. */
  #compare(): void {
    if (this.#checkedBytes < this.sizeBytes || this.#checksum === this.#expected) return;
    const reason = "the content of the archive's member is damaged: its checksum is not the one that the archive tells";
    throw locate(new ImportError("malformed_file", reason), { file: this.path });
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#content[Symbol.asyncDispose]();
  }
}
