import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { parquetWriteBuffer } from "hyparquet-writer";
import { useServer } from "../support/index.ts";

// What a merge takes its rows from, and its values: kinds of collections, writes beside it, files without rows, keys of other types.

const fixture = useServer({ flushSize: "64KB" });

// biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
type Data = any;

async function post(path: string, body: object): Promise<Data> {
  const headers = { "content-type": "application/json" };
  const url = `${fixture.url}/v2/${path}`;
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = (await response.json()) as { code: number; message?: string; data: Data };
  if (answer.code !== 0) throw new Error(`${path}: ${answer.code} ${answer.message}`);
  return answer.data;
}

async function merged(body: object): Promise<Data> {
  const { jobId } = await post("etl/merge", { mergeField: "id", ...body });
  for (;;) {
    const answer = (await (await fetch(`${fixture.url}/v2/jobs/${jobId}`)).json()) as { data: Data };
    if (!["PENDING", "IN_PROGRESS"].includes(answer.data.status)) return answer.data;
    await sleep(20);
  }
}

const parquet = (name: string, columnData: Parameters<typeof parquetWriteBuffer>[0]["columnData"]) =>
  fixture.files.write(name, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 10 })));

const price = { fieldName: "price", dataType: "INT32" };
const rowsOf = async (collectionName: string, outputFields: string[]): Promise<Data[]> => {
  await post("vectordb/collections/load", { collectionName });
  return await post("vectordb/entities/query", { collectionName, filter: "", limit: 1000, outputFields });
};

const id = { name: "id", type: DataType.Int64, key: true };
const vector = { name: "v", type: DataType.FloatVector, dim: 2 };

it("rows with lists of structs keep them", async () => {
  const member = (fieldName: string, dataType: string, more: object) => ({
    ...{ fieldName, dataType: dataType === "Int64" ? "Array" : "ArrayOfVector", elementDataType: dataType },
    elementTypeParams: { max_capacity: 5, ...more },
  });
  const lines = { fieldName: "lines", fields: [member("e", "FloatVector", { dim: 2 }), member("n", "Int64", {})] };
  await post("vectordb/collections/create", {
    collectionName: "pages",
    schema: {
      fields: [
        { fieldName: "id", dataType: "Int64", isPrimary: true },
        { fieldName: "v", dataType: "FloatVector", elementTypeParams: { dim: 2 } },
      ],
      structFields: [lines],
    },
    indexParams: [
      { fieldName: "v", metricType: "L2" },
      { fieldName: "lines[e]", indexName: "lines_e", metricType: "MAX_SIM_IP" },
    ],
  });
  const rows = Array.from({ length: 40 }, (_, i) => ({
    ...{ id: i, v: [i, 0] },
    lines: Array.from({ length: i % 4 }, (_, n) => ({ e: [i, n], n })),
  }));
  await fixture.client.importAndWait("pages", await fixture.files.jsonl("pages.jsonl", rows));
  const ids = rows.map((row) => BigInt(row.id));
  const file = await parquet("pages.parquet", [
    { name: "id", type: "INT64", data: ids },
    { name: "price", type: "INT32", data: rows.map((row) => row.id) },
  ]);
  const made = { collectionName: "pages", destCollectionName: "priced_pages", files: [[file]], newFields: [price] };
  expect(await merged(made)).toMatchObject({ status: "SUCCESSFUL", details: { matchedSourceRows: 40 } });
  const found = await rowsOf("priced_pages", ["id", "lines", "price"]);
  expect(found.map((row) => ({ ...row, id: Number(row.id) }))).toEqual(
    rows.map((row) => ({
      id: row.id,
      price: row.id,
      lines: row.lines.map((line) => ({ ...line, n: expect.anything() })),
    })),
  );
});

it("a field that was added later is a key as others are, by its default in rows of before", async () => {
  await fixture.client.createCollection({ name: "grown", fields: [id, vector] });
  const row = (n: number, more: object = {}) => ({ id: n, v: [n, 1], ...more });
  const old = Array.from({ length: 5 }, (_, n) => row(n));
  await fixture.client.importAndWait("grown", await fixture.files.jsonl("grown-1.jsonl", old));
  const schema = { fieldName: "level", dataType: "Int32", nullable: true, defaultValue: 7 };
  await post("vectordb/collections/fields/add", { collectionName: "grown", schema });
  const added = [row(10, { level: 7 }), row(11, { level: null }), row(12, { level: 3 })];
  await fixture.client.importAndWait("grown", await fixture.files.jsonl("grown-2.jsonl", added));
  const file = await parquet("levels.parquet", [
    { name: "level", type: "INT64", data: [3n, 7n, 2n ** 40n] },
    { name: "price", type: "INT32", data: [30, 70, 1] },
  ]);
  const more = { collectionName: "grown", files: [[file]], newFields: [price], mergeField: "level" };
  const job = await merged({ ...more, destCollectionName: "priced_grown" });
  expect(job).toMatchObject({ status: "SUCCESSFUL", details: { matchedSourceRows: 8, unmatchedFileRows: 1 } });
  const prices = new Map((await rowsOf("priced_grown", ["id", "price"])).map((one) => [Number(one.id), one.price]));
  expect([...prices].sort(([a], [b]) => a - b)).toEqual([
    ...old.map((one) => [one.id, 70]),
    ...[
      [10, 70],
      // A null that comes for a field with a default is that.
      [11, 70],
      [12, 30],
    ],
  ]);
});

