import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { giveMemory, isPooled, takeMemory } from "@sluice/async";
import type { ExportForm, ExportTaskInput } from "@sluice/jobs";
import type { ObjectWrites } from "@sluice/object-store";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { composeTso, DataType, type VisibleSegment } from "@sluice/schema";
import * as testing from "@sluice/schema/testing";
import { SegmentSink } from "../src/sinks/segment-sink.ts";
import { runAppend } from "../src/tasks/append/append.ts";
import { runExport } from "../src/tasks/export/export.ts";
import type { TaskContext } from "../src/tasks/task-kind.ts";
import { taskContext } from "./task-context.ts";

// An export reads into memory that is used again and again, and files are views of it until they are written.

const DIM = 64;
const ROWS = 4000;
const schema = testing.collection([
  testing.field("id", DataType.Int64, { fieldId: 100, isPrimaryKey: true }),
  testing.field("n", DataType.Int16, { fieldId: 101 }),
  testing.field("vector", DataType.FloatVector, { fieldId: 102, dim: DIM }),
]);
const fixed = (width: number, values: { readonly buffer: ArrayBufferLike }) =>
  ({ kind: "fixed", width, data: new Uint8Array(values.buffer as ArrayBuffer), validity: undefined }) as const;

/** Reads what it is given when others have had many turns, as disks do; or says that the disk is full, as late. */
function slow(store: MemoryObjectStore, failsAt = Number.POSITIVE_INFINITY): ObjectWrites {
  let count = 0;
  return {
    put: async (...args) => {
      const isLast = ++count >= failsAt;
      for (let i = 0; i < 20; i++) await turn();
      if (isLast) throw new Error("disk full");
      return store.put(...args);
    },
    copy: (...args) => store.copy(...args),
    delete: (keys) => store.delete(keys),
  };
}

let root: MemoryObjectStore;
let context: TaskContext;
let segmentIds: bigint[];
beforeEach(async () => {
  const objects = new MemoryObjectStore();
  root = new MemoryObjectStore();
  const visible = new Map<bigint, VisibleSegment>();
  const store = root;
  context = {
    ...taskContext(objects, { value: 10n ** 15n }),
    openExportRoot: async () => slow(store),
    visibleSegments: async (ids) => ids.map((id) => visible.get(id) as VisibleSegment),
  };
  for (let n = 0; n < 3; n++) {
    const segment = await segmentOf(n * ROWS);
    visible.set(segment.segmentId, { ...segment, commitTs: composeTso(1000) });
  }
  segmentIds = [...visible.keys()];
});

/** Rows whose values tell them: the key in each of them. */
async function segmentOf(first: number) {
  const target = { collectionId: 1n, schema, vchannels: ["v0"], partitionIds: [2n], timestamp: 5n };
  await using sink = new SegmentSink(target, context);
  const keys = Array.from({ length: ROWS }, (_, row) => first + row);
  const columns = [
    fixed(8, BigInt64Array.from(keys, BigInt)),
    fixed(2, Int16Array.from(keys)),
    fixed(
      4 * DIM,
      Float32Array.from({ length: ROWS * DIM }, (_, i) => first + Math.floor(i / DIM)),
    ),
  ];
  await sink.append({ rowCount: ROWS, columns, sourceBytes: 0 });
  const { segments } = await sink.finish();
  expect(segments).toHaveLength(1);
  return segments[0];
}

const run = (form: ExportForm, more: Partial<ExportTaskInput> = {}) =>
  runExport(
    {
      ...{ form, root: "out", folder: "f", filter: "", output: schema, schema, collectionId: 1n },
      ...{ expiry: { ttlSeconds: 0, ttlField: "" }, timestamp: composeTso(5000) },
      ...{ partitionName: "_default", segmentIds, fileBytes: 400_000, ...more },
    },
    context,
  );

async function bytesOf(key: string): Promise<Buffer> {
  const bytes = Buffer.alloc((await root.stat(key))?.sizeBytes as number);
  await root.readInto(key, 0, bytes);
  return bytes;
}

/** The values of all .npy files of a field, one after the other. */
async function valuesOf<T>(files: readonly string[], name: string, typed: (bytes: ArrayBuffer) => Iterable<T>) {
  const parts = files.filter((path) => path.endsWith(`/${name}.npy`)).map((path) => bytesOf(`f/${path}`));
  return (await Promise.all(parts)).flatMap((bytes) => {
    const begin = 10 + bytes.readUInt16LE(8);
    return [...typed(new Uint8Array(bytes.subarray(begin)).buffer)];
  });
}

