import { crc32, createInflateRaw } from "node:zlib";
import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { Decompress } from "../compressed/decompression.ts";
import { InflatedFile } from "../compressed/inflated-file.ts";
import { Inflation } from "../compressed/inflation.ts";
import { FilePart, View } from "./file-part.ts";
import type { ZipEntry } from "./zip-directory.ts";

const LOCAL_HEADER_BYTES = 30;
const LOCAL_SIGNATURE = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

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
 * @param archive belongs to whoever opened it @param path that messages name
 * @throws {ImportError} as `checkReadable`; `malformed_file`
 */
export async function openZipMember(
  archive: SourceFile,
  entry: ZipEntry,
  path: string,
  signal?: AbortSignal,
): Promise<SourceFile> {
  checkReadable(entry, archive.path);
  const start = await dataOffset(archive, entry, signal);
  const part = new FilePart(archive, path, start, entry.compressedBytes);
  return new CheckedMember(isStored(entry) ? part : new InflatedFile(part, deflate(entry)), entry);
}

/** @throws {ImportError} `unsupported` for other compressions and encrypted members */
export function checkReadable({ name, method, isEncrypted }: ZipEntry, archive: string): void {
  const refuse = (why: string) => {
    throw new ImportError("unsupported", `member '${excerpt(name)}' of the archive ${why}`, { file: archive });
  };
  if (isEncrypted) refuse("is encrypted: write it without a password");
  if (method !== STORED && method !== DEFLATED)
    refuse(`is compressed by method ${method}; only stored and deflated ones are read: pack it with zip -Z deflate`);
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

/** What a member holds, compared with its checksum as far as it is read without gaps. */
class CheckedMember extends View {
  readonly sizeBytes: number;
  readonly #content: SourceFile;
  readonly #expected: number;
  #checksum = 0;
  #checkedBytes = 0;

  constructor(content: SourceFile, { sizeBytes, crc32 }: ZipEntry) {
    super(content, content.path);
    this.sizeBytes = sizeBytes;
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
    if (count === wanted.length) return count;
    throw this.#damaged(`it ends at byte ${position + count}, and should have ${this.sizeBytes}`);
  }

  /** At each read: who has passed over the first failure is told again. */
  #compare(): void {
    if (this.#checkedBytes < this.sizeBytes || this.#checksum === this.#expected) return;
    throw this.#damaged("its checksum is not the one that the archive tells");
  }

  #damaged(why: string): unknown {
    const reason = `the content of the archive's member is damaged: ${why}`;
    return new ImportError("malformed_file", reason, { file: this.path });
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#content[Symbol.asyncDispose]();
  }
}
