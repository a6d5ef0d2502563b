import { excerpt, ImportError, locate } from "@sluice/errors";
import { readAvro } from "../../avro/container.ts";
import { AvroReader, type AvroSchema, avroReader, damaged } from "../../avro/read-datum.ts";

// Segments of storage version 3: files of column groups, and which of them there are stands in a manifest, a newer one of which
// takes the place of the one before. Source: milvus-storage `manifest.cpp` and `layout.h`; binlog format, §12.

/** Option of a set, made by whoever found its files: its column groups (`ColumnGroup`), as JSON, in the order of the files. */
export const COLUMN_GROUPS = "column_groups";

/** Columns that lie together, in files that follow one another. */
export interface ColumnGroup {
  /** Ids of fields; undefined where the manifest has their names: then the files say which they are. */
  readonly columns?: readonly number[];
  /** Rows of each file. */
  readonly rows: readonly number[];
}

/** What a manifest says of rows. Paths are whole: the segment's own folder, and what is below it. */
export interface GroupedSegment {
  readonly groups: readonly (ColumnGroup & { readonly files: readonly string[] })[];
  readonly deltas: readonly string[];
}

/** A path that is one of a manifest. */
interface ManifestPath {
  /** The segment's folder; ends in `/`, or is empty. */
  readonly folder: string;
  /** The greatest counts. */
  readonly version: number;
}

/** Undefined of paths of other files. */
export function manifestAt(path: string): ManifestPath | undefined {
  const [, folder, version] = /^(.*\/|)_metadata\/manifest-(\d{1,15})\.avro$/.exec(path) ?? [];
  return folder === undefined ? undefined : { folder, version: Number(version) };
}

/** The folder of the segment that a file of storage version 3 is of; undefined of other files. Ends in `/`, or is empty. */
export function groupedFolder(path: string): string | undefined {
  return /^(.*\/|)_(?:metadata|data|delta|stats|index)\//.exec(path)?.[1];
}

/**
 * @param path of the manifest
 * @throws {ImportError} `malformed_file`, and `unsupported` for what is not read of this version, with the file
 */
export function readGroupedSegment(path: string, bytes: Uint8Array): GroupedSegment {
  try {
    const { column_groups, delta_logs, lob_files = [] } = isLegacy(bytes) ? readLegacy(bytes) : readContainer(bytes);
    if (lob_files.length > 0) throw textsOutside(lob_files);
    const folder = manifestAt(path)?.folder ?? "";
    const groups = column_groups.map((group) => groupOf(group, `${folder}_data/`));
    checkFiles(groups);
    return { groups, deltas: delta_logs.map((log) => deltaOf(log, `${folder}_delta/`)) };
  } catch (error) {
    throw locate(error instanceof ImportError ? error : otherShape(error), { file: path });
  }
}

/** Members of other types than milvus-storage gives them: a container says itself what it holds. */
function otherShape(error: unknown): ImportError {
  return damaged(`it is no manifest of a segment: ${(error as Error).message}`);
}

/** All groups hold all rows; a segment without any has no files. */
function checkFiles(groups: GroupedSegment["groups"]): void {
  const empty = groups.find(({ files }) => files.length === 0);
  if (!empty || groups.every(({ files }) => files.length === 0)) return;
  const columns = empty.columns?.join(", ") ?? "that it names";
  throw damaged(`the column group of fields ${columns} has no files, and others have`);
}

/** Members as milvus-storage calls them. */
interface Manifest {
  readonly column_groups: readonly Group[];
  readonly delta_logs: readonly { readonly path: string; readonly type: number }[];
  readonly lob_files?: readonly { readonly field_id: number }[];
}

interface Group {
  readonly columns: readonly string[];
  readonly files: readonly { readonly path: string; readonly start_index: number; readonly end_index: number }[];
  readonly format: string;
}

/** The file says the schema that it was written by; members are found by their names. */
function readContainer(bytes: Uint8Array): Manifest {
  const [manifest] = readAvro(bytes) as (Partial<Manifest> | undefined)[];
  const { column_groups, delta_logs, lob_files } = manifest ?? {};
  if (Array.isArray(column_groups) && Array.isArray(delta_logs)) return { column_groups, delta_logs, lob_files };
  throw damaged("it has no column_groups or no delta_logs, and is no manifest of a segment");
}

