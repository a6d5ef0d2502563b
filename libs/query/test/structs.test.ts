import { describe, expect, it, test } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { collection, field, refusal, truth } from "./collection.ts";

const member = (name: string, elementType: DataType) => field(`p[${name}]`, DataType.Array, { elementType });
const schema = collection(
  [
    field("id", DataType.Int64, { isPrimaryKey: true, nullable: false }),
    member("tag", DataType.VarChar),
    member("n", DataType.Int64),
    member("ok", DataType.Bool),
    member("small", DataType.Int8),
    member("f", DataType.Float),
    field("p[v]", DataType.ArrayOfVector, { elementType: DataType.FloatVector, dim: 2 }),
    field("$meta", DataType.JSON, { isDynamic: true, nullable: false }),
  ],
  {
    enableDynamicField: true,
    structs: [
      { fieldId: 90, name: "p", nullable: true, maxCapacity: 9, members: ["v", "tag", "n", "ok", "small", "f"] },
    ],
  },
);
/** A row with these elements; none: the array is null. */
const row = (...elements: { tag: string; n: bigint }[]) => ({
  $meta: "{}",
  "p[tag]": elements.map(({ tag }) => tag),
  "p[n]": elements.map(({ n }) => n),
  "p[ok]": elements.map(({ n }) => n > 1n),
  "p[small]": elements.map(({ n }) => Number(n)),
  "p[f]": elements.map(({ n }) => Number(n) / 10),
});
const rows = [
  row({ tag: "a", n: 1n }, { tag: "b", n: 5n }),
  row({ tag: "b", n: 2n }),
  row(),
  { $meta: "{}" },
  row({ tag: "a", n: 7n }, { tag: "a", n: 8n }, { tag: "ä", n: 2n ** 62n + 1n }),
];

describe("struct arrays", () => {
  test.each([
    ["array_contains(p[tag], 'a')", "TFFUT"],
    ["array_contains_all(p[n], [1, 5])", "TFFUF"],
    ["array_length(p[n]) == 2", "TFFUF"],
    ["array_length(p) == 0", "FFTUF"],
    ["p[n] == [2]", "FTFUF"],
    ["p[0][n] == 1", "TFUUF"],
    ["p[n][1] == 5", "TUUUF"],
    ["p[tag][0] like 'a%'", "TFUUT"],
    ["p is null", "FFFTF"],
    ["p is not null", "TTTFT"],
    ["p[n] is null", "FFFTF"],
    ["match_any(p, $[n] > 1)", "TTFUT"],
    ["MATCH_ALL(p, $[n] > 1)", "FTTUT"],
    ["match_any(p, $[tag] == 'a' and $[n] >= 7)", "FFFUT"],
    ["match_any(p, $[tag] == 'b' && $[n] == 1)", "FFFUF"],
    ["match_all(p, $[tag] in ['a', 'b'])", "TTTUF"],
    ["match_any(p, not ($[tag] like '_'))", "FFFUF"],
    ["match_any(p, $[n] == 4611686018427387905)", "FFFUT"],
    ["match_any(p, $[ok] == true and $[small] + 1 == 6)", "TFFUF"],
    ["match_any(p, $[f] == 0.2)", "FTFUF"],
    ["match_any(p, 1 < $[n] < 6)", "TTFUF"],
    ["match_least(p, $[n] > 1, threshold = 2)", "FFFUT"],
    ["match_most(p, $[tag] == 'a', threshold=1)", "TTTUF"],
    ["match_exact(p, $[tag] == 'a', threshold=2)", "FFFUT"],
    ["match_exact(p, true, threshold=2)", "TFFUF"],
    ["match_any(p, $[n] > 1) and array_length(p) > 1", "TFFUT"],
    ["match_any(p, $[n] == 2) or match_any(p, $[n] == 7)", "FTFUT"],
    ["match_any(p, $[tag] == {x})", "TFFUT"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows, { schema, templates: { x: "a" } })).toBe(truths);
  });

  test.each([
    ["p == 1", "a struct array is asked for by its members, such as p[v] at column 0"],
    ["p[nope] == 1", "field p[nope] not exist at column 0"],
    ["q[n] == 1", "field q[n] not exist at column 0"],
    [
      "$[n] == 1",
      "$[n] is an element of a struct array, which is known within match_any and the like alone, as a member of that array at column 0",
    ],
    [
      "match_any(p, $[nope] == 1)",
      "field $[nope] not exist: an element is asked for $[tag], $[n], $[ok], $[small], $[f] at column 13",
    ],
    [
      "match_any(p, id == 1)",
      "field id not exist: an element is asked for $[tag], $[n], $[ok], $[small], $[f] at column 13",
    ],
    ["match_any(id, $[n] == 1)", "match_any is asked of struct arrays, but got: id at column 10"],
    ["match_any(p)", "function match_any expects 2 arguments, but got 1 at column 0"],
    ["match_any(p, $[n])", "the condition of match_any is not boolean: $[n] at column 13"],
    ["match_any(p, $[n] == 1, threshold=1)", "function match_any has no argument named threshold at column 34"],
    [
      "match_least(p, $[n] == 1)",
      "match_least needs threshold=n, a number of elements that is not negative at column 0",
    ],
    [
      "match_least(p, $[n] == 1, threshold=-1)",
      "match_least needs threshold=n, a number of elements that is not negative at column 36",
    ],
    ["match_any(p, $[v] == 1)", "comparisons between ArrayOfVector and Int64 are not supported at column 21"],
    ["match_any(p, $[n] == 'x')", "comparisons between Int64 and VarChar are not supported at column 21"],
    [
      "element_filter(p, $[n] == 1)",
      "element_filter is for queries and searches, which answer elements: rows that have such an element are found by match_any at column 0",
    ],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text, { schema })).toBe(cause);
  });

  it("are looked at row by row also where few rows are left, and in many slices", () => {
    const many = Array.from({ length: 5000 }, (_, i) =>
      row(...Array.from({ length: i % 4 }, (_, k) => ({ tag: `t${i % 7}`, n: BigInt(i + k) }))),
    ).map((one, id) => ({ ...one, id: BigInt(id) }));
    const wanted = many.map((_, i) => (i % 3 === 0 && i % 4 >= 2 && i % 7 === 1 ? "T" : "F")).join("");
    const text = "id % 3 == 0 and match_least(p, $[tag] == 't1', threshold=2)";
    expect(truth(text, many, { schema })).toBe(wanted);
  });
});
