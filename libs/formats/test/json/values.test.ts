import { describe, expect, it } from "@jest/globals";
import { fixtureSchema, readCanonicalRows } from "@sluice/formats/testing";
import { MemoryObjectStore } from "@sluice/object-store";
import type { CollectionSchema } from "@sluice/schema";
import type { ReaderInput } from "../../src/format-reader.ts";
import { JsonlReader } from "../../src/json/index.ts";

/** Rows of JSON Lines text, or the error that reading it ends in. */
async function read(schema: CollectionSchema, lines: readonly string[], batchBytes = 1 << 20, chunkBytes = 1 << 16) {
  const store = new MemoryObjectStore();
  const bytes = Buffer.from(lines.join("\n"));
  await store.put("f", [bytes]);
  const input: ReaderInput = {
    format: "jsonl",
    sources: [{ store, key: "f", path: "f.jsonl", sizeBytes: bytes.length }],
    schema,
    options: {},
  };
  await using reader = new JsonlReader(input, { chunkBytes });
  return await readCanonicalRows(schema, reader, batchBytes);
}

const vector = { name: "v", type: 101, params: { dim: 1 } };

describe("an automatic key that rows may give", () => {
  const schema = {
    ...fixtureSchema({ auto_id: true, fields: [{ name: "id", type: 5, is_primary: true }, vector] }),
    allowInsertAutoId: true,
  };
  const bare = '{"v":[1]}';
  const keyed = '{"id":7,"v":[1]}';

  it.each([
    ["none", [bare, bare], 2],
    ["all", [keyed, keyed], 2],
  ])("may be given by %s of them", async (_, lines, count) => expect(await read(schema, lines)).toHaveLength(count));

  it.each([
    ["the second row", [bare, keyed], 1],
    ["a row after one that has it", [keyed, keyed, bare], 2],
  ])("is refused at %s", async (_, lines, row) => {
    // In one batch, in a batch a row, and with rows cut by windows.
    for (const [batchBytes, chunkBytes] of [
      [1 << 20, 1 << 16],
      [1, 1 << 16],
      [1 << 20, 16],
    ]) {
      await expect(read(schema, lines, batchBytes, chunkBytes)).rejects.toMatchObject({
        code: "value_invalid",
        reason: expect.stringContaining("value of field 'id' is missed"),
        at: { row, field: "id" },
      });
    }
  });
});

describe("half a character in JSON", () => {
  const schema = fixtureSchema({
    enable_dynamic_field: true,
    fields: [{ name: "id", type: 5, is_primary: true }, { name: "j", type: 23 }, vector],
  });
  const rest = '"v":[1]';

  it.each([
    [`{"id":0,${rest},"j":{"a":"x\\ud800"}}`, { j: '{"a":"x\ufffd"}' }],
    [`{"id":0,${rest},"j":{"\\uDBFF":"\\uDC00\\uD83D\\uDE00"}}`, { j: '{"\ufffd":"\ufffd😀"}' }],
    [`{"id":0,${rest},"j":"{\\"a\\":\\"\\\\ud800\\"}"}`, { j: '{"a":"\ufffd"}' }],
    [`{"id":0,${rest},"j":{"a":"\\\\ud800"}}`, { j: '{"a":"\\\\ud800"}' }],
    [`{"id":0,${rest},"j":{},"x":"\\udc00"}`, { $meta: '{"x":"\ufffd"}' }],
    [`{"id":0,${rest},"j":{},"\\ud800":1}`, { $meta: '{"\ufffd":1}' }],
    [`{"id":0,${rest},"j":{},"$meta":"{\\"a\\":\\"\\\\udfff\\"}"}`, { $meta: '{"a":"\ufffd"}' }],
  ])("becomes U+FFFD: %s", async (line, expected) => {
    const [row] = await read(schema, [line]);
    for (const [name, text] of Object.entries(expected)) expect(row[name]).toEqual(JSON.parse(text));
  });
});

