import { describe, expect, it, test } from "@jest/globals";
import { checkQuery, compileFilter, parseQueryWindow, resolveOutputFields } from "@sluice/query";
import { DataType } from "@sluice/schema";
import { collection, everyKind, field, fixedFields } from "./collection.ts";

const id = field("id", DataType.Int64, { isPrimaryKey: true, nullable: false });
const books = collection(
  [
    field("title", DataType.VarChar),
    id,
    field("meta", DataType.JSON),
    field("vec", DataType.FloatVector, { dim: 4 }),
    field("bm25", DataType.SparseFloatVector, { isFunctionOutput: true }),
    field("embedded", DataType.FloatVector, { dim: 4, isFunctionOutput: true }),
    field("clips[caption]", DataType.Array, { elementType: DataType.VarChar }),
    field("clips[vector]", DataType.ArrayOfVector, { elementType: DataType.FloatVector, dim: 4 }),
    field("$meta", DataType.JSON, { isDynamic: true }),
  ],
  { structs: [{ fieldId: 120, name: "clips", nullable: false, maxCapacity: 5, members: ["caption", "vector"] }] },
);

/** `fields/structs/names/keys` by name. */
function plan(names: readonly string[], schema = books, options = {}): string {
  const output = resolveOutputFields(names, schema, options);
  const fields = output.fields.map((index) => schema.fields[index].name);
  const structs = output.structs.map((struct) => `${struct.name}[${struct.members}]`);
  return [fields, structs, output.names, output.dynamicKeys ?? ["-"]].map((list) => list.join(" ")).join("/");
}

describe("§4.1 output fields", () => {
  test.each<[names: string[], result: string]>([
    [[], "id//id/-"],
    [["title"], "title id//title id/-"],
    [[" title ", "title", "id"], "title id//title id/-"],
    [["*"], "title id meta vec embedded $meta/clips[caption,vector]/title id meta vec embedded clips $meta/-"],
    [["vec", "*"], "vec title id meta embedded $meta/clips[caption,vector]/vec title id meta embedded clips $meta/-"],
    [["color"], "$meta id//color id/color"],
    [["color", '$meta["my-key"]', "$meta['color']"], "$meta id//color my-key id/color my-key"],
    [["$meta"], "$meta id//$meta id/-"],
    [["color", "$meta"], "$meta id//color $meta id/-"],
    [["clips"], "id/clips[caption,vector]/clips id/-"],
    [["clips[vector]"], "id/clips[vector]/clips id/-"],
    [["embedded"], "embedded id//embedded id/-"],
  ])("%j", (names, result) => {
    expect(plan(names)).toBe(result);
  });

  it("adds the primary key to a search's answer only when it is named", () => {
    const options = { withPrimaryKey: false };
    expect(plan([], books, options)).toBe("///-");
    expect(plan(["title"], books, options)).toBe("title//title/-");
    expect(plan(["*"], collection([id]), options)).toBe("id//id/-");
  });

  it.each(["count(*)", "COUNT(*)", " Count ( * ) "])("%s counts", (name) => {
    expect(resolveOutputFields([name], books)).toEqual({
      isCount: true,
      fields: [],
      structs: [],
      names: ["count(*)"],
      dynamicKeys: undefined,
    });
  });

  test.each<[name: string, cause: string]>([
    ["bm25", "not allowed to retrieve raw data of field bm25: invalid parameter"],
    ['$meta["a"]["b"]', 'parse output field name failed: $meta["a"]["b"]: invalid parameter'],
    ['meta["a"]', 'parse output field name failed: meta["a"]: invalid parameter'],
    ['color["a"]', 'parse output field name failed: color["a"]: invalid parameter'],
    ["a b", "parse output field name failed: a b: invalid parameter"],
    ["", "parse output field name failed: : invalid parameter"],
    ["in", "parse output field name failed: in: invalid parameter"],
    ["my-key", "parse output field name failed: my-key: invalid parameter"],
    [
      "sum(price)",
      "aggregates are not supported in search request or export, only in queries: sum(price): invalid parameter",
    ],
    [
      "count(id)",
      "aggregates are not supported in search request or export, only in queries: count(id): invalid parameter",
    ],
  ])("%s is refused", (name, cause) => {
    expect(() => resolveOutputFields([name], books)).toThrow(expect.objectContaining({ code: 1100, message: cause }));
  });

  it("refuses unknown names without dynamic fields", () => {
    expect(() => resolveOutputFields(["color"], fixedFields)).toThrow("field color not exist: invalid parameter");
    expect(() => resolveOutputFields(["$meta"], fixedFields)).toThrow("field $meta not exist: invalid parameter");
  });
});

