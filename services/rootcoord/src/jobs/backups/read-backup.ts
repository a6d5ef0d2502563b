import { excerptOfList, ImportError } from "@sluice/errors";
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
import { findSnapshot, isSnapshotMetadata, readSnapshot, snapshotRoot } from "./read-snapshot.ts";

/** Files of a folder without a backup that are looked at for what to name instead, and how many of these are named. */
const MAX_LOOKED = 10_000;
const MAX_NAMED = 100;

/** Where the logs of segments lie: a folder for each kind, ending in `/`. */
export interface LogFolders {
  readonly insert: string;
  readonly delta: string;
  /** Whether there may be deltas that are not the backup's: those alone count that it names. */
  readonly isShared: boolean;
}

/** A collection of a backup, and where its files lie: what there is to read of it. */
export interface OpenedCollection {
  readonly backup: BackupCollection;
  /** Ends in `/`. */
  readonly folder: string;
  /** Undefined of Milvus 1.x, whose segments have other files. */
  readonly logs?: LogFolders;
}

/** A collection of a folder that another program wrote; what there is to read of it alone is read when it is opened. */
export interface FoundCollection extends Pick<BackupCollection, "dbName" | "name"> {
  readonly open: () => Promise<OpenedCollection>;
}

/** Notes of a folder by which it is told what it is, in this order. */
const notes: readonly {
  readonly file: string;
  readonly read: (folder: BackupFolder, file: SourceRef) => Promise<FoundCollection[]>;
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
export async function readBackup(
  sources: Sources,
  path: string,
  bucket: string | undefined,
): Promise<readonly FoundCollection[]> {
  if (isSnapshotMetadata(path)) return [found(await openSnapshot(sources, path, bucket))];
  const folder = path.endsWith("/") ? path : `${path}/`;
  const opened = new BackupFolder(sources, folder, bucket);
  for (const { file, read } of notes) {
    const note = await opened.find(file);
    if (note) return await read(opened, note);
  }
  const snapshot = await findSnapshot(sources, folder, bucket);
  if (snapshot) return [found(await openSnapshot(sources, snapshot.path, bucket))];
  throw new ImportError("file_not_found", await whyNone(sources, folder, bucket), { file: folder });
}

/** Why a folder has none, and which of those below it do: a backup of several collections is a folder for each. */
async function whyNone(sources: Sources, folder: string, bucket: string | undefined): Promise<string> {
  const below = new Set<string>();
  let looked = 0;
  for await (const { path } of sources.list(folder, {}, bucket)) {
    looked++;
    const root = notedFolder(path);
    if (root !== undefined) below.add(root.slice(folder.length));
    if (looked === MAX_LOOKED || below.size === MAX_NAMED) break;
  }
  if (looked === 0)
    return "there is nothing here: folders are looked for in the import bucket and below the folders of --import-root";
  const names = notes.map(({ file }) => file).join(", ");
  const others = below.size > 0 ? `. Folders below it are: name one, of ${excerptOfList([...below])}` : "";
  return `this is no folder of milvus-backup, and none of Milvus 1.x: it has none of ${names}; nor has it a snapshot, by snapshots/ID/metadata/ID.json${others}`;
}

/** The folder that a file is a note of; undefined of other files. */
function notedFolder(path: string): string | undefined {
  const note = notes.find(({ file }) => path.endsWith(`/${file}`));
  return note ? path.slice(0, -note.file.length) : snapshotRoot(path);
}

function found(opened: OpenedCollection): FoundCollection {
  const { dbName, name } = opened.backup;
  return { dbName, name, open: async () => opened };
}

async function openSnapshot(sources: Sources, path: string, bucket: string | undefined): Promise<OpenedCollection> {
  const { collection, logFolder } = await readSnapshot(sources, await sources.find(path, bucket), bucket);
  return {
    ...{ folder: logFolder, backup: collection },
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

  async milvusBackup(files: readonly SourceRef[]): Promise<FoundCollection[]> {
    const texts = [];
    for (const file of files) texts.push({ path: file.path, text: await textOf(this.#sources, file) });
    const logs = {
      insert: `${this.#folder}${BACKUP_LOGS.insert}/`,
      delta: `${this.#folder}${BACKUP_LOGS.delta}/`,
      isShared: false,
    };
    return backupCollections(texts).map((backup) =>
      backup.snapshotPath === undefined
        ? found({ backup, folder: this.#folder, logs })
        : this.#snapshot(backup, backup.snapshotPath),
    );
  }

  /** What a snapshot does not say is as the backup has it. */
  #snapshot({ dbName, name, aliases, isLoaded, notes: own }: BackupCollection, path: string): FoundCollection {
    const open = async () => {
      const opened = await openSnapshot(this.#sources, `${this.#folder}${path}`, this.#bucket);
      const notes = [...opened.backup.notes, ...own];
      return { ...opened, backup: { ...opened.backup, dbName, name, aliases, isLoaded, notes } };
    };
    return { dbName, name, open };
  }

  async milvusBackupByLevels(): Promise<FoundCollection[]> {
    const files = [];
    for (const name of BACKUP_META.levels) files.push(await this.#sources.find(`${this.#folder}${name}`, this.#bucket));
    return await this.milvusBackup(files);
  }

  /** With what is in its log alone. */
  async milvus1Sqlite(file: SourceRef): Promise<FoundCollection[]> {
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
    return milvus1Collections(meta, file.path).map((backup) => found({ backup, folder: this.#folder }));
  }

  async milvus1Dump(file: SourceRef): Promise<FoundCollection[]> {
    const meta = milvus1Dump(await textOf(this.#sources, file));
    return milvus1Collections(meta, file.path).map((backup) => found({ backup, folder: this.#folder }));
  }
}
