import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { type Column, isNull, varValue } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import { decodeArrayCell } from "@sluice/values";
import {
  BloomFilter,
  decodeDeltaLog,
  decodeInsertLog,
  decodeStatsLog,
  encodeBinlogHead,
  encodeStatsLog,
  type PrimaryKeyStats,
  parseBinlog,
} from "../src/index.ts";
import { bitsOf } from "./bits-of.ts";
import { field } from "./random-columns.ts";
import { writeLog } from "./write-log.ts";

/** Segments that a Milvus 2.3.5 wrote, with the rows that went in. */
const root = join(import.meta.dirname, "../../../test/fixtures/milvus-2.3.5");
const cases = globSync("*/case.json", { cwd: root })
  .map((path) => path.split("/")[0])
  .sort();

type Row = Record<string, unknown>;
interface Case {
  readonly describe: {
    readonly collection_id: number;
    readonly enable_dynamic_field: boolean;
    readonly fields: readonly {
      field_id: number;
      name: string;
      type: DataType;
      element_type?: DataType;
      is_primary?: boolean;
    }[];
  };
  readonly rows: readonly Row[];
  readonly deletedPrimaryKeys: readonly string[];
  readonly placement?: readonly { pk: string; segmentId: string; rowId: string; timestamp: string }[];
  readonly assignedPrimaryKeys?: readonly string[];
}

describe.each(cases)("files of Milvus 2.3.5: %s", (name) => {
  const described: Case = JSON.parse(readFileSync(join(root, name, "case.json"), "utf8"));
  const fields = fieldsOf(described);
  const pk = fields.find((one) => one.isPrimaryKey)!;
  const read = (path: string) => readFileSync(join(root, name, path));
  const files = (kind: string) =>
    globSync(`${kind}/**/*`, { cwd: join(root, name) }).filter((path) => /\/\d+$/.test(path) && !isFolder(path));
  const isFolder = (path: string) => path.split("/").length < (path.startsWith("delta_log") ? 5 : 6);
  const segments = Map.groupBy(files("insert_log"), (path) => path.split("/")[3]);

  it("insert logs hold the rows of the case", () => {
    expect(segments.size).toBeGreaterThan(0);
    const found = [...segments.values()].flatMap((paths) => readSegment(paths, fields, read));
    const byKey = (a: Row, b: Row) => (String(a[pk.name]) < String(b[pk.name]) ? -1 : 1);
    const wanted = expectedRows(described, fields);
    expect(found.map((row) => row.visible).sort(byKey)).toEqual(wanted.sort(byKey));
    for (const place of described.placement ?? []) {
      const row = found.find(({ visible }) => visible[pk.name] === place.pk);
      expect(row).toMatchObject({ segmentId: place.segmentId, rowId: place.rowId, timestamp: place.timestamp });
    }
  });

  it("the descriptor agrees with the path, and all up to the payload can be written again byte by byte", () => {
    for (const path of files("insert_log").concat(files("delta_log"))) {
      const bytes = read(path);
      const log = parseBinlog(bytes);
      const [kind, collection, partition, segment] = path.split("/");
      expect([log.descriptor.collectionId, log.descriptor.partitionId, log.descriptor.segmentId].map(String)).toEqual([
        collection,
        partition,
        segment,
      ]);
      expect(log.descriptor.fieldId).toBe(kind === "insert_log" ? BigInt(path.split("/")[4]) : -1n);
      expect(log.events).toHaveLength(1);
      const payloadBytes = log.events[0].payload.length;
      const head = encodeBinlogHead(log.descriptor, log.events[0].type, bytes.readBigUInt64LE(4), payloadBytes);
      // The two headers were written a moment apart.
      const dataHeader = 4 + bytes.readInt32LE(13);
      Buffer.from(head.buffer).writeBigUInt64LE(bytes.readBigUInt64LE(dataHeader), dataHeader);
      expect(Buffer.from(head).equals(bytes.subarray(0, bytes.length - payloadBytes))).toBe(true);
    }
  });

  it("our logs of the same rows say the same in their descriptors, and give the same rows", () => {
    for (const path of files("insert_log")) {
      const theirs = decodeInsertLog(read(path));
      const { descriptor, column, rowCount } = theirs;
      const of = fields.find((one) => BigInt(one.fieldId) === descriptor.fieldId) ?? field(DataType.Int64);
      const ours = writeLog(of, column, rowCount, {
        collectionId: descriptor.collectionId,
        partitionId: descriptor.partitionId,
        segmentId: descriptor.segmentId,
        fieldId: Number(descriptor.fieldId),
        dim: dimOf(of.dataType, column),
        minTimestamp: descriptor.startTimestamp,
        maxTimestamp: descriptor.endTimestamp,
        nowMs: 1,
      });
      const again = decodeInsertLog(ours);
      expect(again.column).toEqual(column);
      // An array's size is an estimate, which we make from the encoded cells.
      if (of.dataType === DataType.Array) continue;
      expect(again.descriptor).toEqual(descriptor);
    }
  });

  it("stats logs hold the bounds and filter of the keys, and are written again byte by byte", () => {
    for (const path of files("stats_log")) {
      const bytes = read(path);
      const stats = decodeStatsLog(bytes);
      const again = stats.map((one) => Buffer.from(encodeStatsLog(one)).toString()).join(",");
      // Several objects stand in files named `1`, as a list.
      expect(path.endsWith("/1") ? `[${again}]` : again).toBe(bytes.toString());
      const logs = segments
        .get(path.split("/")[3])!
        .filter((log) => log.split("/")[4] === String(pk.fieldId))
        .sort();
      const keys = logs.map((log) => decodeInsertLog(read(log)));
      if (stats.length === keys.length) for (const [i, one] of stats.entries()) expectStatsOf(keys[i], one);
    }
  });

  it("delta logs hold the deleted keys", () => {
    const deleted = files("delta_log").flatMap((path) => decodeDeltaLog(read(path)).primaryKeys.map(String));
    expect(deleted.sort()).toEqual([...described.deletedPrimaryKeys].sort());
  });
});

