import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import type { ExportTaskInput } from "@sluice/jobs";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { composeTso, DataType, partitionId, segmentId, type VisibleSegment } from "@sluice/schema";
import * as testing from "@sluice/schema/testing";
import { writeDeltaLog } from "@sluice/segment";
import { SegmentSink } from "../src/sinks/segment-sink.ts";
import { runCompaction } from "../src/tasks/compaction.ts";
import { runExport } from "../src/tasks/export/export.ts";
import type { TaskContext } from "../src/tasks/task-kind.ts";
import { taskContext } from "./task-context.ts";

const key = testing.field("id", DataType.Int64, { fieldId: 100, isPrimaryKey: true });
const until = testing.field("until", DataType.Timestamptz, { fieldId: 101, nullable: true });
const schema = testing.collection([key, until]);
const at = (seconds: number) => composeTso(seconds * 1000);

let objects: MemoryObjectStore;
let root: MemoryObjectStore;
let context: TaskContext;
let visible: Map<bigint, VisibleSegment>;
let asked: (bigint | undefined)[];
beforeEach(() => {
  objects = new MemoryObjectStore();
  root = new MemoryObjectStore();
  visible = new Map();
  asked = [];
  context = {
    ...taskContext(objects, { value: 10n ** 15n }),
    openExportRoot: async () => root,
    visibleSegments: async (ids, timestamp) => {
      asked.push(timestamp);
      return ids.map((id) => {
        const segment = visible.get(id);
        if (!segment) throw new ImportError("job_failed", `segment ${id} is not visible any more`);
        return segment;
      });
    },
  };
});

/** A segment of these keys, visible since `commit`; `until` is so many seconds after 1970, 0 = null. */
async function add(commit: number, keys: bigint[], untils: number[] = keys.map(() => 0)): Promise<bigint> {
  const target = { collectionId: 1n, schema, vchannels: ["v0"], partitionIds: [2n], timestamp: 5n };
  await using sink = new SegmentSink(target, context);
  const fixed = (values: bigint[]) => ({
    ...{ kind: "fixed" as const, width: 8, validity: undefined },
    data: new Uint8Array(BigInt64Array.from(values).buffer),
  });
  const times = fixed(untils.map((second) => BigInt(second) * 1_000_000n));
  const columns = [fixed(keys), { ...times, validity: Uint8Array.from(untils, (second) => Number(second > 0)) }];
  await sink.append({ rowCount: keys.length, columns, sourceBytes: 0 });
  const [segment] = (await sink.finish()).segments;
  visible.set(segment.segmentId, { ...segment, commitTs: at(commit) });
  return segment.segmentId;
}

const run = (segmentIds: readonly bigint[], more: Partial<ExportTaskInput> = {}) =>
  runExport(
    {
      ...{ form: "jsonl", root: "out", folder: "deep/books_7", filter: "", output: testing.collection([key]) },
      ...{ expiry: { ttlSeconds: 0, ttlField: "" }, collectionId: 1n, schema, timestamp: at(100) },
      ...{ partitionName: "_default", segmentIds, fileBytes: 1 << 20, ...more },
    },
    context,
  );
const files = async () => {
  const all = await Array.fromAsync(root.list(""), async ({ key: name, sizeBytes }) => {
    const bytes = new Uint8Array(sizeBytes);
    await root.readInto(name, 0, bytes);
    return [name, Buffer.from(bytes).toString()] as const;
  });
  return Object.fromEntries(all);
};
const keysIn = (text = "") => text.match(/\d+/g)?.map(Number) ?? [];
const allKeys = async () => Object.values(await files()).flatMap(keysIn);

