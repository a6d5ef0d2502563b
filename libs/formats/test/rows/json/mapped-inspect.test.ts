import { describe, expect, it } from "@jest/globals";
import { inspectGroup } from "@sluice/formats";
import { memoryFile } from "@sluice/object-store/testing";

const rows = Array.from({ length: 30 }, (_, i) => ({
  key: 2 ** 40 + i,
  name: `n${i}`,
  data: { emb: [i, 0.5], tag: i % 3, deep: [{ big: 1n + 2n ** 60n }], none: null },
}));
const text = rows
  .map((row) => JSON.stringify(row, (_, value) => (typeof value === "bigint" ? `#${value}` : value)))
  .join("\n")
  .replaceAll(/"#(\d+)"/g, "$1");

async function look(mapping: object, content = text) {
  const file = await memoryFile("rows.jsonl", Buffer.from(content));
  const options = { fields_mapping: JSON.stringify(mapping) };
  const { schema, columns } = await inspectGroup("jsonl", [file], options, new AbortController().signal);
  const types = schema.fields.map(({ fieldName, dataType }) => `${fieldName} ${dataType}`);
  return { schema, columns, types };
}

describe("what fields_mapping leads to fields", () => {
  it("is proposed under their names, with their indexes", async () => {
    const { schema, columns, types } = await look({ key: "id", "data.emb": "vector", "data.deep[0].big": "large" });
    expect(types).toEqual(["id Int64", "name VarChar", "vector FloatVector", "large Int64"]);
    expect(schema.fields[0]).toMatchObject({ isPrimary: true });
    expect(schema.fields[2].elementTypeParams).toEqual({ dim: "2" });
    expect(schema.indexParams).toMatchObject([{ fieldName: "vector" }]);
    expect(columns).toMatchObject([
      { name: "key", fieldName: "id" },
      { name: "name" },
      { name: "data.emb", fieldName: "vector", type: "list<integer | number>", dim: 2 },
      { name: "data.deep[0].big", fieldName: "large" },
    ]);
  });

  it("is left out where nobody wants it, and where nothing lies at the path", async () => {
    const { types, schema } = await look({ name: null, "data.none": "a", "data.absent.b": "b" });
    expect(types).toEqual(["key Int64"]);
    expect(schema.unsupported.map(({ column }) => column)).toEqual(["a", "b"]);
  });

  it("is a vector where lists of integers have one length and the field is called so", async () => {
    const lists = '{"key":1,"point":[1,2],"uneven":[1,2]}\n{"key":2,"point":[3,4],"uneven":[1]}\n';
    const { types } = await look({ point: "vector", uneven: "embedding" }, lists);
    expect(types).toEqual(["key Int64", "vector FloatVector", "embedding Array"]);
  });

  it("is the dynamic field's where it is mapped to that", async () => {
    const { types, schema } = await look({ data: "$meta" });
    expect([types, schema.enableDynamicField]).toEqual([["key Int64", "name VarChar"], true]);
  });

  it("is found in a document, whose rows lie where the mapping leads", async () => {
    const docs = rows.slice(0, 3).map(({ name, data: { emb } }) => ({ id: name, doc: { emb, big: 7 } }));
    const answer = JSON.stringify({ took: 1, page: { total: 3, docs }, more: false });
    const { types, columns } = await look({ "page.docs.doc.emb": "vector", "page.docs.id": "key" }, answer);
    expect(types).toEqual(["key VarChar", "vector FloatVector"]);
    expect(columns.map(({ name }) => name)).toEqual(["id", "page.docs.doc.emb"]);
  });

  it("is not proposed as what its text says in another form", async () => {
    const { types } = await look({ name: { field: "vector", as: "base64" } });
    expect(types).toEqual(["key Int64", "data JSON"]);
  });

  it("is nothing in a file without rows, which is said", async () => {
    await expect(look({}, "")).rejects.toThrow("the file has no rows");
  });
});