/** The same keys into a filter of the same size give the same bits. */
function expectStatsOf({ column, rowCount }: { column: Column; rowCount: number }, stats: PrimaryKeyStats): void {
  const filter = BloomFilter.likeServer(rowCount, 0.05);
  filter.addColumn(column, rowCount);
  expect([filter.bitCount, filter.hashCount, bitsOf(filter)]).toEqual([
    stats.bloom?.bitCount,
    stats.bloom?.hashCount,
    bitsOf(stats.bloom),
  ]);
  const keys = Array.from({ length: rowCount }, (_, row) => keyOf(column, row));
  const least = keys.reduce((a, b) => (compareKeys(b, a) < 0 ? b : a));
  const greatest = keys.reduce((a, b) => (compareKeys(b, a) > 0 ? b : a));
  expect([stats.minPk, stats.maxPk]).toEqual([least, greatest]);
}

function dimOf(dataType: DataType, column: Column): number {
  if (column.kind === "var") return 0;
  return dataType === DataType.BinaryVector ? column.width * 8 : column.width / 4;
}

function keyOf(column: Column, row: number): bigint | string {
  if (column.kind === "var") return Buffer.from(varValue(column, row)).toString();
  return new BigInt64Array(column.data.buffer, column.data.byteOffset)[row];
}

function compareKeys(a: bigint | string, b: bigint | string): number {
  if (typeof a === "string") return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  return a < BigInt(b) ? -1 : a > BigInt(b) ? 1 : 0;
}

function fieldsOf({ describe: { fields, enable_dynamic_field: isDynamic } }: Case): FieldSchema[] {
  const declared = fields.map((one) =>
    field(one.type, {
      fieldId: one.field_id,
      name: one.name,
      elementType: one.element_type ?? DataType.None,
      isPrimaryKey: one.is_primary ?? false,
    }),
  );
  const meta = field(DataType.JSON, { fieldId: 100 + declared.length, name: "$meta", isDynamic: true });
  return isDynamic ? [...declared, meta] : declared;
}

