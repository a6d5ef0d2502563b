import { describe, expect, it } from "@jest/globals";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { memoryFile } from "@sluice/object-store/testing";
import type { CollectionSchema } from "@sluice/schema";
import { openJsonl } from "../../../src/rows/json/index.ts";

/** Rows of JSON Lines text, or the error that reading it ends in. */
async function read(schema: CollectionSchema, lines: readonly string[], batchBytes = 1 << 20, chunkBytes = 1 << 16) {
  const input = readerInput(schema, [await memoryFile("f.jsonl", Buffer.from(lines.join("\n")))]);
  await using reader = openJsonl(input, { chunkBytes });
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
        code: "schema_mismatch",
        reason: expect.stringContaining("value of field 'id' is missed"),
        at: { row, field: "id" },
      });
    }
  });
});

describe("what a JSON value cannot keep", () => {
  const schema = fixtureSchema({
    enable_dynamic_field: true,
    fields: [
      { name: "id", type: 5, is_primary: true },
      { name: "j", type: 23 },
      { name: "t", type: 21, params: { max_length: 9 } },
      vector,
    ],
  });
  const row = (more: string) => `{"id":0,"v":[1],"t":"","j":{},${more}}`;
  const half = "half of a surrogate pair is escaped without the other half";

  it.each([
    ['"j":{"a":"x\\ud800"}', "j"],
    ['"j":{"\\uDBFF":"\\uDC00"}', "j"],
    ['"j":"{\\"a\\":\\"\\\\ud800\\"}"', "j"],
    ['"x":"\\udc00"', "x"],
    ['"\\ud800":1', undefined],
    ['"$meta":"{\\"a\\":\\"\\\\udfff\\"}"', "$meta"],
    ['"t":"\\udc00"', "t"],
  ])("half a character is refused: %s", async (text, field) => {
    const error = await read(schema, [row(text)]).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "value_invalid", reason: expect.stringContaining(half), at: { row: 0 } });
    expect(error.at.field).toBe(field);
    // Wherever a window ends.
    expect(await read(schema, [row(text)], 1 << 20, 1).catch((thrown) => thrown)).toEqual(error);
  });

  it("whole ones are kept, and a backslash before a u is none", async () => {
    const texts = [row('"j":{"a":"\\ud83d\\ude00"},"t":"\\ud83d\\ude00"'), row('"j":{"a":"\\\\ud800"}')];
    const rows = await read(schema, texts, 1 << 20, 1);
    expect(rows.map(({ j, t }) => [j, t])).toEqual([
      [{ a: "😀" }, "😀"],
      [{ a: "\\ud800" }, ""],
    ]);
  });

  it.each(['"j":{"a":[1e400]}', '"x":-1e309', '"j":"1e400"', '"$meta":{"a":1e999}', '"$meta":"{\\"a\\":1e999}"'])(
    "a number that no client can read back is refused: %s",
    async (text) => {
      await expect(read(schema, [row(text)])).rejects.toMatchObject({
        code: "value_invalid",
        reason: expect.stringContaining("is beyond the greatest double"),
        at: { row: 0 },
      });
    },
  );

  it("of repeated keys the last counts, in depth too", async () => {
    const [{ j, $meta }] = await read(schema, [row('"j":{"a":1,"b":{"c":1,"c":2},"a":3},"x":{"y":1,"y":2}')]);
    expect([j, $meta]).toEqual([{ b: { c: 2 }, a: 3 }, { x: { y: 2 } }]);
  });
});

