import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { useRest, useRestCalls, useServer } from "../support/index.ts";

const out = mkdtempSync(join(tmpdir(), "sluice-dropped-"));
afterAll(() => rm(out, { recursive: true, force: true }));
const fixture = useServer({ exportRoot: `out=${out}`, importRoot: out, compactionInterval: "0s" });
const exports = useRest(fixture, "export");
const { post, data } = useRestCalls(fixture, { "accept-type-allow-int64": "true" });

async function written(rows: readonly object[]): Promise<string> {
  const name = `${Math.random().toString(36).slice(2)}.jsonl`;
  return [await fixture.files.write(name, rows.map((row) => JSON.stringify(row)).join("\n"))].flat()[0];
}
async function until(jobId: string, wanted: string, kind = "import"): Promise<void> {
  for (;;) {
    const { state, reason } = await data(`jobs/${kind}/describe`, { jobId });
    if (state === wanted) return;
    if (state === "Failed") throw new Error(reason);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
async function imported(collectionName: string, rows: readonly object[], options: object = {}): Promise<string> {
  const { jobId } = await data("jobs/import/create", { collectionName, files: [[await written(rows)]], options });
  await until(jobId, "Completed");
  return jobId;
}
async function merged(body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${fixture.url}/v2/etl/merge`, { method: "POST", headers, body: JSON.stringify(body) });
  const { jobId } = ((await answer.json()) as { data: { jobId: string } }).data;
  await until(jobId, "Completed");
}
async function compacted(collectionName: string): Promise<void> {
  const { compactionID: jobID } = await data("collections/compact", { collectionName });
  while ((await data("collections/get_compaction_state", { jobID })).state !== "Completed")
    await new Promise((resolve) => setTimeout(resolve, 20));
}

const tag = { fieldName: "tag", dataType: "VarChar", elementTypeParams: { max_length: 8 } };
async function create(collectionName: string): Promise<void> {
  const vector = { dataType: "FloatVector", elementTypeParams: { dim: 2 } };
  await data("collections/create", {
    collectionName,
    schema: {
      enableDynamicField: true,
      fields: [
        { fieldName: "id", dataType: "Int64", isPrimary: true },
        { ...vector, fieldName: "vector" },
        { ...vector, fieldName: "second" },
        tag,
      ],
    },
    indexParams: ["vector", "second"].map((fieldName) => ({ fieldName, metricType: "L2" })),
  });
}
const row = (id: number, more: object = {}) => ({ id, vector: [id, 0], second: [id, 1], tag: `t${id}`, ...more });
const bare = (id: number, more: object = {}) => ({ id, vector: [id, 0], ...more });
const drop = (collectionName: string, fieldName: string) =>
  data("collections/fields/drop", { collectionName, fieldName });
const query = (collectionName: string, outputFields: readonly string[] = ["*"], filter = "id > 0") =>
  data("entities/query", { collectionName, filter, outputFields });

describe("fields that are dropped", () => {
  it("are seen by nobody: queries, filters, searches, rows of clients, files", async () => {
    await create("shop");
    await imported("shop", [row(1), row(2, { color: "red" })]);
    await data("entities/insert", { collectionName: "shop", data: [row(3)] });
    await drop("shop", "second");
    await drop("shop", "tag");

    const all = [bare(1), bare(2, { color: "red" }), bare(3)];
    expect(await query("shop")).toEqual(all);
    // What has the name of no field is a key of the dynamic field.
    expect(await query("shop", ["id"], 'tag == "t1"')).toEqual([]);
    const about = { collectionName: "shop", data: [[1, 1]], limit: 3 };
    expect(await data("entities/search", about)).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(await post("entities/search", { ...about, annsField: "second" })).toMatchObject({ code: 1100 });
    const { indexes } = await data("collections/describe", { collectionName: "shop" });
    expect(indexes).toMatchObject([{ fieldName: "vector" }]);

    await data("entities/insert", { collectionName: "shop", data: [bare(4)] });
    await data("entities/upsert", { collectionName: "shop", data: [bare(1, { vector: [9, 9] })] });
    await data("entities/upsert", { collectionName: "shop", data: [{ id: 2, color: "blue" }], partialUpdate: true });
    await imported("shop", [bare(5)]);
    const after = [bare(1, { vector: [9, 9] }), bare(2, { color: "blue" }), bare(3), bare(4), bare(5)];
    expect(await query("shop")).toEqual(after);
    await compacted("shop");
    expect(await query("shop")).toEqual(after);

    await fixture.restart();
    expect(await query("shop")).toEqual(after);
  });

  it("nor comes what they held back under a new field of the same name", async () => {
    await create("again");
    await imported("again", [row(1)]);
    await drop("again", "tag");
    await data("collections/fields/add", { collectionName: "again", schema: { ...tag, nullable: true } });
    await imported("again", [row(2)]);
    const rows = [
      { id: 1, tag: null },
      { id: 2, tag: "t2" },
    ];
    expect(await query("again", ["id", "tag"])).toEqual(rows);
    await compacted("again");
    expect(await query("again", ["id", "tag"])).toEqual(rows);
  });

  it("exports, copies and merges are without them, and number what comes later as it would be here", async () => {
    await create("source");
    await imported("source", [row(1), row(2)]);
    await drop("source", "tag");
    const { jobId: copy } = await data("jobs/copy/create", {
      ...{ collectionName: "source", targetCollectionName: "copied" },
    });
    await until(copy, "Completed", "copy");
    await merged({
      ...{ collectionName: "source", destCollectionName: "merged", mergeField: "id" },
      files: [[await written([{ id: 1, stars: 5 }])]],
      newFields: [{ fieldName: "stars", dataType: "INT64" }],
    });
    const made = ["copied", "merged"];
    for (const format of ["backup", "snapshot", "jsonl"]) {
      const { to } = await exports.run({ collectionName: "source", to: `out://${format}`, format });
      const path = to.slice("out://".length);
      if (format === "jsonl") {
        const [name] = (await readdir(join(out, path), { recursive: true })).filter((one) => one.endsWith(".jsonl"));
        expect(await readFile(join(out, path, name), "utf8")).not.toMatch(/tag|t1/);
        continue;
      }
      const { collections } = await data("jobs/import/restore", { path, collections: { source: `of_${format}` } });
      await until(collections[0].jobId, "Completed");
      made.push(`of_${format}`);
    }
    for (const collectionName of made) {
      await data("collections/load", { collectionName });
      expect(Object.keys((await query(collectionName))[0])).not.toContain("tag");
      await data("collections/fields/add", { collectionName, schema: { ...tag, nullable: true } });
      expect(await query(collectionName, ["id", "tag"])).toEqual([
        { id: 1, tag: null },
        { id: 2, tag: null },
      ]);
    }
    expect(await query("merged", ["id", "stars"])).toEqual([
      { id: 1, stars: 5 },
      { id: 2, stars: null },
    ]);
  });

  it("not while a job is open", async () => {
    await create("busy");
    const files = [[await written([row(1)])]];
    const { jobId } = await data("jobs/import/create", {
      collectionName: "busy",
      files,
      options: { auto_commit: "false" },
    });
    await until(jobId, "Uncommitted");
    expect(await post("collections/fields/drop", { collectionName: "busy", fieldName: "tag" })).toMatchObject({
      code: 1100,
      message: expect.stringContaining(`wait until job ${jobId} has ended, or cancel it`),
    });
    await data("jobs/import/abort", { jobId });
    await drop("busy", "tag");
  });

  it("and the dynamic field, whose keys do not come back", async () => {
    await create("open");
    await imported("open", [row(1, { color: "red" })]);
    const properties = (on: boolean) => ({ collectionName: "open", properties: { "dynamicfield.enabled": on } });
    await data("collections/alter_properties", properties(false));
    expect(await query("open")).toEqual([row(1)]);
    await data("collections/alter_properties", properties(true));
    await imported("open", [row(2, { color: "blue" })]);
    expect(await query("open")).toEqual([row(1), row(2, { color: "blue" })]);
  });
});
