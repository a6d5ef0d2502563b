import { excerpt, excerptOfList, ImportError, locate } from "@sluice/errors";
import type { SourceFile, SourceRef, Sources } from "@sluice/object-store";
import { zarrRoot } from "../arrays/zarr/store-files.ts";
import { compressionOf } from "../compressed/compressions.ts";
import { InflatedFile } from "../compressed/inflated-file.ts";
import { formatNamed } from "../format-list.ts";
import { FilePart } from "./file-part.ts";
import { LateFile } from "./late-file.ts";
import { readTarDirectory, type TarEntry } from "./tar-directory.ts";
import { readZipDirectory, type ZipEntry } from "./zip-directory.ts";
import { checkReadable, isStored, openZipMember } from "./zip-member.ts";

/** Where a file lies in an archive: plain data, which stands in records. */
export interface ArchiveMember {
  /** Of the archive. */
  readonly archiveBytes: number;
  readonly zip?: ZipEntry;
  readonly tar?: TarEntry;
  /** It is read from front to back, all before it too. */
  readonly isSequential?: true;
}

/** A file as it was found, by itself or in an archive: `sizeBytes` is its own, what storage calls it the archive's. */
export interface FileRef extends SourceRef {
  readonly member?: ArchiveMember;
}

const archiveName = /\.(zip|tar|tgz|tbz2?|txz|tzst|tar\.(gz|bz2|xz|zst))$/i;
/** `a.zip!b.csv`, or with a slash as in a folder. */
const memberPath = /^(.+?\.(?:zip|tar|tgz|tbz2?|txz|tzst|tar\.(?:gz|bz2|xz|zst)))!\/?(.*)$/i;
/** Of a compressed archive, while a client waits. */
const MAX_UNPACKED_BYTES = 1 << 30;

/** Whether a path is that of an archive whose members are files of an import. */
export function isArchive(path: string): boolean {
  return archiveName.test(path);
}

/** The archive of `a.zip!b.csv`, and what of it is meant; undefined for other paths. */
export function memberOfPath(path: string): { readonly archive: string; readonly inside: string } | undefined {
  const match = memberPath.exec(path);
  return match ? { archive: match[1], inside: match[2] } : undefined;
}

/**
 * The files of an archive, as files of an import, called `ARCHIVE!/MEMBER`.
 * @param matches which are wanted, by their names in it
 * @throws {ImportError} `unsupported`, `malformed_file`; `file_not_found` where none is; as `Sources.open`
 */
