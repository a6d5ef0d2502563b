import { beforeEach, describe, expect, it } from "@jest/globals";
import { fixtureSchema } from "@sluice/formats/testing";
import type { ImportTaskInput } from "@sluice/jobs";
import { MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { runImport } from "../src/tasks/import.ts";
import type { TaskContext, TaskResult } from "../src/tasks/task-kind.ts";
import { TaskSources } from "../src/thread/task-sources.ts";
import { WarningList } from "../src/thread/warning-list.ts";
import { taskContext } from "./task-context.ts";

const schema = fixtureSchema({
  fields: [
    { name: "id", type: DataType.Int64, is_primary: true },
    { name: "vector", type: DataType.FloatVector, params: { dim: 2 } },
  ],
});
const row = (id: number) => Buffer.from(`{"id": ${id}, "vector": [1, 2]}\n`);

let sources: MemoryObjectStore;
let objects: MemoryObjectStore;
let nextId: { value: bigint };
let warnings: string[];
beforeEach(() => {
  sources = new MemoryObjectStore();
  objects = new MemoryObjectStore();
  nextId = { value: 1000n };
  warnings = [];
});

/** Imports `a.jsonl`, whose size was `sizeBytes` when the job was submitted. */
async function run(
  sizeBytes: number,
  more: Partial<TaskContext> = {},
  sink: ImportTaskInput["sink"] = "segments",
): Promise<TaskResult> {
  const version = `${(await sources.stat("a.jsonl"))?.modifiedMs}`;
  const input: ImportTaskInput = {
    collectionId: 1n,
    schema,
    vchannels: ["v0", "v1"],
    partitionIds: [2n],
    sets: [
      { format: "jsonl", files: [{ path: "data/a.jsonl", source: "memory", key: "a.jsonl", sizeBytes, version }] },
    ],
    timestamp: 5n,
    options: {},
    sink,
  };
  const from = new TaskSources(sourcesOf(sources), {});
  return runImport(input, {
    ...taskContext(objects, nextId),
    openFiles: (...files) => from.open(...files),
    warn: (text) => void warnings.push(text),
    ...more,
  });
}

describe("an import task", () => {
  it("makes sealed segments of all rows", async () => {
    const rows = Array.from({ length: 100 }, (_, i) => row(i));
    const { sizeBytes } = await sources.put("a.jsonl", rows);
    const outcome = await run(sizeBytes);
    expect(outcome.rowCount).toBe(100);
    expect(outcome.segments.reduce((sum, segment) => sum + segment.rowCount, 0)).toBe(100);
  });

  it("of a file without rows says so", async () => {
    const { sizeBytes } = await sources.put("a.jsonl", [Buffer.from("\n")]);
    expect((await run(sizeBytes)).segments).toEqual([]);
    expect(warnings).toEqual(["data/a.jsonl: no rows"]);
  });

  it("warns of each of many files that share a task, and counts what has no room", () => {
    const list = new WarningList();
    for (let group = 0; group < 256; group++) list.add("no rows", group);
    const { warnings, warningGroups } = list.listed();
    expect(warnings).toHaveLength(256);
    expect(warningGroups).toEqual(Array.from({ length: 256 }, (_, group) => group));
    const full = new WarningList();
    for (let i = 0; i < 60; i++) full.add(`fault ${i}`, 0);
    full.add("fault 0", 0);
    expect(full.listed().warnings.slice(49)).toEqual(["fault 49", "10 more warnings are not shown"]);
    expect(full.listed().warningGroups).toBeUndefined();
  });

  it("into nowhere checks every row, writes nothing and takes no ids", async () => {
    const { sizeBytes } = await sources.put("a.jsonl", [row(1), row(2)]);
    expect(await run(sizeBytes, {}, "none")).toMatchObject({ rowCount: 2, segments: [], autoIds: [] });
    expect(await Array.fromAsync(objects.list(""))).toEqual([]);
    expect(nextId.value).toBe(1000n);
    const bad = [row(1), Buffer.from('{"id": "x", "vector": [1, 2]}\n')];
    const { sizeBytes: size } = await sources.put("a.jsonl", bad);
    await expect(run(size, {}, "none")).rejects.toMatchObject({ code: "value_invalid", at: { row: 1 } });
  });

  it("refuses a file that was cut short between two rows, or has grown, since the job was submitted", async () => {
    await sources.put("a.jsonl", [row(1)]);
    await expect(run(2 * row(1).length)).rejects.toMatchObject({
      code: "malformed_file",
      reason: `the file has changed since its import was requested: expected ${2 * row(1).length} bytes, found ${row(1).length}`,
      at: { file: "data/a.jsonl" },
    });
    await expect(run(0)).rejects.toThrow("the file has changed");
  });

  it("refuses a file that grows while it is read", async () => {
    const { sizeBytes } = await sources.put("a.jsonl", [row(1)]);
    const onProgress = () => void sources.put("a.jsonl", [row(1), row(2)]);
    await expect(run(sizeBytes, { onProgress })).rejects.toThrow("the file has changed");
  });

  it("refuses a file that is written again while it is read, to the same length", async () => {
    const { sizeBytes } = await sources.put("a.jsonl", [row(1)]);
    const onProgress = () => void sources.put("a.jsonl", [row(2)]);
    await expect(run(sizeBytes, { onProgress })).rejects.toMatchObject({
      code: "malformed_file",
      reason: expect.stringContaining("the file has changed since its import was requested"),
      at: { file: "data/a.jsonl" },
    });
  });

  it("says that a file is gone", async () => {
    await expect(run(10)).rejects.toMatchObject({ code: "file_not_found" });
  });
});
