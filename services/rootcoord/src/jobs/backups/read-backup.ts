import { ImportError } from "@sluice/errors";
import {
  BACKUP_LOGS,
  BACKUP_META,
  type BackupCollection,
  backupCollections,
  MILVUS1_FILES,
  milvus1Collections,
  milvus1Dump,
  milvus1Sqlite,
} from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";
import { textOf } from "../note-files.ts";
import { findSnapshot, isSnapshotMetadata, readSnapshot } from "./read-snapshot.ts";

/** Where the logs of segments lie: a folder for each kind, ending in `/`. */
export interface LogFolders {
  readonly insert: string;
  readonly delta: string;
  /** Whether there may be deltas that are not the backup's: those alone count that it names. */
  readonly isShared: boolean;
}

/** The collections of a folder that another program wrote. */
export interface Backup {
  /** Ends in `/`. */
  readonly folder: string;
  readonly collections: readonly BackupCollection[];
  /** Undefined of Milvus 1.x, whose segments have other files. */
  readonly logs?: LogFolders;
}

/** Notes of a folder by which it is told what it is, in this order. */
const notes: readonly {
  readonly file: string;
  readonly read: (folder: BackupFolder, file: SourceRef) => Promise<Backup>;
}[] = [
  { file: BACKUP_META.full, read: (folder, file) => folder.milvusBackup([file]) },
  { file: MILVUS1_FILES.sqlite, read: (folder, file) => folder.milvus1Sqlite(file) },
  { file: MILVUS1_FILES.dump, read: (folder, file) => folder.milvus1Dump(file) },
  { file: BACKUP_META.levels[0], read: (folder) => folder.milvusBackupByLevels() },
];

/**
 * The collections of a folder of milvus-backup, by its full meta file or those of all levels, of a data folder of Milvus 1.x, by its
 * meta store, or of a snapshot of Milvus 3.
 * @param path of the folder, or of the metadata of a snapshot
 * @throws {ImportError} `file_not_found` where it is none of them; `malformed_file`; `unsupported`
 */
export async function readBackup(sources: Sources, path: string, bucket: string | undefined): Promise<Backup> {
  if (isSnapshotMetadata(path)) return await milvusSnapshot(sources, await sources.find(path, bucket), bucket);
  const folder = path.endsWith("/") ? path : `${path}/`;
  const opened = new BackupFolder(sources, folder, bucket);
  for (const { file, read } of notes) {
    const found = await opened.find(file);
    if (found) return await read(opened, found);
  }
  const snapshot = await findSnapshot(sources, folder, bucket);
  if (snapshot) return await milvusSnapshot(sources, snapshot, bucket);
  const names = notes.map(({ file }) => file).join(", ");
  const reason = `this is no folder of milvus-backup, and none of Milvus 1.x: it has none of ${names}; nor has it a snapshot, by snapshots/ID/metadata/ID.json`;
  throw new ImportError("file_not_found", reason, { file: folder });
}

async function milvusSnapshot(sources: Sources, file: SourceRef, bucket: string | undefined): Promise<Backup> {
  const { collection, logFolder } = await readSnapshot(sources, file, bucket);
  return {
    folder: logFolder,
    collections: [collection],
    logs: { insert: `${logFolder}insert_log/`, delta: `${logFolder}delta_log/`, isShared: true },
  };
}

class BackupFolder {
  readonly #sources: Sources;
  readonly #folder: string;
  readonly #bucket: string | undefined;

  constructor(sources: Sources, folder: string, bucket: string | undefined) {
    this.#sources = sources;
    this.#folder = folder;
    this.#bucket = bucket;
  }

  /** Undefined where there is none. */
  async find(name: string): Promise<SourceRef | undefined> {
    try {
      return await this.#sources.find(`${this.#folder}${name}`, this.#bucket);
    } catch (error) {
      if (error instanceof ImportError && error.code === "file_not_found") return undefined;
      throw error;
    }
  }

  async milvusBackup(files: readonly SourceRef[]): Promise<Backup> {
    const texts = [];
    for (const file of files) texts.push({ path: file.path, text: await textOf(this.#sources, file) });
    const logs = {
      insert: `${this.#folder}${BACKUP_LOGS.insert}/`,
      delta: `${this.#folder}${BACKUP_LOGS.delta}/`,
      isShared: false,
    };
    return { folder: this.#folder, collections: backupCollections(texts), logs };
  }

  async milvusBackupByLevels(): Promise<Backup> {
    const files = [];
    for (const name of BACKUP_META.levels) files.push(await this.#sources.find(`${this.#folder}${name}`, this.#bucket));
    return await this.milvusBackup(files);
  }

  /** With what is in its log alone. */
  async milvus1Sqlite(file: SourceRef): Promise<Backup> {
    await using opened = new AsyncDisposableStack();
    const open = async (ref: SourceRef) => opened.use(await this.#sources.open(ref));
    const log = await this.find(`${MILVUS1_FILES.sqlite}-wal`);
    const journal = await this.find(`${MILVUS1_FILES.sqlite}-journal`);
    const files = {
      database: await open(file),
      ...(log && { log: await open(log) }),
      ...(journal && { journal: await open(journal) }),
    };
    const meta = await milvus1Sqlite(files, new AbortController().signal);
    return { folder: this.#folder, collections: milvus1Collections(meta, file.path) };
  }

  async milvus1Dump(file: SourceRef): Promise<Backup> {
    const meta = milvus1Dump(await textOf(this.#sources, file));
    return { folder: this.#folder, collections: milvus1Collections(meta, file.path) };
  }
}
