import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { type Column, isNull, varValue } from "@sluice/columns";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { DataType, type FieldSchema } from "@sluice/schema";
import { readSegmentField, readSegmentStats, type SegmentLogs, SegmentWriterSet } from "../src/index.ts";
import { insertLogKey, statsLogKey } from "../src/segment-keys.ts";
import { cells, field, randomBatch, schemaOf, seededRandom, wideSchema } from "./rows.ts";
import { CountingIds } from "./test-store.ts";

const schema = schemaOf(
  field(100, DataType.Int64, { isPrimaryKey: true }),
  field(101, DataType.FloatVector, { dim: 4 }),
);

async function written(
  { rows, flushBytes, of }: { rows: number; flushBytes: number; of: typeof schema } = {
    ...{ rows: 100, flushBytes: 800, of: schema },
  },
): Promise<{ store: MemoryObjectStore; segment: SegmentLogs }> {
  const store = new MemoryObjectStore();
  const writer = SegmentWriterSet.open({
    schema: of,
    collectionId: 1n,
    newRows: { timestamp: 1n, rowIdBase: 1n },
    store,
    ids: new CountingIds(),
    buckets: [{ partitionId: 2n, vchannel: "v0" }],
    flushBytes,
    nowMs: 1,
    signal: new AbortController().signal,
  });
  await writer.append(randomBatch(of, 0, rows, seededRandom(1)), new Uint16Array(rows));
  const [segment] = await writer.seal();
  return { store, segment };
}

function texts(column: Column, rows: number): (string | null)[] {
  if (column.kind !== "var") throw new Error("expected texts");
  return Array.from({ length: rows }, (_, row) =>
    isNull(column, row) ? null : Buffer.from(varValue(column, row)).toString(),
  );
}