describe("dynamic keys", () => {
  const schema = fixtureSchema({ enable_dynamic_field: true, fields: [{ name: "id", type: 5, is_primary: true }] });

  it("may be many, of which the last of equal names counts", async () => {
    const keys = Array.from({ length: 3000 }, (_, i) => `"k${i % 2500}":${i}`);
    const rows = await read(schema, [`{"id":1,${keys.join(",")}}`, '{"id":2,"k0":"other"}']);
    const first = rows[0].$meta as Record<string, number>;
    expect(Object.keys(first)).toHaveLength(2500);
    expect([first.k0, first.k499, first.k500]).toEqual([2500, 2999, 500]);
    expect(rows[1].$meta).toEqual({ k0: "other" });
  });
});

describe("members of struct arrays", () => {
  const schema = fixtureSchema({
    fields: [{ name: "id", type: 5, is_primary: true }],
    struct_fields: [
      {
        name: "st",
        max_capacity: 5,
        fields: [
          { name: "i", type: 5 },
          { name: "d", type: 11 },
          { name: "t", type: 21, params: { max_length: 10 } },
          { name: "e", type: 101, params: { dim: 2 } },
        ],
      },
    ],
  });
  const line = (member: Record<string, string>) => {
    const all = { i: "1", d: "1", t: '"t"', e: "[1,2]", ...member };
    return `{"id":1,"st":[{${Object.entries(all)
      .map(([name, text]) => `"${name}":${text}`)
      .join(",")}}]}`;
  };

  it("take integers of any size where numbers are floats", async () => {
    const [row] = await read(schema, [line({ d: "12345678901234567890", e: "[10000000000000000000,2.0]" })]);
    const number = Number("12345678901234567890");
    expect(row.st).toEqual([{ i: 1, d: number, t: "t", e: [Math.fround(1e19), 2] }]);
  });

  it.each([
    [{ i: "1.0" }, "expected element type 'Int64' in field 'st[i]', got value '1.0'"],
    [{ i: "9007199254740993.0" }, "got value '9007199254740993.0'"],
    [{ i: "1e3" }, "got value '1e3'"],
    [{ i: "9223372036854775808" }, "got value '9223372036854775808'"],
    [{ d: "1e400" }, "expected element type 'Double' in field 'st[d]', got value '1e400'"],
    [{ t: "5" }, "expected element type 'VarChar' in field 'st[t]', got value '5'"],
    [{ t: '"12345678901"' }, "value length(11) for field st[t] exceeds max_length(10)"],
    [{ e: "[1e39,2]" }, "value '1e39' of field 'st[e]' is out of range"],
    [{ e: '[12345678901234567890,"x"]' }, "expected a vector for field 'st[e]', got '[12345678901234567890,\"x\"]'"],
  ])("are refused in the field's words: %j", async (member, reason) => {
    await expect(read(schema, [line(member as Record<string, string>)])).rejects.toMatchObject({
      code: "value_invalid",
      reason: expect.stringContaining(reason),
      at: { row: 0 },
    });
  });

  it("are missed also when objects inherit something of their name", async () => {
    const odd = fixtureSchema({
      fields: [{ name: "id", type: 5, is_primary: true }],
      struct_fields: [{ name: "st", max_capacity: 5, fields: [{ name: "constructor", type: 5 }] }],
    });
    await expect(read(odd, ['{"id":1,"st":[{}]}'])).rejects.toMatchObject({
      reason: "value of field 'st[constructor]' is missed",
    });
  });
});

describe("elements of arrays", () => {
  const schema = fixtureSchema({
    fields: [
      { name: "id", type: 5, is_primary: true },
      { name: "a", type: 22, element_type: 2, params: { max_capacity: 5 } },
      { name: "f", type: 22, element_type: 10, params: { max_capacity: 5 } },
    ],
  });

  it.each([
    ['{"id":1,"a":[1.0],"f":[]}', "expected element type 'Int8' in array field", "1.0"],
    [
      '{"id":1,"a":[99999999999999999999],"f":[]}',
      "expected element type 'Int8' in array field",
      "99999999999999999999",
    ],
    ['{"id":1,"a":[],"f":[1e39]}', "expected element type 'Float' in array field", "1e39"],
    ['{"id":1,"a":[],"f":["x"]}', "expected element type 'Float' in array field", "x"],
  ])("are refused as such: %s", async (line, reason, value) => {
    await expect(read(schema, [line])).rejects.toMatchObject({
      reason: expect.stringMatching(new RegExp(`${reason}.*${value}`)),
    });
  });
});