interface FoundRow {
  readonly segmentId: string;
  readonly rowId: string;
  readonly timestamp: string;
  readonly visible: Row;
}

/** Rows of a segment; the n-th files of all fields belong together, in the order of their names. */
function readSegment(
  paths: readonly string[],
  fields: readonly FieldSchema[],
  read: (path: string) => Buffer,
): FoundRow[] {
  const byField = Map.groupBy(paths, (path) => Number(path.split("/")[4]));
  const columnsOf = (fieldId: number) =>
    byField
      .get(fieldId)!
      .sort()
      .map((path) => decodeInsertLog(read(path)));
  const rowIds = columnsOf(0);
  const timestamps = columnsOf(1);
  const columns = fields.map((one) => columnsOf(one.fieldId));
  const segmentId = paths[0].split("/")[3];
  return rowIds.flatMap(({ rowCount, column: ids }, file) =>
    Array.from({ length: rowCount }, (_, row) => ({
      segmentId,
      rowId: String(keyOf(ids, row)),
      timestamp: String(keyOf(timestamps[file].column, row)),
      visible: Object.fromEntries(fields.map((one, i) => [one.name, cellValue(one, columns[i][file].column, row)])),
    })),
  );
}

/** Integers as text, vectors of bits as bytes, JSON parsed. */
function cellValue(of: FieldSchema, column: Column, row: number): unknown {
  if (isNull(column, row)) return null;
  if (column.kind === "var") return varCell(of, varValue(column, row));
  const bytes = Buffer.from(column.data.subarray(row * column.width, (row + 1) * column.width));
  switch (of.dataType) {
    case DataType.Bool:
      return bytes[0] === 1;
    case DataType.Float:
      return bytes.readFloatLE();
    case DataType.Double:
      return bytes.readDoubleLE();
    case DataType.FloatVector:
      return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
    case DataType.BinaryVector:
      return [...bytes];
    default:
      return String(bytes.length === 8 ? bytes.readBigInt64LE() : bytes.readIntLE(0, bytes.length));
  }
}

function varCell(of: FieldSchema, cell: Uint8Array): unknown {
  if (of.dataType === DataType.VarChar) return Buffer.from(cell).toString();
  if (of.dataType === DataType.JSON) return JSON.parse(Buffer.from(cell).toString());
  return decodeArrayCell(of.elementType, cell).map((value) => normalElement(of.elementType, value));
}

/** The case's rows in the same form: what is no field goes to `$meta`. */
function expectedRows(described: Case, fields: readonly FieldSchema[]): Row[] {
  const pk = fields.find((one) => one.isPrimaryKey)!;
  const [first, ...others] = described.rows;
  const isRange = "id_ranges" in first;
  const rows = isRange ? others : described.rows;
  const start = isRange ? BigInt(String(first.id_ranges).match(/\d+/)![0]) : 0n;
  return rows.map((row, i) => {
    const key = described.assignedPrimaryKeys?.[i] ?? (isRange ? String(start + BigInt(i)) : row[pk.name]);
    return normalRow({ ...row, [pk.name]: key }, fields);
  });
}

function normalRow(row: Row, fields: readonly FieldSchema[]): Row {
  const names = new Set(fields.map((one) => one.name));
  const meta = Object.fromEntries(Object.entries(row).filter(([key]) => !names.has(key)));
  return Object.fromEntries(fields.map((one) => [one.name, one.isDynamic ? meta : normalValue(one, row[one.name])]));
}

function normalValue(of: FieldSchema, value: unknown): unknown {
  if (Array.isArray(value) && of.dataType === DataType.Array)
    return value.map((one) => normalElement(of.elementType, one));
  return of.dataType >= DataType.Int8 && of.dataType <= DataType.Int64 ? String(value) : value;
}

function normalElement(type: DataType, value: unknown): unknown {
  if (type === DataType.Float) return Math.fround(Number(value));
  return type >= DataType.Int8 && type <= DataType.Int64 ? String(value) : value;
}
