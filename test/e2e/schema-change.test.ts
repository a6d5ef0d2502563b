import { describe, expect, it } from "@jest/globals";
import { useRestCalls, useServer } from "../support/index.ts";

const fixture = useServer();
const { post, data } = useRestCalls(fixture, { "accept-type-allow-int64": "true" });

async function importing(collectionName: string, rows: readonly object[], options: object = {}): Promise<string> {
  const name = `${collectionName}-${Math.random().toString(36).slice(2)}.jsonl`;
  const files = [await fixture.files.write(name, rows.map((row) => JSON.stringify(row)).join("\n"))].flat();
  return (await data("jobs/import/create", { collectionName, files: [files], options })).jobId;
}
async function until(jobId: string, wanted: string, kind = "import"): Promise<void> {
  for (;;) {
    const { state, reason } = await data(`jobs/${kind}/describe`, { jobId });
    if (state === wanted) return;
    if (state === "Failed") throw new Error(reason);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const imported = async (name: string, rows: readonly object[]) => until(await importing(name, rows), "Completed");

async function compacted(collectionName: string): Promise<void> {
  const { compactionID: jobID } = await data("collections/compact", { collectionName });
  while ((await data("collections/get_compaction_state", { jobID })).state !== "Completed")
    await new Promise((resolve) => setTimeout(resolve, 20));
}

async function create(collectionName: string): Promise<void> {
  await data("collections/create", {
    collectionName,
    schema: {
      fields: [
        { fieldName: "id", dataType: "Int64", isPrimary: true },
        { fieldName: "vector", dataType: "FloatVector", elementTypeParams: { dim: 2 } },
      ],
    },
    indexParams: [{ fieldName: "vector", metricType: "L2" }],
  });
}
const addField = (collectionName: string, schema: object) =>
  data("collections/fields/add", { collectionName, schema: { nullable: true, ...schema } });
const row = (id: number, more: object = {}) => ({ id, vector: [id, 0], ...more });
const query = (collectionName: string, filter: string, outputFields: readonly string[]) =>
  data("entities/query", { collectionName, filter, outputFields });

describe("fields that come later", () => {
  it("are null or their default in rows from before, and whatever a file says in those from after", async () => {
    await create("later");
    await imported("later", [row(1), row(2)]);
    await addField("later", { fieldName: "stars", dataType: "Int64", defaultValue: 3 });
    await addField("later", { fieldName: "tag", dataType: "VarChar", elementTypeParams: { max_length: 8 } });
    await imported("later", [row(3, { stars: 5, tag: "new" }), row(4)]);

    const names = ["id", "stars", "tag"];
    const all = [
      { id: 1, stars: 3, tag: null },
      { id: 2, stars: 3, tag: null },
      { id: 3, stars: 5, tag: "new" },
      { id: 4, stars: 3, tag: null },
    ];
    expect(await query("later", "id > 0", names)).toEqual(all);
    expect(await query("later", "stars == 3", ["id"])).toEqual([{ id: 1 }, { id: 2 }, { id: 4 }]);
    expect(await query("later", "tag is not null", ["id"])).toEqual([{ id: 3 }]);
    expect(await query("later", "tag is null and stars < 4", ["count(*)"])).toEqual([{ "count(*)": 3 }]);
    const hits = await data("entities/search", {
      ...{ collectionName: "later", data: [[0, 0]], limit: 2, filter: "tag is null", outputFields: ["stars", "tag"] },
    });
    expect(hits).toMatchObject([
      { id: 1, stars: 3, tag: null },
      { id: 2, stars: 3, tag: null },
    ]);

    await compacted("later");
    expect(await query("later", "id > 0", names)).toEqual(all);

    await until(
      (await data("jobs/copy/create", { collectionName: "later", targetCollectionName: "copied" })).jobId,
      "Completed",
      "copy",
    );
    await data("collections/load", { collectionName: "copied" });
    expect(await query("copied", "id > 0", names)).toEqual(all);
  });

  it("are not those of a job that began before, whose rows read as older ones do", async () => {
    await create("early");
    const jobId = await importing("early", [row(1, { stars: 5 })], { auto_commit: "false" });
    await until(jobId, "Uncommitted");
    await addField("early", { fieldName: "stars", dataType: "Int8", defaultValue: 1 });
    await data("jobs/import/commit", { jobId });
    await until(jobId, "Completed");
    expect(await query("early", "stars == 1", ["id", "stars"])).toEqual([{ id: 1, stars: 1 }]);
  });

  it("may come while imports of the collection run: each has those that were there when it began", async () => {
    await create("growing");
    const fields = ["a", "b", "c", "d"];
    const rowsOf = (first: number, known: readonly string[]) =>
      Array.from({ length: 4000 }, (_, i) =>
        row(first + i, Object.fromEntries(known.map((name) => [name, first + i]))),
      );
    const jobs: string[] = [];
    for (const [i, fieldName] of fields.entries()) {
      // Nobody waits for the ones before: they read, write or wait while the next field comes.
      jobs.push(await importing("growing", rowsOf(10_000 * i, fields.slice(0, i))));
      await addField("growing", { fieldName, dataType: "Int64", ...(i % 2 && { defaultValue: -1 }) });
      await data("entities/insert", { collectionName: "growing", data: [row(10_000 * i + 9000, { [fieldName]: i })] });
    }
    jobs.push(await importing("growing", rowsOf(40_000, fields)));
    await Promise.all(jobs.map((jobId) => until(jobId, "Completed")));
    expect(await query("growing", "id >= 0", ["count(*)"])).toEqual([{ "count(*)": 5 * 4000 + 4 }]);
    for (const [i, name] of fields.entries()) {
      const before = `id < ${10_000 * (i + 1)} and id % 10000 < 4000`;
      const missing = i % 2 ? `${name} == -1` : `${name} is null`;
      const counts = async (filter: string) => (await query("growing", filter, ["count(*)"]))[0]["count(*)"];
      expect(await counts(`${before} and ${missing}`)).toBe(4000 * (i + 1));
      expect(await counts(`id >= ${10_000 * (i + 1)} and id % 10000 < 4000 and ${name} > 0`)).toBe(4000 * (4 - i));
      expect(await query("growing", `id == ${10_000 * i + 9000}`, [name])).toEqual([
        { id: 10_000 * i + 9000, [name]: i },
      ]);
    }
    const [last] = await query("growing", "id == 43999", fields);
    expect(last).toEqual({ id: 43_999, a: 43_999, b: 43_999, c: 43_999, d: 43_999 });
  });

  it("may be a vector, a list of structs, and the dynamic field", async () => {
    await create("wide");
    await imported("wide", [row(1)]);
    await addField("wide", { fieldName: "second", dataType: "FloatVector", elementTypeParams: { dim: 2 } });
    await data("collections/struct_fields/add", {
      collectionName: "wide",
      schema: {
        ...{ fieldName: "parts", nullable: true, elementTypeParams: { max_capacity: 4 } },
        fields: [
          { fieldName: "n", dataType: "Array", elementDataType: "Int32", elementTypeParams: { max_capacity: 4 } },
        ],
      },
    });
    await data("collections/alter_properties", {
      collectionName: "wide",
      properties: { "dynamicfield.enabled": true },
    });
    await imported("wide", [row(2, { second: [7, 8], parts: [{ n: 5 }], more: "text" })]);
    await data("indexes/create", { collectionName: "wide", indexParams: [{ fieldName: "second", metricType: "L2" }] });
    await compacted("wide");
    expect(await query("wide", "id > 0", ["second", "parts", "more"])).toEqual([
      { id: 1, second: null, parts: null },
      { id: 2, second: [7, 8], parts: [{ n: 5 }], more: "text" },
    ]);
    const about = { collectionName: "wide", data: [[7, 8]], annsField: "second", limit: 5 };
    expect(await data("entities/search", about)).toMatchObject([{ id: 2, distance: 0 }]);
  });
});

describe("parameters of fields and indexes over REST", () => {
  it("are changed, and what is not possible says what to do instead", async () => {
    await create("params");
    await addField("params", { fieldName: "tag", dataType: "VarChar", elementTypeParams: { max_length: 2 } });
    const tag = { collectionName: "params", fieldName: "tag" };
    await data("collections/fields/alter_properties", { ...tag, fieldParams: { max_length: 3 } });
    await imported("params", [row(1, { tag: "abc" })]);
    const both = { code: 1100, message: expect.stringContaining("exactly one of fieldName or fieldId is required") };
    expect(await post("collections/fields/drop", { ...tag, fieldId: 102 })).toMatchObject(both);
    expect(await post("collections/fields/drop", { collectionName: "params" })).toMatchObject(both);
    expect(await post("collections/fields/drop", { collectionName: "params", fieldId: 0 })).toMatchObject({
      message: expect.stringContaining("fieldId must be greater than 0"),
    });
    const struct = { collectionName: "params", schema: { fieldName: "s", dataType: "ArrayOfStruct" } };
    expect(await post("collections/fields/add", struct)).toMatchObject({
      code: 1100,
      message: "StructArray field must be added through /v2/vectordb/collections/struct_fields/add",
    });
    expect(await post("collections/fields/add", { collectionName: "params" })).toMatchObject({ code: 1802 });
    await data("collections/release", { collectionName: "params" });
    const index = { collectionName: "params", indexName: "vector" };
    await data("indexes/alter_properties", { ...index, properties: { "mmap.enabled": true } });
    await data("indexes/drop_properties", { ...index, propertyKeys: ["mmap.enabled"] });
  });
});
