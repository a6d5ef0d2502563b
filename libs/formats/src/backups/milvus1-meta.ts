import { excerpt, excerptOfList, ImportError } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import type { BackupCollection, BackupField, BackupPartition } from "./backup.ts";
import { indexOf, isBinary, type Milvus1Table, notesOf } from "./milvus1-table.ts";
import { readMysqlDump } from "./mysql-dump.ts";

// What the meta store of a Milvus 0.7 to 1.1 says, as a backup. Source: legacy formats, §1.3, §1.4 and §1.8.

/** A row of a table of the meta store. */
export type MetaRow = Readonly<Record<string, unknown>>;

/** Tables of the meta store that are needed. */
export const MILVUS1_TABLES = ["Tables", "TableFiles", "Fields"] as const;

/** Columns of them that are looked at. */
export const wantedColumns: ReadonlySet<string> = new Set([
  ...["table_id", "state", "dimension", "engine_type", "index_params", "metric_type", "owner_table", "partition_tag"],
  ...["segment_id", "file_type", "row_count", "created_on", "collection_id"],
]);

/** Below the folder that is called `storage.path` in Milvus's settings. */
export const MILVUS1_FILES = {
  sqlite: "db/meta.sqlite",
  /** What `mysqldump` has written of a MySQL meta store. */
  dump: "db/meta.sql",
  tables: "db/tables",
  log: "wal",
} as const;

/** Files that hold raw vectors: RAW, TO_INDEX, BACKUP. */
const RAW_TYPES: ReadonlySet<number> = new Set([1, 2, 7]);

interface Milvus1File {
  readonly tableId: string;
  readonly segmentId: string;
  readonly rowCount: number;
  readonly createdOn: number;
}

/** What a meta store says: its tables' columns in lower case, and rows by them. */
export interface Milvus1Meta {
  readonly columns: ReadonlyMap<string, readonly string[]>;
  readonly rows: ReadonlyMap<string, readonly MetaRow[]>;
}

/** That of a MySQL meta store. @throws {ImportError} as `readMysqlDump` */
export function milvus1Dump(text: string): Milvus1Meta {
  const dump = readMysqlDump(text, MILVUS1_TABLES);
  const columns = [...dump].map(([table, { columns: names }]) => [table, names] as const);
  return { columns: new Map(columns), rows: new Map([...dump].map(([table, { rows }]) => [table, rows])) };
}

/**
 * The collections of a meta store; segments are in the order of their creation. A partition is called by its tag, with `_` for what no
 * name may have.
 * @throws {ImportError} `unsupported` for a Milvus before 0.7 or of 0.11; `malformed_file` for partitions that would have one name
 */
export function milvus1Collections({ columns, rows: tables }: Milvus1Meta, path: string): BackupCollection[] {
  checkVersion(columns, path);
  const all = (tables.get("Tables") ?? []).map(tableOf).filter(({ state }) => state === 0);
  for (const { tableId } of all) checkFolderName(tableId, path);
  const raw = (tables.get("TableFiles") ?? []).flatMap(fileOf);
  for (const { segmentId } of raw) checkFolderName(segmentId, path);
  const files = Map.groupBy(raw, ({ tableId }) => tableId);
  const attributes = new Set((tables.get("Fields") ?? []).map((row) => textAt(row, "collection_id")));
  return all
    .filter(({ ownerTable }) => ownerTable === "")
    .map((table) => {
      const own = all.filter(({ ownerTable }) => ownerTable === table.tableId);
      return { ...collectionOf(table, own, files, path), notes: notesOf(table, attributes) };
    });
}

function checkVersion(columns: ReadonlyMap<string, readonly string[]>, path: string): void {
  const [tables, files] = [columns.get("Tables"), columns.get("TableFiles")];
  const isKnown = tables?.includes("owner_table") && tables.includes("partition_tag") && files?.includes("segment_id");
  if (isKnown) return;
  const reason =
    tables && files
      ? "the meta store is of a Milvus before 0.7, which keeps vectors in its index files: let 0.10 or 1.x migrate it"
      : "this is no meta store of Milvus 0.7 to 1.1: it has no tables Tables and TableFiles (0.11 has others, and is not read)";
  throw new ImportError("unsupported", reason, { file: path });
}

