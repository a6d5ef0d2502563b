/** A folder that one program keeps its rows in. */
export interface StoreFolder {
  /** Name of the format that all of its files are one set of. */
  readonly format: string;
  /** Those that it reads, by their paths below the folder. */
  readonly paths: readonly string[];
}

const SQLITE = "sqlite";
/** What is in the folder of a segment of Chroma, beside its database. */
const chromaFiles = ["header.bin", "data_level0.bin", "length.bin", "index_metadata.pickle"];
const liteNote = /^(collections\/[^/]+\/)?manifest\.json$/;
const liteFile =
  /^(collections\/[^/]+\/)?((manifest|schema)\.json|wal\/[^/]+\.arrow|partitions\/[^/]+\/(data|delta)\/[^/]+\.parquet)$/;
const besideDatabase = ["-wal", "-journal"];

/**
 * Whose store a folder is, by the names of its files: Chroma's, that of a qdrant-client without a server, or Milvus Lite's.
 * @param paths of all of its files, below it
 */
export function storeFolder(paths: readonly string[]): StoreFolder | undefined {
  const these = (format: string, pattern: RegExp) => ({ format, paths: paths.filter((path) => pattern.test(path)) });
  if (paths.includes("chroma.sqlite3")) {
    const database = these(SQLITE, /^chroma\.sqlite3(-wal|-journal)?$/).paths;
    return { format: SQLITE, paths: [...database, ...paths.filter((path) => isChromaFile(path))] };
  }
  if (paths.some((path) => liteNote.test(path) && paths.includes(path.replace(/manifest\.json$/, "schema.json"))))
    return these("milvus-lite", liteFile);
  const qdrant = these(SQLITE, /^collection\/[^/]+\/storage\.sqlite(-wal|-journal)?$/);
  return paths.includes("meta.json") && qdrant.paths.length > 0 ? qdrant : undefined;
}

function isChromaFile(path: string): boolean {
  const [folder, name, ...deeper] = path.split("/");
  return folder !== "" && deeper.length === 0 && chromaFiles.includes(name);
}

/** Files that belong to one of them, and where they are. */
export interface Companions {
  /** Paths that such a file would have. */
  readonly names: readonly string[];
  /** A folder, with `/`, in which those that `isCompanion` tells are; absent where there are none but the named. */
  readonly folder?: string;
}

/**
 * The files that belong to a file: what SQLite keeps beside a database, and Chroma beside its own.
 * @param format name of the file's
 */
export function companionsOf(format: string, path: string): Companions | undefined {
  if (format !== SQLITE) return undefined;
  const names = besideDatabase.map((end) => `${path}${end}`);
  const folder = /^(.*\/)?chroma\.sqlite3$/.exec(path)?.[1];
  return folder === undefined ? { names } : { names, folder };
}

/** @param path of any file */
export function isCompanion({ names, folder }: Companions, path: string): boolean {
  if (names.includes(path)) return true;
  return folder !== undefined && path.startsWith(folder) && isChromaFile(path.slice(folder.length));
}