/** "MILV", an int of Avro. */
const LEGACY_MAGIC = 0x4d494c56;
const LEGACY_START = Buffer.from([0xac, 0xb1, 0xca, 0xd4, 0x09]);

/** Until March 2026 manifests were no container: magic, version, and the members behind one another. */
function isLegacy(bytes: Uint8Array): boolean {
  return LEGACY_START.equals(bytes.subarray(0, LEGACY_START.length));
}

/** What stands behind the deltas, statistics and indexes, changed with the versions, and is not looked at. */
function readLegacy(bytes: Uint8Array): Manifest {
  const at = new AvroReader(bytes);
  if (at.long() !== LEGACY_MAGIC) throw damaged("it does not begin with MILV");
  at.long();
  return { column_groups: readGroups(at) as Group[], delta_logs: readDeltas(at) as Manifest["delta_logs"] };
}

const list = (...fields: readonly (readonly [name: string, type: AvroSchema])[]): AvroSchema => ({
  type: "array",
  items: { type: "record", fields: fields.map(([name, type]) => ({ name, type })) },
});
const file = list(["path", "string"], ["start_index", "long"], ["end_index", "long"], ["metadata", "bytes"]);
const readGroups = avroReader(
  list(["columns", { type: "array", items: "string" }], ["files", file], ["format", "string"]),
);
const readDeltas = avroReader(list(["path", "string"], ["type", "int"], ["num_entries", "long"]));

function groupOf({ columns, files, format }: Group, folder: string) {
  if (format !== "parquet") throw otherFormat(format);
  const areIds = columns.every((column) => /^\d{1,15}$/.test(column));
  return {
    ...(areIds && { columns: columns.map(Number) }),
    rows: files.map(rowsOf),
    files: files.map(({ path }) => below(folder, path)),
  };
}

/** A part of a file is what tables that lie elsewhere are made of. */
function rowsOf({ path, start_index: start, end_index: end }: Group["files"][number]): number {
  if (start === 0 && Number.isSafeInteger(end) && end > 0) return end;
  const reason = `of ${excerpt(path)} the segment has rows ${start} to ${end}: files are read whole; let Milvus compact the segment`;
  throw new ImportError("unsupported", reason);
}

/** Of deletes by the key, the only ones that Milvus writes. */
function deltaOf({ path, type }: Manifest["delta_logs"][number], folder: string): string {
  if (type === 0) return below(folder, path);
  const reason = `deletes of ${excerpt(path)} are of type ${type}, and those by primary key (0) are read: let Milvus compact the segment`;
  throw new ImportError("unsupported", reason);
}

/** Files of a segment lie in its own folder, by paths within it. */
function below(folder: string, path: string): string {
  // As the first versions had it, the folder's name is in the path.
  const name = path.startsWith(folder.slice(folder.lastIndexOf("/", folder.length - 2) + 1))
    ? path.slice(path.indexOf("/") + 1)
    : path;
  if (!/^\/|:\/\/|(^|\/)\.{0,2}(\/|$)/.test(name)) return `${folder}${name}`;
  const reason = `a file of the segment is ${excerpt(path)}, outside of its own folder: bring it there, or let Milvus compact the segment`;
  throw new ImportError("unsupported", reason);
}

function otherFormat(format: string): ImportError {
  const reason = `a column group is of format ${excerpt(format)}, and those of parquet are read: let Milvus write parquet (dataNode.storage.format) and compact the segment`;
  return new ImportError("unsupported", reason);
}

function textsOutside(lobs: readonly { readonly field_id: number }[]): ImportError {
  const ids = [...new Set(lobs.map(({ field_id }) => String(field_id)))].join(", ");
  const reason = `texts of fields ${ids} lie outside of the segment, in Vortex files, which are not read: copy the collection from the running Milvus`;
  return new ImportError("unsupported", reason);
}
