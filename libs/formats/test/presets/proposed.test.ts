import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { inspectGroup } from "@sluice/formats";
import { readFixtureFolder } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";

// Which collection is proposed for files that a preset reads: what `sluice import --create --preset` makes.

const fixtures = join(import.meta.dirname, "../../../../test/fixtures/presets");
const { cases } = readFixtureFolder(fixtures);
const signal = new AbortController().signal;

async function inspect(format: string, files: readonly (readonly [name: string, bytes: Buffer])[], options: object) {
  const opened = await Promise.all(files.map(([name, bytes]) => memoryFile(name, bytes)));
  return inspectGroup(format, opened, options as Readonly<Record<string, string>>, signal);
}

type Schema = Awaited<ReturnType<typeof inspect>>["schema"];

/** `id VarChar key, vector FloatVector 3 + $meta` */
function textOf({ fields, enableDynamicField, autoId }: Schema): string {
  const texts = fields.map(({ fieldName, dataType, isPrimary, elementTypeParams = {} }) =>
    [fieldName, dataType, isPrimary && (autoId ? "automatic key" : "key"), elementTypeParams.dim]
      .filter(Boolean)
      .join(" "),
  );
  return `${texts.join(", ")}${enableDynamicField ? " + $meta" : ""}`;
}

const proposed: Readonly<Record<string, string>> = {
  "pinecone.parquet": "id VarChar key, vector FloatVector 3, sparse_vector SparseFloatVector + $meta",
  "pinecone.jsonl": "id VarChar key, vector FloatVector 3, sparse_vector SparseFloatVector + $meta",
  "vdf.parquet": "id VarChar key, vector FloatVector 3, title VarChar, year Int64",
  "weaviate.parquet": "id VarChar key + $meta",
  "qdrant.parquet": "id VarChar key, vector FloatVector 3 + $meta",
  "vectordbbench.parquet": "id Int64 key, vector FloatVector 3",
  "elasticsearch.json": "id VarChar key, title VarChar, vector FloatVector 3, tags Array + $meta",
  "mongodb.json": "id VarChar key, title VarChar, vector FloatVector 3",
  "openai-batch.jsonl": "id VarChar key, vector FloatVector 3",
  "vespa.jsonl": "id VarChar key, title VarChar, vector FloatVector 3 + $meta",
  "../hdf5/ann-dense.h5": "id Int64 automatic key, vector FloatVector 8",
  "pgvector.csv": "key Int64 key, title VarChar, emb FloatVector 3, words VarChar",
  "../stores/milvus-lite-2.db": "id VarChar key, vector FloatVector 2 + $meta",
};

test.each(Object.entries(proposed))("%s is a collection by its preset", async (name, text) => {
  const { type, files, options } = cases.find((known) => known.files[0] === name && known.options?.preset) as never as {
    type: string;
    files: readonly string[];
    options: object;
  };
  const bytes = files.map((file) => [file, readFileSync(join(fixtures, file))] as const);
  const { schema, faults } = await inspect(type, bytes, options);
  expect([textOf(schema), faults]).toEqual([text, []]);
});

const json = (rows: readonly object[], options: object) =>
  inspect("jsonl", [["t.jsonl", Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n"))]], options);

test("what the request maps counts, and the preset says nothing of it", async () => {
  const rows = [1, 2].map((id) => ({ id, vector: { image: [0.5, id], text: [1.5, id] }, payload: { lang: "en" } }));
  const mapping = JSON.stringify({ "vector.image": "image", id: null });
  const { schema } = await json(rows, { preset: "qdrant", fields_mapping: mapping });
  expect(textOf(schema)).toBe("id Int64 automatic key, image FloatVector 2 + $meta");
});

test("a column keeps its name where another one is called as its role", async () => {
  const rows = [1, 2].map((id) => ({ _id: `a${id}`, _source: { id, emb: [0.5, id], "no name": 1 } }));
  const { schema } = await json(rows, { preset: "elasticsearch" });
  expect(textOf(schema)).toBe("_id VarChar key, id Int64, emb FloatVector 2 + $meta");
});

test("values that MongoDB has wrapped are what they stand for", async () => {
  const rows = [1, 2].map((n) => ({
    ...{
      _id: { $oid: `65f1a0000000000000000${n}` },
      n: { $numberLong: String(n) },
      at: { $date: { $numberLong: "0" } },
    },
    ...{ emb: [n, 0.5], x: { $numberDouble: "0.5" }, sub: { a: 1 }, __v: 0 },
  }));
  const { schema } = await json(rows, { preset: "mongodb" });
  expect(textOf(schema)).toBe("id VarChar key, n Int64, at VarChar, emb FloatVector 2, x Double, sub JSON");
});

test("vectors whose numbers MongoDB has wrapped one by one are vectors", async () => {
  const rows = [1, 2].map((n) => ({
    ...{ _id: { $oid: `65f1a0000000000000000${n}` }, emb: [{ $numberDouble: "0.5" }, { $numberDouble: `${n}.25` }] },
    ...{
      years: [{ $numberInt: "1999" }],
      deep: { at: { $numberLong: "5" } },
      wide: { $numberLong: "9007199254740993" },
    },
  }));
  const { schema, sample, faults } = await json(rows, { preset: "mongodb" });
  expect(textOf(schema)).toBe("id VarChar key, emb FloatVector 2, years Array, deep JSON, wide Int64");
  expect([sample[0], faults]).toEqual([
    expect.objectContaining({ emb: [0.5, 1.25], years: [1999], deep: { at: 5 }, wide: "9007199254740993" }),
    [],
  ]);
});

test("files that have nothing of what a preset knows are of another kind", async () => {
  const bulk = [{ index: { _index: "books", _id: "a" } }, { title: "One", vector: [0.5, 1] }];
  await expect(json(bulk, { preset: "elasticsearch" })).rejects.toMatchObject({
    code: "request_invalid",
    reason:
      "options.preset: the files have nothing of what the preset looks for ('_id', '_source.*'), but 'index', 'title', 'vector': they are of another kind, which docs/presets may name, or want no preset",
  });
  const { schema } = await json([{ id: 1, vector: [0.5, 1] }], { preset: "huggingface" });
  expect(textOf(schema)).toBe("id Int64 key, vector FloatVector 2");
});

test("base64 of several lengths is no vector", async () => {
  const rows = [4, 8].map((size) => ({
    ...{ custom_id: `c${size}`, response: { body: { data: [{ embedding: Buffer.alloc(size).toString("base64") }] } } },
  }));
  const { schema } = await json(rows, { preset: "openai-batch" });
  expect(textOf(schema)).toBe("id VarChar key, vector VarChar");
});