describe("what one row may hold is bounded", () => {
  const field = { name: "id", type: 5, is_primary: true };
  const refusal = (schema: CollectionSchema, line: string) =>
    read(schema, [line], 1 << 20, 8 << 20).then(
      () => "accepted",
      ({ code, reason }) => `${code}: ${reason}`,
    );

  it("keys", async () => {
    const schema = fixtureSchema({ enable_dynamic_field: true, fields: [field] });
    const line = (keys: number) => `{"id":1${Array.from({ length: keys - 1 }, (_, i) => `,"k${i}":1`).join("")}}`;
    expect(await refusal(schema, line(65_536))).toBe("accepted");
    expect(await refusal(schema, line(65_537))).toBe("value_invalid: a row has more than 65536 keys");
  });

  it("digits of a number", async () => {
    const schema = fixtureSchema({ fields: [field, { name: "d", type: 11 }] });
    const line = (digits: number) => `{"id":1,"d":0.${"1".repeat(digits)}}`;
    expect(await refusal(schema, line(1022))).toBe("accepted");
    expect(await refusal(schema, line(1023))).toBe("value_invalid: a number has 1025 characters, more than 1024");
  });

  it("elements of lists, counted without being kept", async () => {
    const array = { name: "a", type: 22, element_type: 5, params: { max_capacity: 3 } };
    const schema = fixtureSchema({ fields: [field, array] });
    const line = (count: number) => `{"id":1,"a":[${new Array(count).fill(7).join(",")}]}`;
    expect(await refusal(schema, line(3))).toBe("accepted");
    const reason = (count: number) => `value_invalid: array capacity(${count}) for field a exceeds max_capacity(3)`;
    expect(await refusal(schema, line(4))).toBe(reason(4));
    expect(await refusal(schema, line(1_000_000))).toBe(reason(1_000_000));
  });

  it("bytes", async () => {
    const schema = fixtureSchema({ enable_dynamic_field: true, fields: [field] });
    const line = (bytes: number) => `{"id":1,"x":"${"x".repeat(bytes)}"}`;
    expect(await refusal(schema, line(31 << 20))).toBe("accepted");
    expect(await refusal(schema, line(40 << 20))).toBe(
      `malformed_file: failed to decode row, error: a row is larger than ${32 << 20} bytes`,
    );
  });

  it("points of a geometry, and pairs of a sparse vector", async () => {
    const geometry = fixtureSchema({ fields: [field, { name: "g", type: 24 }] });
    const points = (count: number) => `{"id":1,"g":"LINESTRING (${new Array(count).fill("0 0").join(",")})"}`;
    expect(await refusal(geometry, points(1 << 19))).toBe("accepted");
    expect(await refusal(geometry, points((1 << 20) + 1))).toMatch(/: a geometry takes more than 16777216 bytes$/);
    const sparse = fixtureSchema({ fields: [field, { name: "s", type: 104 }] });
    const pairs = (count: number) =>
      `{"id":1,"s":{${Array.from({ length: count }, (_, i) => `"${i}":0.5`).join(",")}}}`;
    expect(await refusal(sparse, pairs(100_000))).toBe("accepted");
    const long = `{"id":1,"s":{"indices":[],"values":[${"1,".repeat(3 << 20)}1]}}`;
    expect(await refusal(sparse, long)).toMatch(/sparse float vector: \d+ bytes are more than 4194304$/);
    expect(await refusal(sparse, pairs(262_145))).toBe("value_invalid: an object has more than 262144 keys");
  });

  it("what a reason repeats", async () => {
    const schema = fixtureSchema({ fields: [field, { name: "t", type: 26 }, { name: "g", type: 24, nullable: true }] });
    const long = "x".repeat(1 << 20);
    for (const more of [
      `"g":"${long}"`,
      `"g":${"9".repeat(1000)}`,
      `"t":"2024-01-01T00:00:00.${"1".repeat(1 << 20)}?"`,
    ]) {
      const reason = await refusal(schema, `{"id":1,${more}}`);
      expect(reason.length).toBeLessThan(400);
    }
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
    [{ d: "1e400" }, "the number 1e400 is beyond the greatest double: clients could not read it back"],
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

describe("vectors of Spark", () => {
  const schema = fixtureSchema({
    fields: [
      { name: "id", type: 5, is_primary: true },
      { name: "v", type: 101, params: { dim: 4 } },
      { name: "h", type: 102, params: { dim: 4 } },
    ],
  });
  const row = (v: string, h = "[1,2,3,4]") => `{"id":1,"v":${v},"h":${h}}`;
  const sparse = '{"type":0,"size":4,"indices":[3,1],"values":[0.25,0.1]}';
  const dense = '{"values":[1,-2,0.5,0],"type":1}';

  it("are read, dense and sparse, where dense ones are wanted", async () => {
    expect(await read(schema, [row(dense, sparse), row(sparse, dense)])).toEqual([
      { id: 1, v: [1, -2, 0.5, 0], h: [0, 0.0999755859375, 0, 0.25] },
      { id: 1, v: [0, Math.fround(0.1), 0, 0.25], h: [1, -2, 0.5, 0] },
    ]);
  });

  it.each([
    ['{"type":1,"values":[1,2,3]}', "expected dim '4' for field 'v' with type 'FloatVector', got dim '3'"],
    ['{"type":0,"size":5,"indices":[],"values":[]}', "its size is 5, expected 4"],
    ['{"type":0,"size":3,"indices":[],"values":[]}', "got dim '3'"],
    ['{"type":0,"size":4,"indices":[4],"values":[1]}', "its index 4 is none below 4"],
    ['{"type":0,"size":4,"indices":[1,1],"values":[1,2]}', "comes twice"],
    ['{"type":0,"size":4,"indices":[1],"values":[1,2]}', "length mismatch"],
    ['{"type":1,"values":[1,2,3,1e39]}', "its element 3 is out of range"],
    ['{"type":1,"values":[1,2,3,"4"]}', "its values are not all numbers"],
    ['{"0":1,"1":2,"2":3,"3":4}', "a vector is a list, write Array.from(vector)"],
    ["{}", "expected type 'FloatVector'"],
  ])("others are refused: %s", async (v, reason) => {
    const error = expect.objectContaining({ code: "value_invalid", reason: expect.stringContaining(reason) });
    await expect(read(schema, [row(v)])).rejects.toEqual(error);
  });
});

describe("vectors of MongoDB", () => {
  const schema = fixtureSchema({
    fields: [
      { name: "id", type: 5, is_primary: true },
      { name: "v", type: 101, params: { dim: 3 }, nullable: true },
      { name: "h", type: 102, params: { dim: 3 }, nullable: true },
      { name: "i", type: 105, params: { dim: 3 }, nullable: true },
      { name: "b", type: 100, params: { dim: 16 }, nullable: true },
    ],
  });
  const floats = Buffer.from(Float32Array.of(0.5, 1, -2).buffer);
  const base64 = (...parts: (number | Buffer)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.of(part) : part))).toString("base64");
  const binary = (...parts: (number | Buffer)[]) => `{"$binary":{"base64":"${base64(...parts)}","subType":"09"}}`;
  const row = (field: string, value: string) => `{"id":1,"${field}":${value}}`;
  const none = { id: 1, v: null, h: null, i: null, b: null };

  it("are read where their elements are those of the field", async () => {
    const lines = [
      row("v", binary(0x27, 0, floats)),
      row("v", `{"$binary":"${base64(0x27, 0, floats)}","$type":"9"}`),
      row("h", binary(0x27, 0, floats)),
      row("h", binary(0x03, 0, 1, 0xff, 0x80)),
      row("i", binary(0x03, 0, 1, 0xff, 0x80)),
      row("b", binary(0x10, 0, 0xa0, 0x01)),
    ];
    expect(await read(schema, lines)).toEqual([
      { ...none, v: [0.5, 1, -2] },
      { ...none, v: [0.5, 1, -2] },
      { ...none, h: [0.5, 1, -2] },
      { ...none, h: [1, -1, -128] },
      { ...none, i: [1, -1, -128] },
      { ...none, b: "a001" },
    ]);
  });

  it.each([
    [
      "v",
      binary(0x27, 0, floats.subarray(0, 8)),
      "expected dim '3' for field 'v' with type 'FloatVector', got dim '2'",
    ],
    ["v", binary(0x27, 0, floats.subarray(0, 11)), "its float32 values have 11 bytes, not four each"],
    ["v", binary(0x27, 0, Buffer.from(Float32Array.of(1, NaN, 1).buffer)), "its element 1 is out of range"],
    ["v", binary(0x10, 0, 1, 2), "its elements are of the type packed_bit"],
    ["i", binary(0x27, 0, floats), "its elements are of the type float32"],
    ["b", binary(0x03, 0, 1, 2), "its elements are of the type int8"],
    ["b", binary(0x10, 4, 1, 2), "4 bits of its last byte are unused, expected whole bytes"],
    ["b", binary(0x10, 0, 1), "expected dim '16' for field 'b' with type 'BinaryVector', got dim '8'"],
    [
      "v",
      binary(0x28, 0, floats),
      "its elements are of the type 40, expected 39 (float32), 3 (int8) or 16 (packed_bit)",
    ],
    ["v", binary(0x27), "its $binary has 1 bytes, expected 2 or more"],
    ["v", '{"$binary":{"base64":"J-A=","subType":"09"}}', "its $binary is no base64"],
    ["v", '{"$binary":{"base64":"JwAAAAA/","subType":"00"}}', "expected type 'FloatVector'"],
    ["i", '{"type":1,"values":[1,2,3]}', "expected type 'Int8Vector'"],
  ])("others are refused: %s %s", async (field, value, reason) => {
    const error = expect.objectContaining({ code: "value_invalid", reason: expect.stringContaining(reason) });
    await expect(read(schema, [row(field, value)])).rejects.toEqual(error);
  });
});

describe("whole floats", () => {
  const schema = fixtureSchema({
    fields: [
      { name: "id", type: 5, is_primary: true },
      { name: "c", type: 2 },
      { name: "a", type: 22, element_type: 3, params: { max_capacity: 5 } },
      { name: "v", type: 105, params: { dim: 2 } },
    ],
  });

  it("are integers, exactly, wherever integers are wanted", async () => {
    const lines = [
      '{"id":9223372036854775807.0,"c":1.27e2,"a":[1.0,-3e2],"v":[1.0,-128.0]}',
      '{"id":-1e18,"c":-0.0,"a":[],"v":[0,0]}',
    ];
    expect(await read(schema, lines)).toEqual([
      { id: "9223372036854775807", c: 127, a: [1, -300], v: [1, -128] },
      { id: "-1000000000000000000", c: 0, a: [], v: [0, 0] },
    ]);
  });

  it.each([
    ['"id":1.5', "got type 'json.Number' with value '1.5'"],
    ['"id":9223372036854775808.0', "out of range"],
    ['"id":1e400', "with value '1e400': out of range"],
    ['"c":128.0', "with value '128.0': out of range"],
    ['"id":1e', "failed to decode row"],
  ])("others are refused: %s", async (member, reason) => {
    const given = `{"id":1,"c":1,"a":[],"v":[0,0],${member}}`;
    await expect(read(schema, [given])).rejects.toMatchObject({ reason: expect.stringContaining(reason) });
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
    ['{"id":1,"a":[1.5],"f":[]}', "expected element type 'Int8' in array field", "1.5"],
    ['{"id":1,"a":[1e3],"f":[]}', "expected element type 'Int8' in array field", "1e3"],
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

describe("bytes of a binary vector", () => {
  const schema = fixtureSchema({
    fields: [
      { name: "id", type: 5, is_primary: true },
      { name: "v", type: 100, params: { dim: 32 } },
    ],
  });

  it("may be signed, as Java writes them", async () => {
    const rows = await read(schema, ['{"id":1,"v":[255,128,0,127]}', '{"id":2,"v":[-1,-128,0,127]}']);
    expect(rows.map(({ v }) => v)).toEqual(["ff80007f", "ff80007f"]);
    await expect(read(schema, ['{"id":1,"v":[-129,0,0,0]}'])).rejects.toMatchObject({ code: "value_invalid" });
  });
});