it("of rows that are written over and deleted meanwhile, each is there as of one moment", async () => {
  const key = { name: "id", type: DataType.VarChar, maxLength: 20, key: true };
  const version = { name: "version", type: DataType.Int64 };
  await fixture.client.createCollection({ name: "busy", fields: [key, version, vector], shards: 2 });
  const rows = Array.from({ length: 300 }, (_, n) => ({ id: `é${n}`, version: 0, v: [n, 1] }));
  await fixture.client.importAndWait("busy", await fixture.files.jsonl("busy.jsonl", rows));
  const file = await parquet("busy.parquet", [
    { name: "id", type: "STRING", data: rows.map((row) => row.id).reverse() },
    { name: "price", type: "INT32", data: rows.map((_, n) => 299 - n) },
  ]);
  let written = 0;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      const data = rows.map((row) => ({ ...row, version: written + 1 }));
      await post("vectordb/entities/upsert", { collectionName: "busy", data });
      written++;
    }
  })();
  try {
    for (let round = 0; round < 3; round++) {
      const [destCollectionName, before] = [`calm_${round}`, written];
      const more = { collectionName: "busy", destCollectionName, files: [[file]], newFields: [price] };
      const job = await merged(more);
      expect(job).toMatchObject({ status: "SUCCESSFUL", details: { sourceRows: 300, matchedSourceRows: 300 } });
      const found = await rowsOf(destCollectionName, ["id", "version", "price"]);
      expect(found.map((one) => one.price).sort((a, b) => a - b)).toEqual(rows.map((_, n) => n));
      for (const one of found) expect(one.id).toBe(`é${one.price}`);
      const versions = new Set(found.map((one) => Number(one.version)));
      expect([...versions]).toEqual([expect.any(Number)]);
      expect(Math.min(...versions)).toBeGreaterThanOrEqual(before);
    }
  } finally {
    isOver = true;
    await writing;
  }
}, 60_000);

it("files without rows, and without keys, match nothing", async () => {
  await fixture.client.createCollection({ name: "lonely", fields: [id, vector] });
  await fixture.client.importAndWait("lonely", await fixture.files.jsonl("lonely.jsonl", [{ id: 1, v: [0, 1] }]));
  const empty = await parquet("none.parquet", [
    { name: "id", type: "INT64", data: [] },
    { name: "price", type: "INT32", data: [] },
  ]);
  const nulls = await parquet("nulls.parquet", [
    { name: "id", type: "INT64", data: Array.from({ length: 25 }, () => null), nullable: true },
    { name: "price", type: "INT32", data: Array.from({ length: 25 }, () => 1) },
  ]);
  const blank = await fixture.files.write("blank.parquet", "");
  const more = { collectionName: "lonely", files: [[blank], [empty], [nulls]], newFields: [price] };
  const job = await merged({ ...more, destCollectionName: "priced_lonely" });
  const details = { fileRows: 25, nullFileKeys: 25, matchedSourceRows: 0, unmatchedFileRows: 0, destRows: 1 };
  expect(job).toMatchObject({ status: "SUCCESSFUL", details });
  expect(job.warnings.join()).toMatch(/none\.parquet.*no rows/);
  expect(job.warnings).toContainEqual(expect.stringMatching(/blank\.parquet: no rows$/));
  const blanks = await merged({ ...more, files: [[blank]], destCollectionName: "blank_lonely" });
  expect(blanks).toMatchObject({ status: "SUCCESSFUL", details: { fileRows: 0, unmatchedSourceRows: 1, destRows: 1 } });
});

it.each([
  ["DOUBLE" as const, [1.5]],
  ["STRING" as const, ["1"]],
  ["BOOLEAN" as const, [true]],
])("keys of type %s are refused where the field has integers, with file and field", async (type, data) => {
  const name = `odd_${type.toLowerCase()}`;
  await fixture.client.createCollection({ name, fields: [id, vector] });
  await fixture.client.importAndWait(name, await fixture.files.jsonl(`${name}.jsonl`, [{ id: 1, v: [0, 1] }]));
  const file = await parquet(`${name}.parquet`, [
    { name: "id", type, data },
    { name: "price", type: "INT32", data: [1] },
  ]);
  const made = { collectionName: name, destCollectionName: `${name}_made`, files: [[file]], newFields: [price] };
  const job = await merged(made);
  expect(job.status).toBe("FAILED");
  expect(job.reason).toMatch(new RegExp(`${name}\\.parquet`));
  expect(job.reason).toMatch(/'id'/);
});