/** Milvus 1.x calls folders after collections, and after numbers. */
function checkFolderName(name: string, file: string): void {
  if (/^\w{1,255}$/.test(name)) return;
  throw new ImportError("malformed_file", `the meta store is damaged: "${excerpt(name)}" is no name of a folder`, {
    file,
  });
}

function collectionOf(
  table: Milvus1Table,
  own: readonly Milvus1Table[],
  files: ReadonlyMap<string, readonly Milvus1File[]>,
  path: string,
): Omit<BackupCollection, "notes"> {
  const partitions = [
    { id: table.tableId, name: "_default", segments: segmentsOf(files.get(table.tableId)) },
    ...own.map(({ tableId, partitionTag }) => ({
      id: tableId,
      name: partitionName(partitionTag),
      segments: segmentsOf(files.get(tableId)),
    })),
  ];
  checkNames(table.tableId, partitions, path);
  return {
    ...{ id: table.tableId, dbName: "default", name: table.tableId, description: "", partitions },
    ...{
      fields: fieldsOf(table),
      structs: [],
      functions: [],
      enableDynamicField: false,
      shardsNum: 0,
      consistencyLevel: 2,
    },
    ...{ properties: [], l0Segments: [], indexes: [indexOf(table)], aliases: [], isLoaded: true },
  };
}

function segmentsOf(files: readonly Milvus1File[] = []): BackupPartition["segments"] {
  return files
    .toSorted((a, b) => a.createdOn - b.createdOn)
    .map(({ segmentId, rowCount }) => ({ id: segmentId, rowCount, logs: [], deltas: [], storageVersion: 0 }));
}

/** Tags are any text. */
function partitionName(tag: string): string {
  const name = tag.replace(/[^A-Za-z0-9_]/g, "_");
  return /^\d/.test(name) ? `_${name}` : name;
}

function checkNames(collection: string, partitions: readonly BackupPartition[], file: string): void {
  const names = partitions.map(({ name }) => name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  if (twice.length === 0) return;
  const reason = `partitions of collection ${collection} would have one name: ${excerptOfList(twice)}`;
  throw new ImportError("malformed_file", reason, { file });
}

/** Names of the columns as Milvus's own migration has them; ids are kept whoever made them. */
function fieldsOf(table: Milvus1Table): BackupField[] {
  const base = { description: "", elementType: 0, autoId: false, isPartitionKey: false, isDynamic: false };
  const plain = { ...base, nullable: false, isFunctionOutput: false, defaultValue: undefined };
  const dataType = isBinary(table) ? DataType.BinaryVector : DataType.FloatVector;
  const typeParams = [{ key: "dim", value: String(table.dimension) }];
  return [
    { ...plain, fieldId: 100, name: "id", dataType: DataType.Int64, isPrimaryKey: true, typeParams: [] },
    { ...plain, fieldId: 101, name: "data", dataType, isPrimaryKey: false, typeParams },
  ];
}

function tableOf(row: MetaRow): Milvus1Table {
  return {
    tableId: textAt(row, "table_id"),
    state: numberAt(row, "state"),
    dimension: numberAt(row, "dimension"),
    engineType: numberAt(row, "engine_type"),
    indexParams: textAt(row, "index_params"),
    metricType: numberAt(row, "metric_type"),
    ownerTable: textAt(row, "owner_table"),
    partitionTag: textAt(row, "partition_tag"),
  };
}

/** None where the file holds no raw vectors. */
function fileOf(row: MetaRow): Milvus1File[] {
  if (!RAW_TYPES.has(numberAt(row, "file_type"))) return [];
  const [tableId, segmentId] = [textAt(row, "table_id"), textAt(row, "segment_id")];
  return [{ tableId, segmentId, rowCount: numberAt(row, "row_count"), createdOn: numberAt(row, "created_on") }];
}

function textAt(row: MetaRow, column: string): string {
  const value = row[column];
  return value === null || value === undefined ? "" : String(value);
}

function numberAt(row: MetaRow, column: string): number {
  return Number(textAt(row, column) || 0);
}
