import { expect, it } from "@jest/globals";
import type { FileGroupRecord, JobRecord } from "@sluice/catalog";
import { parseImportSpec } from "@sluice/jobs";
import { ImportPlanner } from "../src/jobs/kinds/import.ts";

const KB = 1024;
const MB = 1024 * KB;

const planner = new ImportPlanner({ splitBytes: 256 * MB } as never);
const manyWorkers = new ImportPlanner({ splitBytes: 256 * MB, freeWorkers: async () => 500 } as never);
const group = (sizeBytes: number, more: Partial<FileGroupRecord> = {}): FileGroupRecord => ({
  ...{ format: "jsonl", files: [{ path: "a", source: "files", key: "/a", sizeBytes, version: "1" }], options: {} },
  ...more,
});
const job = (groups: FileGroupRecord[], options: Record<string, string> = {}) =>
  ({
    ...{ kind: "import", groups, vchannels: ["v0"], partitionIds: [5n] },
    spec: parseImportSpec(Object.entries(options).map(([key, value]) => ({ key, value }))),
  }) as unknown as JobRecord;

it("small files are tasks without a look into any, and the plan is the same when it is asked for", async () => {
  const small = job([group(10 * KB), group(20 * KB)]);
  const tasks = planner.planAtOnce(small);
  expect(tasks).toMatchObject([{ group: 0, groupCount: 2, sizeBytes: 30 * KB, state: "pending", attempt: 0 }]);
  expect(await planner.plan(small)).toEqual(tasks);
});

it("one small file is one task", () => {
  expect(planner.planAtOnce(job([group(10 * KB)]))).toMatchObject([{ group: 0, sizeBytes: 10 * KB }]);
});

it("a file whose format announces no rows is one task without a look as long as it is not cut", async () => {
  const job20 = job([group(20 * MB), group(30 * MB, { format: "json" })]);
  const tasks = planner.planAtOnce(job20);
  expect(tasks).toMatchObject([
    { group: 0, sizeBytes: 20 * MB },
    { group: 1, sizeBytes: 30 * MB },
  ]);
  expect(await planner.plan(job20)).toEqual(tasks);
});

it("thousands of such files are planned without a look at any", async () => {
  const many = job(Array.from({ length: 5000 }, () => group(20 * MB)));
  expect(await manyWorkers.plan(many)).toHaveLength(5000);
});

it.each(["parquet", "csv", "npy"])(
  "more than sixteen files of %s that stay whole are planned without a look at any",
  async (format) => {
    const many = job(Array.from({ length: 17 }, () => group(20 * MB, { format })));
    expect(await manyWorkers.plan(many)).toMatchObject(many.groups.map((_, group) => ({ group, sizeBytes: 20 * MB })));
  },
);

it("among many files those that may be cut, and those whose keys go by row numbers, are looked at", async () => {
  const sources = { of: () => Promise.reject(new Error("looked at")) };
  const planner = new ImportPlanner({ splitBytes: 256 * MB, sources, freeWorkers: async () => 1 } as never);
  const whole = Array.from({ length: 17 }, () => group(20 * MB, { format: "parquet" }));
  const byRowNumber = group(2 * MB, { options: { pre_allocated_auto_ids: "1:9" } });
  for (const last of [group(400 * MB, { format: "parquet" }), byRowNumber])
    await expect(planner.plan({ ...job([...whole, last]), schema: "", properties: [] })).rejects.toThrow("looked at");
});

it("tasks by their keys see all files: nothing is to be found out before", () => {
  const tasks = planner.planAtOnce(job([group(300 * MB)], { on_duplicate: "first" }));
  expect(tasks?.every(({ keyBucket }) => keyBucket !== undefined)).toBe(true);
});

it.each([
  ["a file whose rows are counted first", [group(2 * MB, { format: "parquet" })]],
  ["a file whose header is compared with the fields", [group(2 * MB, { format: "csv" })]],
  ["a file that may be cut", [group(300 * MB)]],
  ["files that are cut by how many workers are free", [group(40 * MB), group(40 * MB)]],
  ["a file whose keys go by the number of the row", [group(10 * KB, { options: { pre_allocated_auto_ids: "1:9" } })]],
])("%s is looked at", (_, groups) => {
  expect(planner.planAtOnce(job(groups))).toBeUndefined();
});
