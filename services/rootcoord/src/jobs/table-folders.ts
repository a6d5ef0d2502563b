import { gunzipSync } from "node:zlib";
import { excerptOfList, ImportError } from "@sluice/errors";
import {
  applyCheckpoint,
  BACKUP_META,
  DATASET_STATE,
  DeltaLog,
  datasetFiles,
  datasetNotes,
  deltaLogFiles,
  type FileRef,
  type Folders,
  icebergFiles,
  newestMetadata,
  storeFolder,
  type TableNames,
} from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";
import { lanceTable } from "./lance-table.ts";
import { bytesOf, checkSize, MAX_NOTE_BYTES, nameOf, textOf } from "./note-files.ts";

/** A file of a folder, with what the folder's own notes say of it. */
export interface FolderFile extends FileRef {
  /** Of all its rows; absent: what its path says. */
  readonly partition?: Folders;
  /** That of its group, where notes say it. */
  readonly format?: string;
  /** Names of columns by those that they have in the file, where these are others. */
  readonly columnNames?: TableNames;
}

const MAX_LOG_FILES = 10_000;

/**
 * The files of a folder that are part of the table that a program keeps there: by the log of Delta tables, the newest metadata
 * of Iceberg tables, the state of saved Hugging Face datasets; of a program's store those that it is read from. Other folders are
 * what lies in them.
 * @param path with `/` at its end @param files all of its files that are not hidden
 * @throws {ImportError} `unsupported` for tables whose rows the files alone do not tell; `request_invalid` for those that have none;
 *   `malformed_file`; as `Sources.open`
 */
export async function tableFiles(
  sources: Sources,
  path: string,
  files: readonly SourceRef[],
  bucket: string | undefined,
): Promise<readonly FolderFile[]> {
  try {
    const found = await filesByNotes(sources, path, files, bucket);
    if (found.length === 0 && files.length > 0) throw isEmpty(path);
    return found;
  } catch (error) {
    // Notes are JSON of any shape: who looks for a member of what is none finds out so.
    if (!(error instanceof TypeError) && !(error instanceof URIError) && !(error instanceof SyntaxError)) throw error;
    const reason = `the notes of the table are damaged: ${error.message}`;
    throw new ImportError("malformed_file", reason, { file: path }, { cause: error });
  }
}

async function filesByNotes(
  sources: Sources,
  path: string,
  files: readonly SourceRef[],
  bucket: string | undefined,
): Promise<readonly FolderFile[]> {
  const below = new Map(files.map((file) => [file.path.slice(path.length), file]));
  if (below.has(BACKUP_META.full) || below.has(BACKUP_META.levels[0])) throw isBackup(path);
  if (storeFolder([...below.keys()])) return await storeFiles(sources, path, bucket);
  const notes = [...below.keys()]
    .filter((file) => file.startsWith(ICEBERG_NOTES))
    .map((file) => file.slice(ICEBERG_NOTES.length));
  const metadata = newestMetadata(notes);
  if (metadata !== undefined) return await icebergTable(sources, path, below, `${ICEBERG_NOTES}${metadata}`);
  if ([...below.keys()].some((file) => /^data\/[^/]+\.lance$/.test(file)))
    return (await lanceTable(sources, path, below, bucket)).map(asLance);
  const log = await Array.fromAsync(sources.list(`${path}_delta_log/`, { deep: false }, bucket));
  if (log.length > 0) return await deltaFiles(sources, path, files, log);
  return await savedDataset(sources, files);
}

/** All rows of it were deleted, or none written yet; files that others have replaced may lie there still. */
function isEmpty(path: string): ImportError {
  const reason = "the table in the folder has no rows now, by its own notes: there is nothing to import";
  return new ImportError("request_invalid", reason, { file: path });
}

function isBackup(path: string): ImportError {
  const reason = `it is a folder of milvus-backup: restore it by "sluice restore ${path.replace(/\/$/, "")}", or name one of its collections by the option internal_data`;
  return new ImportError("unsupported", reason, { file: path });
}

