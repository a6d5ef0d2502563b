import { describe, expect, it } from "@jest/globals";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import type { SourceRange } from "../../../src/format.ts";
import { openJsonl } from "../../../src/rows/json/index.ts";

const fields = [
  { name: "id", type: 5, is_primary: true },
  { name: "title", type: 21, params: { max_length: 9 }, nullable: true },
  { name: "year", type: 5, default_value: { long_data: 7 } },
];

/** What reading lines says besides their rows. */
async function warningsOf(
  lines: readonly string[],
  mapping: Readonly<Record<string, string>> = {},
  { isDynamic = false, range }: { isDynamic?: boolean; range?: SourceRange } = {},
): Promise<string[]> {
  const schema = fixtureSchema({ fields, enable_dynamic_field: isDynamic });
  const file = await memoryFile("f.jsonl", Buffer.from(lines.join("\n")));
  const input = readerInput(schema, [file], { fields_mapping: JSON.stringify(mapping) }, range);
  const warnings: string[] = [];
  await readCanonicalRows(schema, openJsonl({ ...input, warn: (text) => void warnings.push(text) }));
  return warnings;
}

const whole = '{"id":1,"title":"a","year":2}';

describe("a file of rows", () => {
  it("is silent where every key has its field and every field some key", async () => {
    expect(await warningsOf([whole, '{"id":2}'])).toEqual([]);
    expect(await warningsOf([])).toEqual([]);
  });

  it("names the keys that no field has, where no $meta takes them", async () => {
    const lines = [whole, '{"id":2,"tittle":"b"}', '{"id":3,"x":1,"tittle":""}'];
    expect(await warningsOf(lines)).toEqual([
      "f.jsonl: 2 keys that no field takes were not imported: 'tittle' (did you mean 'title'?), 'x'",
    ]);
    expect(await warningsOf(lines, {}, { isDynamic: true })).toEqual([]);
  });

  it("names what a mapping leaves of a value, where no $meta takes it", async () => {
    const lines = ['{"id":1,"year":2,"in":{"t":"a","more":{"deep":1}},"list":[1,"b"]}'];
    expect(await warningsOf(lines, { "in.t": "title" })).toEqual([
      "f.jsonl: 2 keys that no field takes were not imported: 'in.more', 'list'",
    ]);
    expect(await warningsOf(['{"id":1,"year":2,"list":[1,"b"]}'], { "list[1]": "title" })).toEqual([
      "f.jsonl: a key that no field takes was not imported: 'list[]'",
    ]);
  });

  it("names fields that no row gave, also where the mapping took their own name away", async () => {
    expect(await warningsOf(['{"id":1,"year":2}'])).toEqual(["f.jsonl: no key for 'title' (null in every row)"]);
    expect(await warningsOf(['{"id":1,"title":"x"}'])).toEqual([
      "f.jsonl: no key for 'year' (its default in every row)",
    ]);
    expect(await warningsOf(['{"year":1}'], { year: "id" })).toEqual([
      "f.jsonl: no key for 'title' (null in every row), 'year' (its default in every row)",
    ]);
  });

  it("that is cut speaks by its first part, which says how far that goes", async () => {
    const lines = ['{"id":1,"year":2}', '{"id":2,"year":2}'];
    expect(await warningsOf(lines, {}, { range: { begin: 0, end: 9 } })).toEqual([
      "f.jsonl, bytes 0 to 9: no key for 'title' (null in every row)",
    ]);
    expect(await warningsOf(lines, {}, { range: { begin: 9, end: 99 } })).toEqual([]);
  });
});
