import { describe, expect, it, test } from "@jest/globals";
import { compareRows, parseOrderBy } from "@sluice/query";
import { columnsOf, everyKind } from "./collection.ts";

const rows = [
  { i64: 2n, s: "\uFFFD", d: 0.5, i8: -1, flag: true, f: 1 },
  { i64: 2n, s: "\u{10000}", d: -0.5, i8: 1, flag: false, f: 3 },
  { i64: null, s: "a", d: 2, i8: 0, flag: null, f: null },
  { i64: -(2n ** 63n), s: null, d: null, i8: null, flag: true, f: 2 },
];
const ten = { limit: 10, offset: 0 };
const params = (text: string) => new Map([["order_by_fields", text]]);

describe("places in JSON", () => {
  const values = ["3", "2.5", '"b"', "true", undefined, "null", "9007199254740993", '"a"', "9007199254740992"];
  const cells = values.map((value) => ({
    j: value === undefined ? "{}" : `{"n":${value}}`,
    $meta: `{"k":${value ?? 0}}`,
  }));
  const schema = { fields: everyKind.fields, json: { ...everyKind, enableDynamicField: true } };
  const sorted = (text: string) => {
    const columns = columnsOf(everyKind, cells);
    const compare = compareRows(parseOrderBy(params(text), schema), everyKind);
    const rowsOfAll = cells.map((_, row) => ({ columns, row }));
    return rowsOfAll.sort(compare).map(({ row }) => row);
  };

  it("put truth values before numbers, these before texts; what is missing is null", () => {
    expect(sorted('j["n"]')).toEqual([3, 1, 0, 8, 6, 7, 2, 4, 5]);
    expect(sorted('j["n"]:desc')).toEqual([4, 5, 2, 7, 6, 8, 0, 1, 3]);
    expect(sorted("k")).toEqual([3, 4, 1, 0, 8, 6, 7, 2, 5]);
    expect(() => parseOrderBy(params("j"), schema)).toThrow('(name a place in it: j["key"])');
  });

  it("are of searches alone", () => {
    expect(() => parseOrderBy(params('j["n"]'), everyKind, ten)).toThrow("not exist");
  });
});

describe("order_by_fields", () => {
  test.each<[text: string, order: string]>([
    ["i64", "3012"],
    ["i64:asc:nulls_first", "2301"],
    ["i64:desc", "2013"],
    ["i64:desc:nulls_last", "0132"],
    ["i64:nulls_first", "2301"],
    [" i64 , s : DESC ", "3102"],
    ["s", "2013"],
    ["d", "1023"],
    ["i8:desc", "3120"],
    ["flag,f:desc", "1302"],
    ["f", "0312"],
  ])("%s", (text, order) => {
    const columns = columnsOf(everyKind, rows);
    const compare = compareRows(parseOrderBy(params(text), everyKind, ten), everyKind);
    const sorted = rows.map((_, row) => ({ columns, row })).sort(compare);
    expect(sorted.map(({ row }) => row).join("")).toBe(order);
  });

  it("is optional", () => {
    expect(parseOrderBy(new Map(), everyKind, { limit: undefined, offset: 0 })).toEqual([]);
  });

  test.each<[text: string, cause: string]>([
    ["color", "field color not exist: invalid parameter"],
    ["j", "order by field j has unsupported data type JSON: invalid parameter"],
    ["vec", "order by field vec has unsupported data type FloatVector: invalid parameter"],
    [
      "i64:up",
      "order_by_fields [i64:up] is invalid, expected field[:asc|desc][:nulls_first|nulls_last]: invalid parameter",
    ],
    ["i64,", "field  not exist: invalid parameter"],
  ])("%s is refused", (text, cause) => {
    expect(() => parseOrderBy(params(text), everyKind, ten)).toThrow(
      expect.objectContaining({ code: 1100, message: cause }),
    );
  });

  it("needs a limit", () => {
    expect(() => parseOrderBy(params("i64"), everyKind, { limit: undefined, offset: 0 })).toThrow(
      "ORDER BY requires explicit limit",
    );
  });
});
