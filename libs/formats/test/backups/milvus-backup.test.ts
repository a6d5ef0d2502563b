import { describe, expect, it } from "@jest/globals";
import { backupCollections, backupFieldIds } from "@sluice/formats";

/** The meta of one collection, ids as Go writes them. */
function metaOf(schema: object, more: object = {}): string {
  const collection = { collection_id: 1, collection_name: "books", schema, ...more };
  return JSON.stringify({ collection_backups: [collection] });
}

const collectionOf = (text: string) => backupCollections([{ path: "meta/full_meta.json", text }])[0];
const field = (fieldID: number, name: string, more: object = {}) => ({ fieldID, name, data_type: 5, ...more });

describe("the meta of milvus-backup", () => {
  it("keeps ids beyond 2^53, and what is left out is empty", () => {
    const text = metaOf({ fields: [] }, { partition_backups: [{ partition_id: 0 }] }).replace('"partition_id":0', '"partition_id":470661552142696447'); // biome-ignore format: one line
    expect(collectionOf(text)).toMatchObject({
      dbName: "default",
      partitions: [{ id: "470661552142696447", segments: [] }],
      indexes: [],
      isLoaded: false,
    });
  });

  it("has fields in the order of their ids, with defaults as they are serialized", () => {
    const schema = { fields: [field(101, "b", { default_value_base64: "GAU=", nullable: true }), field(100, "a")] };
    const [a, b] = collectionOf(metaOf(schema)).fields;
    expect([a.name, b.name, b.nullable, b.defaultValue]).toEqual(["a", "b", true, Uint8Array.of(0x18, 5)]);
  });

  it.each([
    ["behind the others", [field(100, "a"), field(101, "b")], { a: 100, b: 101, $meta: 102 }],
    ["before one that was added later", [field(100, "a"), field(102, "b")], { a: 100, b: 102, $meta: 101 }],
    ["as the backup says", [field(100, "a"), field(105, "$meta", { is_dynamic: true })], { a: 100, $meta: 105 }],
  ])("has the dynamic field %s", (_where, fields, ids) => {
    expect(backupFieldIds(collectionOf(metaOf({ fields, enable_dynamic_field: true })))).toEqual(ids);
  });

  it("has members of struct arrays under their struct", () => {
    const struct = { fieldID: 101, name: "s", fields: [field(102, "s[x]"), field(103, "y")] };
    const collection = collectionOf(metaOf({ fields: [field(100, "a")], struct_array_fields: [struct] }));
    expect(backupFieldIds(collection)).toEqual({ a: 100, "s[x]": 102, "s[y]": 103 });
  });

  it.each([
    [{}, 0],
    [{ rbac_meta: {} }, 0],
    [{ rbac_meta: { users: [], roles: [{ name: "reader" }] } }, 1],
    [{ rbac_meta: { users: [{ user: "ann" }] } }, 1],
  ])("tells that users and roles stay where they are: %j", (more, notes) => {
    const text = JSON.stringify({ ...JSON.parse(metaOf({ fields: [] })), ...more });
    expect(collectionOf(text).notes).toEqual(
      Array(notes).fill(expect.stringMatching(/^users, roles and grants .*--rbac$/)),
    );
  });

  it("has its functions", () => {
    const fields = [field(100, "a"), field(101, "sparse", { is_function_output: true })];
    const bm25 = { name: "f", type: 1, input_field_names: ["a"], output_field_names: ["sparse"] };
    const { functions } = collectionOf(metaOf({ fields, functions: [bm25] }));
    expect(functions).toEqual([
      { name: "f", description: "", type: 1, inputFieldNames: ["a"], outputFieldNames: ["sparse"], params: [] },
    ]);
  });

  it.each([
    ["[]", "no JSON object"],
    ['{"collection_backups":[{"collection_id":"x"}]}', 'collection_id is "x", no number'],
    [metaOf({ fields: [field(100, "a"), field(100, "b")] }), "two fields with the id 100"],
    [
      metaOf(
        {},
        {
          partition_backups: [
            { partition_id: 1, partition_name: "a" },
            { partition_id: 2, partition_name: "a" },
          ],
        },
      ),
      "two partitions with the name a",
    ],
    [metaOf({}, { shards_num: "two" }), 'shards_num is "two", no number'],
    ['{"database_backups":[{"ezk":"a"}]}', "the backup is encrypted"],
  ])("%s is refused with the file", (text, reason) => {
    expect(() => collectionOf(text)).toThrow(reason);
    expect(() => collectionOf(text)).toThrow("meta/full_meta.json");
  });
});