describe("§4.2 limit and offset", () => {
  test.each<[limit: string | undefined, offset: string | undefined, result: [number | undefined, number]]>([
    [undefined, undefined, [undefined, 0]],
    [undefined, "5", [undefined, 0]],
    ["10", undefined, [10, 0]],
    ["10", "5", [10, 5]],
    ["16384", "0", [16384, 0]],
    ["1", "16383", [1, 16383]],
  ])("limit %s, offset %s", (limit, offset, [wanted, skipped]) => {
    expect(parseQueryWindow(params({ limit, offset }))).toEqual({ limit: wanted, offset: skipped });
  });

  test.each<[limit: string, offset: string | undefined, cause: string]>([
    ["x", undefined, "limit [x] is invalid"],
    ["1.5", undefined, "limit [1.5] is invalid"],
    ["1", "x", "offset [x] is invalid"],
    ["0", undefined, "invalid max query result window, limit [0] is invalid, should be greater than 0"],
    ["-1", undefined, "invalid max query result window, limit [-1] is invalid, should be greater than 0"],
    ["1", "-1", "invalid max query result window, offset [-1] is invalid, should be gte than 0"],
    ["67890", "10", "invalid max query result window, (offset+limit) should be in range [1, 16384], but got 67900"],
  ])("limit %s, offset %s is refused", (limit, offset, cause) => {
    expect(() => parseQueryWindow(params({ limit, offset }))).toThrow(
      expect.objectContaining({ code: 1100, message: `${cause}: invalid parameter` }),
    );
  });

  it("takes another window for collections with large results", () => {
    expect(parseQueryWindow(params({ limit: "67890" }), 1_000_000).limit).toBe(67890);
  });

  it("surprise 10: an expression that is always true needs a limit, except with count(*)", () => {
    const [always, some] = [compileFilter(" ", everyKind), compileFilter("i64 == 1", everyKind)];
    const [rows, count] = [resolveOutputFields(["id"], everyKind), resolveOutputFields(["count(*)"], everyKind)];
    const [all, ten] = [
      { limit: undefined, offset: 0 },
      { limit: 10, offset: 0 },
    ];
    expect(() => checkQuery(always, rows, all, undefined)).toThrow(
      "empty expression should be used with limit: invalid parameter",
    );
    expect(() => checkQuery(always, count, ten, undefined)).toThrow(
      "count entities with pagination is not allowed: invalid parameter",
    );
    for (const [filter, output, window] of [
      [always, rows, ten],
      [some, rows, all],
      [always, count, all],
    ] as const) {
      expect(() => checkQuery(filter, output, window, undefined)).not.toThrow();
    }
  });
});

function params(values: Record<string, string | undefined>): Map<string, string> {
  return new Map(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

describe("pruning", () => {
  const schema = collection([id, field("key", DataType.VarChar), field("n", DataType.Int32)]);
  test.each<[text: string, candidates: unknown]>([
    ["id == 5", [5n]],
    ["id in [1, 2]", [1n, 2n]],
    ["5 == id and n > 1", [5n]],
    ["id in [1, 2, 3] and id in [2, 3]", [2n, 3n]],
    ["id == 1 or id == 2", [1n, 2n]],
    ["(id == 1 and n == 1) or (id == 2 and n == 2)", [1n, 2n]],
    ["id == 1 or n == 2", undefined],
    ["not (id == 1)", undefined],
    ["id + 1 == 3", [2n]],
    ["id > 1", undefined],
    ["false", []],
    ["", undefined],
  ])("keys of %s", (text, candidates) => {
    const { primaryKeyCandidates: keys } = compileFilter(text, schema);
    expect(keys && [...keys]).toEqual(candidates);
  });

  test.each<[text: string, range: unknown]>([
    ["id > 5", { low: 6n, high: undefined }],
    ["(n == 1) and id > 5 and id <= 9", { low: 6n, high: 9n }],
    ["id in [7, 3, 5]", { low: 3n, high: 7n }],
    ["id == 1 or id == 4", { low: 1n, high: 4n }],
    ["n > 5", undefined],
  ])("range of %s", (text, range) => {
    expect(compileFilter(text, schema).primaryKeyRange).toEqual(range);
  });

  it("gives candidates of any field, for partition keys", () => {
    expect(compileFilter("key in ['a', 'b'] and id > 3", schema).candidates(1)).toEqual(["a", "b"]);
    expect(compileFilter("key == 'a' or key == 'b'", schema).candidates(1)).toEqual(["a", "b"]);
    expect(compileFilter("key like 'a%'", schema).candidates(1)).toBeUndefined();
  });

  it("bounds string keys by bytes", () => {
    const strings = collection([field("key", DataType.VarChar, { isPrimaryKey: true })]);
    expect(compileFilter("'b' < key <= 'c'", strings).primaryKeyRange).toEqual({ low: "b", high: "c" });
    expect(compileFilter('key in ["\uFFFD", "\u{10000}"]', strings).primaryKeyRange).toEqual({
      low: "\uFFFD",
      high: "\u{10000}",
    });
  });
});
