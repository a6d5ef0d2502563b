import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { field, idField, openDdl, outcome, pairs, type TestDdl, vectorField } from "./harness.ts";

const schema = {
  fields: [
    idField(),
    vectorField(),
    field({ name: "n", dataType: DataType.Int32 }),
    field({ name: "j", dataType: DataType.JSON }),
  ],
  structArrayFields: [
    {
      name: "s",
      typeParams: pairs({ max_capacity: "4" }),
      fields: [
        {
          name: "w",
          dataType: DataType.ArrayOfVector,
          elementType: DataType.FloatVector,
          typeParams: pairs({ dim: "4" }),
        },
      ],
    },
  ],
};

async function openIndexes(): Promise<
  TestDdl & { index: (fieldName: string, indexName?: string, params?: Record<string, string>) => Promise<string> }
> {
  const ddl = await openDdl({
    rowCounts: async (id) => ({
      rows: 107n,
      partitions: new Map([
        [id + 1n, 7n],
        [4n, 100n],
      ]),
    }),
  });
  await ddl.create("c", schema);
  const index = (fieldName: string, indexName = "", params: Record<string, string> = {}) =>
    outcome(ddl.call("createIndex", { collectionName: "c", fieldName, indexName, extraParams: pairs(params) }));
  return { ...ddl, index };
}

describe("indexes", () => {
  it("are described as they were sent, finished, over the visible rows of partitions that are there", async () => {
    const ddl = await openIndexes();
    await ddl.index("v", "", { metric_type: "L2", index_type: "HNSW", params: '{"M": 16}' });
    const { indexDescriptions } = await ddl.call("describeIndex", { collectionName: "c" });
    expect(indexDescriptions).toEqual([
      {
        indexName: "v",
        indexID: expect.any(BigInt),
        fieldName: "v",
        params: pairs({ metric_type: "L2", index_type: "HNSW", params: '{"M": 16}' }),
        indexedRows: 7n,
        totalRows: 7n,
        pendingIndexRows: 0n,
        state: 3,
        indexStateFailReason: "",
        minIndexVersion: 0,
        maxIndexVersion: 0,
      },
    ]);
  });

  it("are found by name, by field, or all", async () => {
    const ddl = await openIndexes();
    await ddl.index("v", "vector_idx");
    await ddl.index("n");
    await ddl.index("s[w]", "sub_vec_idx", { metric_type: "COSINE" });
    const names = async (request: { indexName?: string; fieldName?: string }) =>
      (await ddl.call("describeIndex", { collectionName: "c", ...request })).indexDescriptions.map(
        (entry) => entry.indexName,
      );
    expect(await names({})).toEqual(["vector_idx", "n", "sub_vec_idx"]);
    expect(await names({ indexName: "vector_idx" })).toEqual(["vector_idx"]);
    expect(await names({ fieldName: "s[w]" })).toEqual(["sub_vec_idx"]);
    expect(await outcome(names({ indexName: "x" }))).toBe("700 index not found[indexName=x]");
    expect(await outcome(names({ fieldName: "id" }))).toBe("700 index not found[indexName=id]");
  });

  it("none at all: 700", async () => {
    const ddl = await openIndexes();
    const describeIndex = (collectionName: string) => outcome(ddl.call("describeIndex", { collectionName }));
    expect(await describeIndex("c")).toBe("700 index not found[collection=c]");
    expect(await describeIndex("x")).toContain("100 ");
  });

  it("the same again succeeds in either form, another one on the field is refused", async () => {
    const ddl = await openIndexes();
    expect(await ddl.index("v", "", { index_type: "HNSW", metric_type: "L2", params: '{"M": 16}' })).toBe("ok");
    expect(await ddl.index("v", "v", { index_type: "HNSW", metric_type: "L2", M: "16" })).toBe("ok");
    expect(await ddl.index("v", "", { index_type: "HNSW", metric_type: "L2", M: "8" })).toBe(
      "1100 CreateIndex failed: at most one distinct index is allowed per field: invalid parameter",
    );
    expect(await ddl.index("n", "v")).toContain("at most one distinct index is allowed per field");
    expect(await ddl.index("v", "other", { index_type: "HNSW", metric_type: "L2", M: "16" })).toBe(
      "1100 CreateIndex failed: creating multiple indexes on same field is not supported: invalid parameter",
    );
    expect((await ddl.call("describeIndex", { collectionName: "c" })).indexDescriptions).toHaveLength(1);
  });

  it("a JSON field has one for each path", async () => {
    const ddl = await openIndexes();
    const params = { index_type: "INVERTED", json_cast_type: "double" };
    expect(await ddl.index("j", "a", { ...params, json_path: 'j["a"]' })).toBe("ok");
    expect(await ddl.index("j", "b", { ...params, json_path: 'j["b"]' })).toBe("ok");
    expect(await ddl.index("j", "c", { ...params, json_path: 'j["b"]' })).toContain(
      "creating multiple indexes on same field",
    );
  });

  it("refuse fields and names that cannot be", async () => {
    const ddl = await openIndexes();
    expect(await ddl.index("x")).toBe("1100 cannot create index on non-exist field: x: invalid parameter");
    expect(await ddl.index("w")).toContain("non-exist field: w");
    expect(await ddl.index("v", "1x")).toContain("1100 Invalid index name: 1x. The first character of a index name");
    expect(await ddl.index("v", "", { index_type: "X" })).toContain("1100 invalid index type: X");
  });

  it("are dropped by name or field, also when they are not there; a vector's not while loaded", async () => {
    const ddl = await openIndexes();
    await ddl.index("v", "vector_idx");
    await ddl.index("n");
    const drop = (request: { indexName?: string; fieldName?: string }) =>
      outcome(ddl.call("dropIndex", { collectionName: "c", ...request }));
    expect(await drop({ indexName: "x" })).toBe("ok");
    await ddl.call("loadCollection", { collectionName: "c" });
    expect(await drop({ indexName: "vector_idx" })).toContain(
      "1100 vector index cannot be dropped on loaded collection: ",
    );
    expect(await drop({ fieldName: "n" })).toBe("ok");
    await ddl.call("releaseCollection", { collectionName: "c" });
    expect(await drop({ fieldName: "v", indexName: "vector_idx" })).toBe("ok");
    expect(await outcome(ddl.call("describeIndex", { collectionName: "c" }))).toContain("700 ");
    expect(await drop({ indexName: "vector_idx" })).toBe("ok");
  });
});