/** Folders of a store may have names by which others would be hidden, such as `_default`. */
async function storeFiles(sources: Sources, path: string, bucket: string | undefined): Promise<readonly FolderFile[]> {
  const files = await Array.fromAsync(sources.list(path, { deep: true }, bucket));
  const below = new Map(files.map((file) => [file.path.slice(path.length), file]));
  const store = storeFolder([...below.keys()]);
  return (store?.paths ?? []).map((file) => ({ ...(below.get(file) as SourceRef), format: store?.format as string }));
}

const ICEBERG_NOTES = "metadata/";

/** Folders above it say nothing of its rows. */
function asLance(file: SourceRef): FolderFile {
  return { ...file, format: "lance", partition: new Map() };
}

/** @param below files by their paths below the folder */
async function icebergTable(
  sources: Sources,
  path: string,
  below: ReadonlyMap<string, SourceRef>,
  metadata: string,
): Promise<readonly FolderFile[]> {
  const there = (file: string) => {
    const found = below.get(file);
    if (found) return found;
    throw new ImportError("file_not_found", `a file that the Iceberg table names is not there: ${file}`, {
      file: path,
    });
  };
  const read = (file: string) => bytesOf(sources, there(file));
  const text = plainText(await read(metadata));
  const live = await icebergFiles(text, path, read);
  // Partition columns are in the files; what folders are called follows from transforms.
  return live.map((file) => ({ ...there(file), partition: new Map() }));
}

/** Metadata may be compressed, whatever their names. */
function plainText(bytes: Buffer): string {
  return (bytes[0] === 0x1f ? gunzipSync(bytes, { maxOutputLength: MAX_NOTE_BYTES }) : bytes).toString();
}

async function deltaFiles(
  sources: Sources,
  path: string,
  files: readonly SourceRef[],
  logFiles: readonly SourceRef[],
): Promise<readonly FolderFile[]> {
  const byName = new Map(logFiles.map((ref) => [nameOf(ref), ref]));
  const needed = deltaLogFiles([...byName.keys()], path);
  if (!needed) return files;
  if (needed.commits.length > MAX_LOG_FILES)
    throw new ImportError("unsupported", `the Delta table has ${needed.commits.length} commits without a checkpoint`, {
      file: path,
    });
  const log = new DeltaLog(path);
  for (const name of needed.checkpoint) {
    const ref = byName.get(name) as SourceRef;
    checkSize(ref);
    await using source = await sources.open(ref);
    await applyCheckpoint(log, source, new AbortController().signal);
  }
  for (const name of needed.commits)
    log.applyCommit(await textOf(sources, byName.get(name) as SourceRef), `${path}_delta_log/${name}`);
  const known = new Map(files.map((file) => [file.path.slice(path.length), file]));
  const columnNames = log.columnNames();
  const missing: string[] = [];
  const live = log.files().flatMap(({ path: file, partition }): FolderFile[] => {
    const found = known.get(file);
    if (!found) missing.push(file);
    return found ? [{ ...found, partition, columnNames }] : [];
  });
  if (missing.length === 0) return live;
  const reason = `files that the log of the Delta table names are not there: ${excerptOfList(missing)}`;
  throw new ImportError("file_not_found", reason, { file: path });
}

/** Of each folder with a state, the files that it names; of others all. */
async function savedDataset(sources: Sources, files: readonly SourceRef[]): Promise<readonly SourceRef[]> {
  let left = files;
  for (const state of files.filter((file) => nameOf(file) === DATASET_STATE)) {
    const folder = state.path.slice(0, -DATASET_STATE.length);
    const names = datasetFiles(await textOf(sources, state), state.path);
    if (!names) continue;
    const missing = names.filter((name) => !files.some((file) => file.path === folder + name));
    if (missing.length > 0)
      throw new ImportError(
        "file_not_found",
        `files that ${state.path} names are not there: ${excerptOfList(missing)}`,
        { file: state.path },
      );
    const isKept = (file: SourceRef) =>
      file.path.slice(0, -nameOf(file).length) !== folder || names.includes(nameOf(file));
    left = left.filter((file) => isKept(file) && !datasetNotes.has(nameOf(file)));
  }
  return left;
}