describe("an export task", () => {
  it("writes rows in the order of its segments, as of its timestamp, and notes the files", async () => {
    const ids = [await add(70, [3n, 1n]), await add(60, [2n])];
    const { rowCount, segments, findings } = await run(ids);
    expect([rowCount, segments, asked]).toEqual([3, [], [at(100)]]);
    const name = `partition__default/${ids[0]}-0.jsonl`;
    const text = '{"id":3}\n{"id":1}\n{"id":2}\n';
    expect(await files()).toEqual({ [`deep/books_7/${name}`]: text });
    const sha256 = createHash("sha256").update(text).digest("hex");
    expect(findings?.exported).toEqual([
      { path: name, partition: "_default", rows: 3, sizeBytes: text.length, sha256 },
    ]);
  });

  it("begins a new file when one has its size, and a second attempt writes the same ones", async () => {
    const ids = [await add(70, [1n, 2n]), await add(60, [3n]), await add(50, [4n, 5n])];
    const first = await run(ids, { fileBytes: 18 });
    const written = await files();
    expect(Object.values(written).map(keysIn)).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    expect(await run(ids, { fileBytes: 18 })).toEqual(first);
    expect(await files()).toEqual(written);
  });

  it("takes the rows that pass the filter, and writes nothing where none does", async () => {
    const ids = [await add(70, [1n, 2n, 3n]), await add(60, [4n])];
    expect((await run(ids, { filter: "id in [2, 4]" })).rowCount).toBe(2);
    expect(await allKeys()).toEqual([2, 4]);
    root = new MemoryObjectStore();
    expect(await run(ids, { filter: "id > 10" })).toMatchObject({ rowCount: 0, findings: { exported: [] } });
    expect(await files()).toEqual({});
  });

  it("leaves out what has expired by its moment: segments as a whole, rows of merged ones, rows by a field", async () => {
    const [old, young] = [await add(80, [1n]), await add(95, [2n])];
    const expiry = { ttlSeconds: 10, ttlField: "" };
    await run([old, young], { expiry });
    expect(await allKeys()).toEqual([2]);
    const merge = { partitionId: partitionId(2n), vchannel: "v0", segmentIds: [old, young].map(segmentId) };
    const { segments } = await runCompaction(
      { collectionId: 1n, schema, merges: [{ ...merge, memoryBytes: 100 }] },
      context,
    );
    visible.set(segments[0].segmentId, { ...segments[0], commitTs: at(99) });
    root = new MemoryObjectStore();
    await run([segments[0].segmentId], { expiry });
    expect(await allKeys()).toEqual([2]);
    const timed = await add(70, [5n, 6n, 7n], [99, 101, 0]);
    root = new MemoryObjectStore();
    await run([timed], { expiry: { ttlSeconds: 0, ttlField: "until" } });
    expect(await allKeys()).toEqual([6, 7]);
  });

  it("of a backup copies the logs of every field, byte by byte, and notes a folder a segment", async () => {
    const id = await add(70, [1n, 2n]);
    const stored = await Array.fromAsync(objects.list("insert_log/"), ({ key: name }) => name);
    const { rowCount, findings } = await run([id], { form: "backup" });
    expect(rowCount).toBe(2);
    const folder = `binlogs/insert_log/1/2/${id}/${id}/`;
    expect(findings?.exported).toMatchObject([
      { path: folder, rows: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    const names = stored.map((name) => `deep/books_7/${folder}${name.split("/").slice(4).join("/")}`);
    expect(Object.keys(await files()).sort()).toEqual(names.sort());
  });

  it("of a backup copies the deletes too, and counts the rows that are left", async () => {
    const id = await add(70, [1n, 2n]);
    const segment = visible.get(id) as VisibleSegment;
    const sizeBytes = await writeDeltaLog(objects, segment, 8n, { keys: [2n], timestamps: [at(80)] }, 0);
    const deltaLogs = [{ fieldId: 100, logIds: [8n], rowCounts: [1], sizesBytes: [sizeBytes] }];
    visible.set(id, { ...segment, deltaLogs, deletedRows: 1 });
    const { rowCount, findings } = await run([id], { form: "backup" });
    expect(rowCount).toBe(1);
    const folder = `binlogs/delta_log/1/2/${id}/${id}/`;
    expect(findings?.exported).toMatchObject([{ rows: 2 }, { path: folder, rows: 0, sizeBytes }]);
    expect(await root.stat(`deep/books_7/${folder}8`)).toMatchObject({ sizeBytes });
  });

  it("of a backup leaves out segments whose rows have all expired: restored, they would live again", async () => {
    const ids = [await add(70, [1n, 2n]), await add(95, [3n])];
    const expiry = { ttlSeconds: 10, ttlField: "" };
    const { rowCount, findings } = await run(ids, { form: "backup", expiry });
    expect(rowCount).toBe(1);
    expect(findings?.exported).toMatchObject([{ path: `binlogs/insert_log/1/2/${ids[1]}/${ids[1]}/`, rows: 1 }]);
  });

  it("ends when a segment is not kept any more", async () => {
    await expect(run([999n])).rejects.toMatchObject({ code: "job_failed" });
  });
});