/** Whether nobody has anything of the thread's pool but, perhaps, a little. */
function isPoolFree(): boolean {
  const all = takeMemory(126 << 20);
  const isFree = isPooled(all);
  giveMemory(all);
  return isFree;
}

describe("memory of an export", () => {
  it.each(["parquet", "jsonl", "numpy"] as const)(
    "%s: files are what was hashed, and all of it is given back",
    async (form) => {
      const { findings } = await run(form);
      const files = findings?.exported ?? [];
      expect(files.length).toBeGreaterThan(5);
      for (const { path, sha256, sizeBytes } of files) {
        const bytes = await bytesOf(`f/${path}`);
        expect([bytes.length, createHash("sha256").update(bytes).digest("hex")]).toEqual([sizeBytes, sha256]);
      }
      expect(isPoolFree()).toBe(true);
    },
  );

  it.each(["parquet", "jsonl"] as const)("%s: files are small where they are asked to be", async (form) => {
    const { findings, rowCount } = await run(form, { fileBytes: 1 << 16 });
    const sizes = (findings?.exported ?? []).map(({ sizeBytes }) => sizeBytes);
    expect(rowCount).toBe(3 * ROWS);
    expect(Math.max(...sizes)).toBeLessThan(3 << 16);
    expect(sizes.length).toBeGreaterThan(20);
  });

  it("a file keeps the rows that it was given while others come, also of a part that ends in a later file", async () => {
    const paths = ((await run("numpy", { fileBytes: 700_000 })).findings?.exported ?? []).map(({ path }) => path);
    const keys = Array.from({ length: 3 * ROWS }, (_, row) => row);
    expect(await valuesOf(paths, "id", (bytes) => new BigInt64Array(bytes))).toEqual(keys.map(BigInt));
    expect(await valuesOf(paths, "n", (bytes) => new Int16Array(bytes))).toEqual(keys);
    const vectors = await valuesOf(paths, "vector", (bytes) => new Float32Array(bytes));
    expect(vectors.length).toBe(3 * ROWS * DIM);
    expect(vectors.every((value, i) => value === Math.floor(i / DIM))).toBe(true);
  });

  it("rows that a filter picks are the picked ones", async () => {
    const more = { filter: "id % 3 == 1", fileBytes: 200_000 };
    const paths = ((await run("numpy", more)).findings?.exported ?? []).map(({ path }) => path);
    const keys = Array.from({ length: ROWS }, (_, row) => 3 * row + 1);
    expect(await valuesOf(paths, "n", (bytes) => new Int16Array(bytes))).toEqual(keys);
    const vectors = await valuesOf(paths, "vector", (bytes) => new Float32Array(bytes));
    expect(vectors.every((value, i) => value === keys[Math.floor(i / DIM)])).toBe(true);
    expect(isPoolFree()).toBe(true);
  });

  it("a backup's logs are those of the segments, and its memory is given back", async () => {
    const { findings } = await run("backup");
    for (const { path, sha256 } of findings?.exported ?? []) {
      const keys = await Array.fromAsync(root.list(`f/${path}`), ({ key }) => key);
      const order = (key: string) => key.slice(`f/${path}`.length).split("/").map(Number);
      const sorted = keys.sort((a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1]);
      const hash = createHash("sha256");
      for (const key of sorted) hash.update(await bytesOf(key));
      expect(hash.digest("hex")).toBe(sha256);
    }
    expect(isPoolFree()).toBe(true);
  });

  it("an append to another collection gives it back", async () => {
    const expiry = { ttlSeconds: 0, ttlField: "" };
    const { rowCount } = await runAppend(
      {
        ...{ to: { collectionId: 2n, collectionName: "other", expiry }, sourceCollectionId: 1n, sourceSchema: schema },
        ...{ schema, vchannels: ["v0"], partitionIds: [3n], timestamp: composeTso(5000), expiry, segmentIds },
      },
      context,
    );
    expect([rowCount, isPoolFree()]).toEqual([3 * ROWS, true]);
  });

  it.each(["parquet", "numpy", "backup"] as const)(
    "%s: is given back where a write fails, once no write reads it",
    async (form) => {
      const store = root;
      context = { ...context, openExportRoot: async () => slow(store, 3) };
      await expect(run(form)).rejects.toThrow("disk full");
      expect(isPoolFree()).toBe(true);
    },
  );
});
