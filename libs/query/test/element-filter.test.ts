import { describe, expect, it, test } from "@jest/globals";
import { Turns } from "@sluice/async";
import { DataType } from "@sluice/schema";
import { compileFilter } from "../src/index.ts";
import { collection, columnsOf, field, refusal, select } from "./collection.ts";

const member = (name: string, elementType: DataType) => field(`p[${name}]`, DataType.Array, { elementType });
const schema = collection(
  [
    field("id", DataType.Int64, { isPrimaryKey: true, nullable: false }),
    member("tag", DataType.VarChar),
    member("n", DataType.Int64),
  ],
  { structs: [{ fieldId: 90, name: "p", nullable: true, maxCapacity: 9, members: ["tag", "n"] }] },
);

interface Element {
  readonly tag: string;
  readonly n: bigint;
}
const stored = (id: number, elements: readonly Element[] | null) => ({
  id: BigInt(id),
  ...(elements && { "p[tag]": elements.map(({ tag }) => tag), "p[n]": elements.map(({ n }) => n) }),
});
const options = { schema, mayBeOfElements: true };

/** Rows that pass with their elements. */
async function found(text: string, rows: readonly ReturnType<typeof stored>[], templates: Record<string, string> = {}) {
  const columns = columnsOf(schema, rows);
  const filter = compileFilter(text, schema, new Map(Object.entries(templates)), options);
  const passed = filter.evaluate(columns, rows.length);
  const { ends, elements } =
    (await filter.elements?.of(columns, passed, new Turns(new AbortController().signal))) ?? {};
  return [...passed].map((row, i) => [row, [...(elements ?? []).slice(i === 0 ? 0 : ends?.[i - 1], ends?.[i])]]);
}

const few = [
  [
    { tag: "a", n: 1n },
    { tag: "b", n: 5n },
  ],
  [{ tag: "b", n: 2n }],
  [],
  null,
  [
    { tag: "a", n: 7n },
    { tag: "b", n: 1n },
    { tag: "a", n: 8n },
  ],
].map((elements, id) => stored(id, elements));

describe("element_filter", () => {
  test.each([
    [
      "element_filter(p, $[n] > 1)",
      [
        [0, [1]],
        [1, [0]],
        [4, [0, 2]],
      ],
    ],
    ["ELEMENT_FILTER(p, $[tag] == 'a' && $[n] > 1)", [[4, [0, 2]]]],
    [
      "id > 0 and element_filter(p, $[n] > 1)",
      [
        [1, [0]],
        [4, [0, 2]],
      ],
    ],
    ["id >= 1 and (id < 4 and element_filter(p, $[n] > 1))", [[1, [0]]]],
    [
      "element_filter(p, not ($[n] > 1))",
      [
        [0, [0]],
        [4, [1]],
      ],
    ],
    [
      "element_filter(p, true)",
      [
        [0, [0, 1]],
        [1, [0]],
        [4, [0, 1, 2]],
      ],
    ],
    ["element_filter(p, false)", []],
    [
      "element_filter(p, $[tag] == {tag})",
      [
        [0, [0]],
        [4, [0, 2]],
      ],
    ],
  ])("%s is of these elements", async (text, wanted) => {
    expect(await found(text, few, { tag: "a" })).toEqual(wanted);
  });

  it("is of nothing in an expression without it", () => {
    expect(compileFilter("match_any(p, $[n] > 1)", schema, new Map(), options).elements).toBeUndefined();
  });

  it("names the struct array, and the members that are read", () => {
    const { elements } = compileFilter("id > 1 and element_filter(p, $[n] > 1)", schema, new Map(), options);
    expect([elements?.struct, elements?.fields.map((index) => schema.fields[index].name)]).toEqual(["p", ["p[n]"]]);
  });

  const last = "element filter expression can only be the last expression in the logical and expression";
  test.each([
    ["element_filter(p, $[n] > 1) and id > 0", `${last} at column 0`],
    ["id > 0 or element_filter(p, $[n] > 1)", `${last} at column 10`],
    ["not element_filter(p, $[n] > 1)", `${last} at column 4`],
    ["element_filter(p, $[n] > 1) and element_filter(p, $[n] > 2)", `${last} at column 0`],
    ["element_filter(p, element_filter(p, $[n] > 1))", `${last} at column 18`],
    ["match_any(p, element_filter(p, $[n] > 1))", `${last} at column 13`],
    ["element_filter(p, $[n] > 1) and random_sample(0.5)", `${last} at column 0`],
    ["element_filter(id, $[n] > 1)", "element_filter is asked of struct arrays, but got: id at column 15"],
    ["element_filter(p)", "function element_filter expects 2 arguments, but got 1 at column 0"],
    ["element_filter(p, $[n])", "the condition of element_filter is not boolean: $[n] at column 18"],
    ["element_filter(p, id == 1)", "field id not exist: an element is asked for $[tag], $[n] at column 18"],
    ["element_filter(p, $[m] == 1)", "field $[m] not exist: an element is asked for $[tag], $[n] at column 18"],
    ["element_filter(p, n == 1)", "field n not exist: say $[n]; an element is asked for $[tag], $[n] at column 18"],
    ["match_any(p, p[n] == 1)", "field p[n] not exist: say $[n]; an element is asked for $[tag], $[n] at column 13"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text, options)).toBe(cause);
  });

  it("is of the elements that a look at each finds, over many slices", async () => {
    const lists = Array.from({ length: 6000 }, (_, i) =>
      i % 11 === 0
        ? null
        : Array.from({ length: i % 5 }, (_, k) => ({ tag: `t${(i * 7 + k) % 3}`, n: BigInt((i * 13 + k * 5) % 17) })),
    );
    const rows = lists.map((elements, id) => stored(id, elements));
    const text = "id % 2 == 0 and element_filter(p, $[tag] == 't1' and $[n] < 9)";
    const wanted = lists.flatMap((elements, id) => {
      const hits = (elements ?? []).flatMap(({ tag, n }, k) => (tag === "t1" && n < 9n ? [k] : []));
      return id % 2 === 0 && hits.length > 0 ? [[id, hits]] : [];
    });
    expect(await found(text, rows)).toEqual(wanted);
    expect(select(text, rows, options)).toEqual(wanted.map(([id]) => id));
  });
});
