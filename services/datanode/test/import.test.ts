import { beforeEach, describe, expect, it } from "@jest/globals";
import { fixtureSchema } from "@sluice/formats/testing";
import type { ImportTaskInput } from "@sluice/jobs";
import { MemoryObjectStore, sourcesOf } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { readSegmentField } from "@sluice/segment";
import fc from "fast-check";
import { RepeatedKeys } from "../src/sinks/repeated-keys.ts";
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

describe("keys that are met twice", () => {
  const runOf = async (ids: readonly number[]) => {
    const { sizeBytes } = await sources.put("a.jsonl", [Buffer.concat(ids.map(row))]);
    return run(sizeBytes);
  };
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);

  it("are named in a warning, and imported as Milvus does it", async () => {
    expect((await runOf([1, 2, 1, 1, 3])).rowCount).toBe(5);
    expect(warnings).toEqual([
      "data/a.jsonl: 2 rows have a primary key that a row before has, and all were imported; the option on_duplicate (first, last, error) keeps one or refuses",
    ]);
  });

  it("are told of in no other case", async () => {
    await runOf(range(5000).map((i) => (i * 2_654_435_761) % 1_000_003));
    expect(warnings).toEqual([]);
  });

  const add = (keys: RepeatedKeys, ids: readonly (number | bigint)[]) => {
    const data = new Uint8Array(BigInt64Array.from(ids, BigInt).buffer);
    const column = { kind: "fixed", width: 8, data, validity: undefined } as const;
    keys.add({ rowCount: ids.length, columns: [column, undefined], sourceBytes: 0 });
  };

  it("are counted whether they ascend by one, for a while or not at all", () => {
    const border = fc.constantFrom(
      0n,
      2n ** 31n,
      2n ** 32n,
      2n ** 33n - 9n,
      -(2n ** 32n),
      -(2n ** 63n),
      2n ** 63n - 99n,
    );
    const rise = fc.tuple(border, fc.nat(40), fc.nat(30), fc.constantFrom(1n, 1n, 1n, 0n, 2n));
    const batch = rise.map(([start, shift, count, step]) =>
      range(count).map((i) => start + BigInt(shift) + step * BigInt(i)),
    );
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 12 }), fc.boolean(), (batches, follow) => {
        using keys = new RepeatedKeys(schema);
        const all = follow ? batches.map((ids, at) => ids.map((_, i) => 100n * BigInt(at) + BigInt(i))) : batches;
        for (const ids of all) add(keys, ids);
        const repeated = all.flat().length - new Set(all.flat()).size;
        expect(Number.parseInt(keys.take() ?? "0", 10)).toBe(repeated);
      }),
    );
  });

  it("that ascended by one before are known", () => {
    using keys = new RepeatedKeys(schema);
    for (let from = 0; from < 10_000; from += 1000)
      add(
        keys,
        range(1000).map((i) => 7_000_000_000 + from + i),
      );
    expect(keys.take()).toBeUndefined();
    add(keys, [7_000_000_000, 7_000_009_999, 7_000_010_000, 6_999_999_999, 7_000_004_096]);
    expect(keys.take()).toMatch(/^3 rows have a primary key/);
  });

  it("are found by a sample where there are very many", () => {
    using keys = new RepeatedKeys(schema, 100);
    add(keys, range(20_000));
    expect(keys.take()).toBeUndefined();
    add(keys, range(20_000));
    expect(keys.take()).toMatch(/^at least \d+ rows have a primary key/);
    expect(keys.take()).toBeUndefined();
  });
});

describe("keys that were allocated for a file before", () => {
  const automatic = (type: DataType) =>
    fixtureSchema({
      fields: [
        { name: "id", type, is_primary: true, autoID: true, auto_id: true, params: { max_length: 30 } },
        { name: "n", type: DataType.Int64 },
      ],
    } as never);

  async function runWith(type: DataType, range: string, lines: string[], more: Partial<ImportTaskInput> = {}) {
    const { sizeBytes } = await sources.put("a.jsonl", [Buffer.from(lines.join("\n"))]);
    const version = `${(await sources.stat("a.jsonl"))?.modifiedMs}`;
    const files = [{ path: "data/a.jsonl", source: "memory", key: "a.jsonl", sizeBytes, version }];
    const from = new TaskSources(sourcesOf(sources), {});
    const input: ImportTaskInput = {
      ...{ collectionId: 1n, schema: automatic(type), vchannels: ["v0"], partitionIds: [2n] },
      sets: [{ format: "jsonl", files, options: { pre_allocated_auto_ids: range } }],
      ...{ timestamp: 5n, options: {}, sink: "segments", ...more },
    };
    return runImport(input, {
      ...taskContext(objects, nextId),
      openFiles: (...asked) => from.open(...asked),
      warn: (text) => void warnings.push(text),
    });
  }

  it("are those of the rows, whose numbers count what is put aside", async () => {
    const lines = ['{"n":0}', '{"n":"x"}', '{"n":2}'];
    const outcome = await runWith(DataType.Int64, "9007199254740993:9007199254740996", lines, { tolerance: {} });
    expect(outcome).toMatchObject({ rowCount: 2, autoIds: [9007199254740993n, 9007199254740996n] });
    const [key] = automatic(DataType.Int64).fields;
    const segment = { ...outcome.segments[0], commitTs: 0n };
    const { column, rowCount } = await readSegmentField(objects, segment, key);
    expect([...new BigInt64Array(column.data.buffer, column.data.byteOffset, rowCount)]).toEqual([
      9007199254740993n,
      9007199254740995n,
    ]);
  });

  it("may be text", async () => {
    const outcome = await runWith(DataType.VarChar, "9:11", ['{"n":0}', '{"n":1}']);
    expect(outcome).toMatchObject({ rowCount: 2, autoIds: [9n, 11n] });
  });

  it("are given to no row of a file that is all put aside, which is not called empty", async () => {
    const outcome = await runWith(DataType.Int64, "5:6", ['{"n":"x"}', '{"n":"y"}'], { tolerance: {} });
    expect([outcome.rowCount, warnings]).toEqual([0, []]);
  });

  it("are refused where rows are left without", async () => {
    const refused = { code: "request_invalid", at: { file: "data/a.jsonl", row: 1 } };
    await expect(runWith(DataType.Int64, "5:6", ['{"n":0}', '{"n":1}', '{"n":2}'])).rejects.toMatchObject(refused);
    await expect(runWith(DataType.Int64, "5:6", ['{"n":0}', '{"n":1}'], { sink: "none" })).rejects.toMatchObject(
      refused,
    );
  });
});

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
