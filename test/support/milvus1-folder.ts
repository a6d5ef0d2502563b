import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A segment as Milvus 1.x has it. */
export interface Milvus1Segment {
  readonly id: string;
  readonly ids: readonly bigint[];
  /** Floats, or packed bits. */
  readonly vectors: readonly (readonly number[])[];
  /** Offsets as they stand in `deleted_docs`; none: the file is missing. */
  readonly deleted?: readonly number[];
  /** Source: `file_type` of Milvus 1.1; 1 is RAW. */
  readonly fileType?: number;
}

/** A collection as Milvus 1 keeps it. */
export interface Milvus1Collection {
  readonly name: string;
  readonly dimension: number;
  /** 1 L2, 2 IP, 3 HAMMING, … */
  readonly metric: number;
  readonly engine?: number;
  readonly indexParams?: string;
  /** Segments by the tags of their partitions; `""` is the collection's own. */
  readonly partitions: Readonly<Record<string, readonly Milvus1Segment[]>>;
}

/** What the meta store holds, in the order of `COLUMNS`. */
export interface Milvus1Rows {
  readonly tables: readonly (readonly (string | number)[])[];
  readonly files: readonly (readonly (string | number)[])[];
}

/** Columns of Milvus 1.1's meta store. Source: legacy formats, §1.3. */
export const MILVUS1_COLUMNS = {
  Tables: "id table_id state dimension created_on flag index_file_size engine_type index_params metric_type owner_table partition_tag version flush_lsn".split(" "), // biome-ignore format: a list
  TableFiles: "id table_id segment_id engine_type file_id file_type file_size row_count updated_time created_on date flush_lsn".split(" "), // biome-ignore format: a list
} as const;

/** Writes the files of segments below `db/tables`, and answers what the meta store says of them. */
export async function writeMilvus1(folder: string, collections: readonly Milvus1Collection[]): Promise<Milvus1Rows> {
  const rows = { tables: [] as (string | number)[][], files: [] as (string | number)[][] };
  for (const { name, partitions, ...collection } of collections) {
    let number = 0;
    for (const [tag, segments] of Object.entries(partitions)) {
      const tableId = tag === "" ? name : `15${rows.tables.length}`;
      rows.tables.push(tableRow(rows.tables.length + 1, tableId, tag === "" ? "" : name, tag, collection));
      for (const segment of segments) {
        rows.files.push(fileRow(rows.files.length + 1, tableId, segment, number++));
        await writeSegment(join(folder, "db/tables", tableId, segment.id), segment, collection.metric >= 3);
      }
    }
  }
  return rows;
}

function tableRow(
  id: number,
  tableId: string,
  owner: string,
  tag: string,
  { dimension, metric, engine = 2, indexParams = '{"nlist":128}' }: Omit<Milvus1Collection, "name" | "partitions">,
): (string | number)[] {
  return [
    id,
    tableId,
    0,
    dimension,
    1_600_000_000_000_000 + id,
    2,
    1024,
    engine,
    indexParams,
    metric,
    owner,
    tag,
    "1.1.0",
    0,
  ];
}

function fileRow(id: number, tableId: string, segment: Milvus1Segment, order: number): (string | number)[] {
  const { id: segmentId, ids, deleted = [], fileType = 1 } = segment;
  const live = ids.length - new Set(deleted).size;
  const created = 1_600_000_001_000_000 + order;
  return [id, tableId, segmentId, 1, segmentId, fileType, 0, live, created, created, 1_200_801, 0];
}

async function writeSegment(folder: string, segment: Milvus1Segment, isBinary: boolean): Promise<void> {
  const { id, ids, vectors, deleted } = segment;
  await mkdir(folder, { recursive: true });
  const values = isBinary ? Uint8Array.from(vectors.flat()) : Float32Array.from(vectors.flat());
  await writeFile(join(folder, `${id}.uid`), withLength(BigInt64Array.from(ids)));
  await writeFile(join(folder, `${id}.rv`), withLength(values));
  if (deleted) await writeFile(join(folder, "deleted_docs"), withLength(Int32Array.from(deleted)));
}

function withLength(values: ArrayBufferView): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(values.byteLength));
  return Buffer.concat([head, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

/** The meta store as `mysqldump` writes it. */
export async function writeMilvus1Dump(folder: string, { tables, files }: Milvus1Rows): Promise<void> {
  const text = [dumpOf("Tables", tables), dumpOf("TableFiles", files)].join("\n");
  await writeFile(join(folder, "db/meta.sql"), `-- MySQL dump 10.13\nSET NAMES utf8;\n${text}`);
}

/** The meta store in SQLite, copied while Milvus runs: the rows are in its log. */
export async function writeMilvus1Sqlite(folder: string, { tables, files }: Milvus1Rows): Promise<void> {
  const live = join(folder, "live.sqlite");
  const db = new DatabaseSync(live);
  db.exec("PRAGMA journal_mode = WAL");
  for (const [table, rows] of [
    ["Tables", tables],
    ["TableFiles", files],
  ] as const) {
    const columns = MILVUS1_COLUMNS[table].map((name) =>
      name === "id" ? "'id' INTEGER PRIMARY KEY NOT NULL" : columnOf(name),
    );
    db.exec(`CREATE TABLE '${table}' ( ${columns.join(", ")} )`);
    const insert = db.prepare(`INSERT INTO ${table} VALUES (${MILVUS1_COLUMNS[table].map(() => "?").join(",")})`);
    for (const row of rows) insert.run(...row);
  }
  for (const end of ["", "-wal"]) await copyFile(`${live}${end}`, join(folder, `db/meta.sqlite${end}`));
  db.close();
  await rm(live);
}

/** As its program declares them. */
function columnOf(name: string): string {
  const isText = /^(table_id|segment_id|file_id|index_params|owner_table|partition_tag|version)$/.test(name);
  return `'${name}' ${isText ? "TEXT DEFAULT '' NOT NULL" : "INTEGER DEFAULT 0 NOT NULL"}`;
}

function dumpOf(table: keyof typeof MILVUS1_COLUMNS, rows: readonly (readonly (string | number)[])[]): string {
  const columns = MILVUS1_COLUMNS[table].map((name) => `  \`${name}\` varchar(255) DEFAULT '' COMMENT 'a (b)',\n`);
  const created = `CREATE TABLE \`${table}\` (\n${columns.join("")}  PRIMARY KEY (\`id\`)\n) ENGINE=InnoDB;\n`;
  if (rows.length === 0) return created;
  const tuples = rows.map((row) => `(${row.map(literal).join(",")})`);
  return `${created}LOCK TABLES \`${table}\` WRITE;\nINSERT INTO \`${table}\` VALUES ${tuples.join(",")};\nUNLOCK TABLES;\n`;
}

function literal(value: string | number): string {
  return typeof value === "number" ? String(value) : `'${value.replace(/[\\'"]/g, "\\$&")}'`;
}