describe("readSegmentField", () => {
  it("joins all logs of the field", async () => {
    const { store, segment } = await written();
    expect(segment.insertLogs[0].logIds.length).toBeGreaterThan(3);
    const { column, rowCount } = await readSegmentField(store, segment, schema.fields[0]);
    expect(rowCount).toBe(100);
    const keys = [...new BigInt64Array(column.data.buffer, column.data.byteOffset, 100)];
    expect(keys).toEqual(keys.map((_, i) => BigInt(i) - 1000n));
  });

  it("fills fields that were added later: the default, else null, `{}` for dynamic ones", async () => {
    const { store, segment } = await written();
    const added = async (more: Partial<FieldSchema>) => {
      const { column, rowCount } = await readSegmentField(store, segment, field(110, DataType.VarChar, more));
      return [...new Set(texts(column, rowCount))];
    };
    expect(await added({ defaultValue: "new", nullable: true })).toEqual(["new"]);
    expect(await added({ nullable: true })).toEqual([null]);
    expect(await added({ isDynamic: true, dataType: DataType.JSON })).toEqual(["{}"]);
    await expect(added({})).rejects.toMatchObject({ code: "internal", at: { field: "f110" } });
  });

  it("tells a missing object from a damaged one, and names it", async () => {
    const { store, segment } = await written();
    const key = insertLogKey(segment, 101, segment.insertLogs[3].logIds[1]);
    const bytes = Buffer.alloc(segment.insertLogs[3].sizesBytes[1]);
    await store.readInto(key, 0, bytes);
    bytes[12] = 9;
    await store.put(key, [bytes]);
    await expect(readSegmentField(store, segment, schema.fields[1])).rejects.toMatchObject({
      code: "internal",
      at: { file: key },
    });
    await store.put(key, [bytes.subarray(1)]);
    await expect(readSegmentField(store, segment, schema.fields[1])).rejects.toThrow(/bytes, recorded are/);
    await store.delete([key]);
    await expect(readSegmentField(store, segment, schema.fields[1])).rejects.toMatchObject({
      code: "internal",
      reason: expect.stringMatching(/^object "insert_log\/.*" of a segment is missing$/),
    });
  });

  it("refuses logs that are not as recorded", async () => {
    const { store, segment } = await written();
    await expect(readSegmentField(store, { ...segment, rowCount: 99 }, schema.fields[0])).rejects.toThrow(
      /100 rows in the logs, 99 recorded/,
    );
    const [rowIds, ...others] = segment.insertLogs;
    const wrong = { ...rowIds, rowCounts: rowIds.rowCounts.with(0, 1) };
    await expect(
      readSegmentField(store, { ...segment, insertLogs: [wrong, ...others] }, field(0, DataType.Int64)),
    ).rejects.toThrow(/recorded/);
    await expect(readSegmentField(store, segment, field(101, DataType.FloatVector, { dim: 8 }))).rejects.toMatchObject({
      code: "internal",
    });
    await expect(readSegmentField(store, segment, field(100, DataType.Double))).rejects.toMatchObject({
      code: "internal",
    });
  });

  it("leaves rows that one file has aligned where they are, and copies all others", async () => {
    const of = schemaOf(schema.fields[0], field(101, DataType.FloatVector, { dim: 512 }));
    const taken: number[] = [];
    const take = (length: number) => {
      taken.push(length);
      return new Uint8Array(length);
    };
    const cases = [
      { rows: 520, flushBytes: 8 << 20, isKept: true },
      { rows: 520, flushBytes: 1 << 20, isKept: false },
      { rows: 9, flushBytes: 8 << 20, isKept: undefined },
    ];
    for (const { isKept, ...how } of cases) {
      taken.length = 0;
      const { store, segment } = await written({ ...how, of });
      const plain = await readSegmentField(store, segment, of.fields[1]);
      const read = await readSegmentField(store, segment, of.fields[1], undefined, take);
      expect(read.column.data.byteLength).toBe(4 * 512 * how.rows);
      expect(Buffer.compare(read.column.data, plain.column.data)).toBe(0);
      expect({ ...read, column: undefined }).toEqual({ ...plain, column: undefined });
      const file = segment.insertLogs[3].sizesBytes[0];
      if (isKept !== undefined) expect(taken).toEqual([isKept ? file : read.column.data.byteLength]);
    }
  });

  it("copies values beside nulls", async () => {
    const of = schemaOf(schema.fields[0], field(101, DataType.FloatVector, { dim: 512, nullable: true }));
    const { store, segment } = await written({ rows: 520, flushBytes: 8 << 20, of });
    const plain = await readSegmentField(store, segment, of.fields[1]);
    const read = await readSegmentField(store, segment, of.fields[1], undefined, (length) => new Uint8Array(length));
    expect(Buffer.compare(read.column.data, plain.column.data)).toBe(0);
    expect(read.column.validity).toEqual(plain.column.validity);
  });

  it("reads every type into the memory that it is given, wherever that begins", async () => {
    const of = wideSchema(DataType.Int64);
    const { store, segment } = await written({ rows: 300, flushBytes: 8 << 20, of });
    for (const one of of.fields) {
      const take = (length: number) => new Uint8Array(length + 64).fill(one.nullable ? 0 : 7).subarray(64);
      const plain = await readSegmentField(store, segment, one);
      const read = await readSegmentField(store, segment, one, undefined, take);
      expect(cells(read.column, 300)).toEqual(cells(plain.column, 300));
    }
  });

  it("ends with the reason of its signal", async () => {
    const { store, segment } = await written();
    const reason = new Error("query cancelled");
    await expect(readSegmentField(store, segment, schema.fields[0], AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe("readSegmentStats", () => {
  it("refuses a segment without statistics, and damaged ones", async () => {
    const { store, segment } = await written();
    await expect(readSegmentStats(store, { ...segment, statsLogs: [] })).rejects.toThrow(/has no statistics/);
    const [{ fieldId, logIds, sizesBytes }] = segment.statsLogs;
    await store.put(statsLogKey(segment, fieldId, logIds[0]), [Buffer.alloc(sizesBytes[0], "x")]);
    await expect(readSegmentStats(store, segment)).rejects.toMatchObject({ code: "internal" });
  });
});

describe("a segment of Milvus 2.3.5", () => {
  const root = join(import.meta.dirname, "../../../test/fixtures/milvus-2.3.5/insert-flush-delete");
  const paths = globSync("{insert_log,stats_log}/**/*", { cwd: root }).filter((path) =>
    statSync(join(root, path)).isFile(),
  );

  async function load(): Promise<{ store: MemoryObjectStore; segment: SegmentLogs }> {
    const store = new MemoryObjectStore();
    for (const path of paths) await store.put(path, [readFileSync(join(root, path))]);
    const [, collectionId, partitionId, segmentId] = paths[0].split("/");
    const logsOf = (kind: string) => {
      const own = paths.filter((path) => path.startsWith(kind) && !path.endsWith("/1"));
      return [...Map.groupBy(own, (path) => Number(path.split("/")[4]))].map(([fieldId, files]) => ({
        fieldId,
        logIds: files.map((path) => BigInt(path.split("/")[5])),
        rowCounts: files.map(() => 60),
        sizesBytes: files.map((path) => statSync(join(root, path)).size),
      }));
    };
    const place = {
      collectionId: BigInt(collectionId),
      partitionId: BigInt(partitionId),
      segmentId: BigInt(segmentId),
    };
    return {
      store,
      segment: { ...place, rowCount: 60, insertLogs: logsOf("insert_log"), statsLogs: logsOf("stats_log") },
    };
  }

  it("is read by its keys", async () => {
    const { store, segment } = await load();
    const described = JSON.parse(readFileSync(join(root, "case.json"), "utf8"));
    const { column, rowCount } = await readSegmentField(store, segment, field(108, DataType.VarChar));
    expect(texts(column, rowCount).sort()).toEqual(described.rows.map((row: { s: string }) => row.s).sort());
    const stats = await readSegmentStats(store, segment);
    for (const { id } of described.rows) {
      expect(stats.bloom.mayContain(BigInt(id))).toBe(true);
      expect(BigInt(id) >= BigInt(stats.minPk) && BigInt(id) <= BigInt(stats.maxPk)).toBe(true);
    }
  });
});
