import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { milvusLiteFormat } from "../../src/stores/milvus-lite/index.ts";
import { readFiles, refusal, sourcesOf } from "../arrays/array-files.ts";
import { expected, type Files, filesOf } from "./store-files.ts";

const schema = {
  ...collection([
    field("id", DataType.Int64, { isPrimaryKey: true }),
    field("v", DataType.FloatVector, { dim: 4 }),
    field("title", DataType.VarChar, { maxLength: 100, nullable: true }),
    field("facts", DataType.JSON),
    field("words", DataType.SparseFloatVector),
    field("$meta", DataType.JSON, { isDynamic: true }),
  ]),
  enableDynamicField: true,
};
const texts = {
  ...collection([
    field("id", DataType.VarChar, { isPrimaryKey: true, maxLength: 20 }),
    field("vector", DataType.FloatVector, { dim: 3 }),
    field("$meta", DataType.JSON, { isDynamic: true }),
  ]),
  enableDynamicField: true,
};

/** A row as Milvus Lite gives it, in the form of ours. */
function wanted({ id, v, title, facts, words, vector, ...meta }: Record<string, unknown>): Record<string, unknown> {
  if (vector) return { id, vector, $meta: meta };
  const pairs = Object.entries(words as Record<string, number>).sort(([a], [b]) => Number(a) - Number(b));
  const sparse = { indices: pairs.map(([index]) => Number(index)), values: pairs.map(([, value]) => value) };
  return { id, v, title, facts, words: sparse, $meta: meta };
}

const byId = (a: Record<string, unknown>, b: Record<string, unknown>) =>
  `${a.id}`.localeCompare(`${b.id}`, undefined, { numeric: true });

describe.each(["milvus-lite.db", "milvus-lite-open.db"])("%s", (store) => {
  const files = filesOf(store);

  it("gives what a query gives: the newest row of each key, without the deleted", async () => {
    for (const [table, of] of [
      ["docs", schema],
      ["texts", texts],
    ] as const) {
      const rowsOf = (options: object) =>
        readFiles(milvusLiteFormat, files, { schema: of, options: { table, ...options } });
      const { rows, warnings } = await rowsOf({});
      expect([...rows].sort(byId)).toEqual(expected[`milvus-lite.db/${table}`].map(wanted).sort(byId));
      expect((await rowsOf({ preset: "milvus-lite" })).rows).toEqual(rows);
      if (table === "docs")
        expect(warnings).toContainEqual(expect.stringContaining("rows were left out, being deleted or replaced"));
    }
  });

  it("is described, once a collection is chosen", async () => {
    const sources = await sourcesOf(files);
    const signal = new AbortController().signal;
    const { columns } = await milvusLiteFormat.describe(sources, signal, { table: "docs" });
    expect(columns.map(({ name, dataType, dim }) => [name, dataType, dim])).toEqual([
      ["id", DataType.Int64, undefined],
      ["v", DataType.FloatVector, 4],
      ["title", DataType.VarChar, undefined],
      ["facts", DataType.JSON, undefined],
      ["words", DataType.SparseFloatVector, undefined],
      ["$meta", DataType.JSON, undefined],
    ]);
    expect((await refusal(milvusLiteFormat, files)).reason).toContain("choose one by the option table: [docs, texts]");
  });
});

describe("a folder of Milvus Lite", () => {
  const files = filesOf("milvus-lite.db");
  const options = { table: "docs" };

  it("without a file that its manifest names is refused with it", async () => {
    const path = Object.keys(files).find((name) => name.includes("docs") && name.includes("/data/")) ?? "";
    const { [path]: _, ...rest } = files;
    const error = await refusal(milvusLiteFormat, rest, { schema, options });
    expect(error.reason).toMatch(/a file of the collection is not there: partitions\/.*parquet/);
  });

  it("with a damaged file is refused with it", async () => {
    const changed = (end: string, change: (bytes: Uint8Array) => Uint8Array): Files =>
      Object.fromEntries(
        Object.entries(files).map(([path, bytes]) => [path, path.endsWith(end) ? change(bytes) : bytes]),
      );
    const note = await refusal(
      milvusLiteFormat,
      changed("docs/manifest.json", () => Buffer.from("{")),
      { schema, options },
    );
    expect(note.message).toContain("the note is no JSON object");
    const nameless = await refusal(
      milvusLiteFormat,
      changed("docs/schema.json", () => Buffer.from('{"fields":[{}]}')),
      { schema, options },
    );
    expect(nameless.reason).toContain("a field without name and type");
    const cut = changed("_000020.parquet", (bytes) => bytes.subarray(0, 300));
    expect((await refusal(milvusLiteFormat, cut, { schema, options })).at?.file).toMatch(/000020\.parquet$/);
  });

  it("puts bad rows aside, and no deleted ones", async () => {
    const narrow = {
      ...schema,
      fields: schema.fields.map((one) => (one.name === "title" ? { ...one, maxLength: 2 } : one)),
    };
    const { rows, rejected } = await readFiles(milvusLiteFormat, files, { schema: narrow, options, goesOn: true });
    const long = expected["milvus-lite.db/docs"].filter(({ title }) => `${title ?? ""}`.length > 2);
    expect(rejected).toHaveLength(long.length);
    expect(rows).toHaveLength(expected["milvus-lite.db/docs"].length - long.length);
    expect(rejected[0].at?.field).toBe("title");
  });
});