export async function archiveMembers(
  sources: Sources,
  archive: SourceRef,
  matches: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<FileRef[]> {
  await using file = await sources.open(archive);
  const all = await listMembers(file, signal);
  const wanted = all.filter(({ name }) => matches(name));
  for (const { member } of wanted) if (member.zip) checkReadable(member.zip, archive.path);
  if (wanted.length > 0)
    return wanted.map(({ name, sizeBytes, member }) => ({
      ...{ ...archive, path: `${archive.path}!/${name}`, sizeBytes, member },
    }));
  const reason = `no file of the archive is meant: it has ${excerptOfList(all.map(({ name }) => name)) || "none"}`;
  throw new ImportError("file_not_found", reason, { file: archive.path });
}

interface Listed {
  readonly name: string;
  readonly sizeBytes: number;
  readonly member: ArchiveMember;
}

async function listMembers(file: SourceFile, signal?: AbortSignal): Promise<Listed[]> {
  const archiveBytes = file.sizeBytes;
  try {
    if (/\.zip$/i.test(file.path)) {
      const entries = (await readZipDirectory(file, signal)).filter(({ name }) => !name.endsWith("/"));
      return entries.map((zip) => ({
        ...{ name: plainName(zip.name), sizeBytes: zip.sizeBytes },
        member: { archiveBytes, zip, ...(!isStored(zip) && { isSequential: true as const }) },
      }));
    }
    await using content = await openTar(file, signal);
    const { isSequential, ...limit } = content.supports.randomAccess
      ? { maxBytes: archiveBytes }
      : { maxBytes: MAX_UNPACKED_BYTES, isSequential: true as const };
    const entries = await readTarDirectory(content, limit.maxBytes, signal);
    return entries.map((tar) => ({
      ...{ name: plainName(tar.name), sizeBytes: tar.sizeBytes },
      member: { archiveBytes, tar, ...(isSequential && { isSequential }) },
    }));
  } catch (error) {
    throw locate(error, { file: file.path });
  }
}

/** Without what leads elsewhere: programs that unpack leave it out, and `..` looks like the name of a hidden folder. */
function plainName(name: string): string {
  const parts = name.split("/");
  return parts.filter((part, i) => part !== "" && part !== "." && (part !== ".." || i === parts.length - 1)).join("/");
}

/** A tar archive by its content, whatever its name says of its compression. @param file belongs to whoever opened it */
async function openTar(file: SourceFile, signal?: AbortSignal): Promise<SourceFile> {
  const head = new Uint8Array(Math.min(8, file.sizeBytes));
  const compression = compressionOf(head.subarray(0, await file.readInto(0, head, signal)));
  if (compression) return new InflatedFile(file, compression.decompress);
  return new FilePart(file, file.path, 0, file.sizeBytes);
}

/** Files that are open together. */
export interface OpenFiles extends AsyncDisposable {
  readonly files: readonly SourceFile[];
}

/**
 * Opens the files of a group, in their order; those of a store of many files when they are read. @throws {ImportError} as
 * `openFile`
 */
export async function openFiles(sources: Pick<Sources, "open">, refs: readonly FileRef[]): Promise<OpenFiles> {
  await using opened = new AsyncDisposableStack();
  const isStore = zarrRoot(refs.map(({ path }) => path)) !== undefined;
  const open = async (ref: FileRef) => opened.use(await openFile(sources, ref));
  const files: SourceFile[] = [];
  for (const ref of refs) files.push(isStore ? new LateFile(ref, () => openFile(sources, ref)) : await open(ref));
  const all = opened.move();
  return { files, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/**
 * Opens a file that was found, as one of its own also where it is a member of an archive. Whoever disposes of it has closed
 * the archive too.
 * @throws {ImportError} as `Sources.open`; `malformed_file` where the archive is another one than it was
 */
export async function openFile(
  sources: Pick<Sources, "open">,
  ref: FileRef,
  signal?: AbortSignal,
): Promise<SourceFile> {
  const { member, ...file } = ref;
  if (!member) return await sources.open(file);
  const opened = new AsyncDisposableStack();
  try {
    const archive = opened.use(await sources.open({ ...file, sizeBytes: member.archiveBytes }));
    const content = opened.use(await openMember(archive, member, signal));
    return new OwnedFile(content, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw locate(error, { file: ref.path });
  }
}

async function openMember(archive: SourceFile, { zip, tar }: ArchiveMember, signal?: AbortSignal): Promise<SourceFile> {
  if (zip) return await openZipMember(archive, zip, archive.path, signal);
  if (!tar) throw new Error("a member of no archive");
  const content = await openTar(archive, signal);
  return new OwnedFile(new FilePart(content, archive.path, tar.offset, tar.sizeBytes), content);
}

/** A part of a file, which disposes of the file with it. */
class OwnedFile extends FilePart {
  readonly #owned: AsyncDisposable;
  constructor(file: SourceFile, owned: AsyncDisposable) {
    super(file, file.path, 0, file.sizeBytes);
    this.#owned = owned;
  }
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}

/** Members that are decompressed on the way are read from front to back, as text is. @throws {ImportError} `unsupported` */
export function checkMembers(format: string, files: readonly FileRef[]): void {
  const { text, title } = formatNamed(format);
  const odd = text ? undefined : files.find(({ member }) => member?.isSequential);
  if (!odd) return;
  const reason = `${title} is not read from front to back, as a compressed member of an archive is: unpack '${excerpt(odd.path)}', or pack it without compression (zip -0, tar)`;
  throw new ImportError("unsupported", reason, { file: odd.path });
}
