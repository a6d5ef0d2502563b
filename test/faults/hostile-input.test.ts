import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { milvus, type schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import {
  memoryOf,
  processorMsOf,
  SourceFiles,
  schemaMessage,
  startServer,
  TemporaryFolders,
  TestClient,
  type TestServer,
  watched,
} from "../support/index.ts";

// Inputs that claim as much as they can, one after the other, to one server. Each is answered or refused, and others notice
// nothing: they wait a second at most, and the server takes 300 MB at most above what it has when it is idle.

const MAX_SILENCE_MS = 1000;
const MAX_GROWTH_BYTES = 300e6;
const TEXT_BYTES = 65_535;

const folders = new TemporaryFolders();
let files: SourceFiles;
let server: TestServer;
let client: TestClient;

const collection = {
  name: "c",
  dynamic: true,
  fields: [
    { name: "id", type: DataType.Int64, key: true },
    { name: "v", type: DataType.FloatVector, dim: 2 },
    { name: "t", type: DataType.VarChar, maxLength: TEXT_BYTES, nullable: true },
    { name: "j", type: DataType.JSON, nullable: true },
    { name: "a", type: DataType.Array, element: DataType.Int64, capacity: 8, nullable: true },
    { name: "g", type: DataType.Geometry, nullable: true },
    { name: "d", type: DataType.Double, nullable: true },
  ],
} as const;
const sparse = {
  name: "sparse",
  fields: [
    { name: "id", type: DataType.Int64, key: true },
    { name: "s", type: DataType.SparseFloatVector },
  ],
} as const;

beforeAll(async () => {
  files = new SourceFiles(await folders.create());
  server = await startServer({
    dataDir: await folders.create(),
    importRoots: [files.folder],
    settings: { workers: 1 },
  });
  client = new TestClient(server.address);
  await client.createCollection(collection);
  await client.createCollection(sparse);
  const texts = Array.from({ length: 40 }, (_, id) => ({ id, v: [1, 2], t: "a".repeat(TEXT_BYTES), j: { k: id } }));
  await client.importAndWait("c", await files.jsonl("first.jsonl", texts));
  await query("t like '%b%'");
}, 60_000);

afterAll(async () => {
  client?.[Symbol.dispose]();
  await server?.stop();
  await folders[Symbol.asyncDispose]();
});

/** `N rows`, or why not. */
async function query(
  expr: string,
  more: { templates?: Record<string, schema.TemplateValue>; params?: Record<string, string> } = {},
): Promise<string> {
  const request = milvus.QueryRequest.fromPartial({
    collectionName: "c",
    expr,
    outputFields: ["count(*)"],
    exprTemplateValues: more.templates ?? {},
    queryParams: Object.entries(more.params ?? {}).map(([key, value]) => ({ key, value })),
  });
  const answer = await client.raw.query(request, { deadlineMs: 60_000 });
  if (answer.status?.code) return answer.status.reason;
  const data = answer.fieldsData[0].field;
  const count =
    data?.$case === "scalars" && data.value.data?.$case === "longData" ? data.value.data.value.data[0] : -1n;
  return `${count} rows`;
}

/** `completed`, or why not. */
async function importing(paths: readonly string[], target = "c"): Promise<string> {
  const outcome = await client.waitFor(await client.import(target, paths));
  return outcome.isCompleted ? "completed" : outcome.reason;
}

async function expectBounded(run: () => Promise<string>, expected: string | RegExp): Promise<void> {
  const idleBytes = await memoryOf(server.pid, "VmRSS");
  const { result, silenceMs, peakBytes } = await watched(server.address, server.pid, run);
  if (typeof expected === "string") expect(result).toBe(expected);
  else expect(result).toMatch(expected);
  // What the answer repeats of the input is short.
  expect(result.length).toBeLessThan(1000);
  expect(silenceMs).toBeLessThan(MAX_SILENCE_MS);
  expect((peakBytes - idleBytes) / 1e6).toBeLessThan(MAX_GROWTH_BYTES / 1e6);
}

const a = (count: number) => "a".repeat(count);
const ids = (count: number) => Array.from({ length: count }, (_, i) => 1_000_000_000_000_000_000n + BigInt(i));

describe("expressions", () => {
  it.each<[string, () => string, string | RegExp]>([
    ["a pattern that nearly fits everywhere", () => `t like "%${a(2000)}b%"`, "0 rows"],
    ["a pattern as long as the texts", () => `t like "%${a(60_000)}b%"`, "0 rows"],
    ["a pattern with `_` that nearly fits everywhere", () => `t like "%_${a(1000)}b%"`, "0 rows"],
    ["ten such patterns", () => new Array(10).fill(`t like "%_${a(1000)}b%"`).join(" or "), "0 rows"],
    ["a pattern of backslashes", () => `t like "${"\\\\".repeat(60_000)}x"`, "0 rows"],
    ["parentheses without end", () => "(".repeat(1 << 20), /nested too deeply/],
    ["500 levels", () => `${"(".repeat(500)}id > 0${" or id == 1)".repeat(500)}`, "39 rows"],
    ["400,000 ids", () => `id in [${ids(400_000).join(",")}]`, "0 rows"],
    ["a list within 250 levels", () => nestedList(), /expression is too complex/],
    ["60,000 terms", () => new Array(60_000).fill("j['k'] > 100").join(" or "), "0 rows"],
    ["4,000,000 terms", () => "id>1 or ".repeat(1_000_000), /joins more than 65536 terms/],
    ["a text of escapes", () => `t == "${"\\n".repeat(2_000_000)}"`, "0 rows"],
    ["digits", () => `id == ${"1".repeat(4_000_000)}`, /int64 overflow/],
    ["20 MB", () => `t == "${a(20 << 20)}"`, /more than 8388608/],
  ])("%s", async (_, expression, expected) => {
    const text = expression();
    await expectBounded(() => query(text), expected);
  });

  function nestedList(): string {
    const behind = Array.from({ length: 250 }, (_, i) => `and true) or id == ${-i})`).join("");
    return `${"((".repeat(250)}id in [${ids(200_000).join(",")}] ${behind}`;
  }

  it.each<[string, string, () => schema.TemplateArrayValue["data"]]>([
    ["keys", "id in {x}", () => ({ $case: "longData", value: { data: ids(MILLION) } })],
    ["integers in JSON", "j['k'] in {x}", () => ({ $case: "longData", value: { data: ids(MILLION) } })],
    ["elements", "array_contains_any(a, {x})", () => ({ $case: "longData", value: { data: ids(MILLION) } })],
    ["doubles", "d in {x}", () => ({ $case: "doubleData", value: { data: doubles() } })],
    ["doubles in JSON", "j['k'] in {x}", () => ({ $case: "doubleData", value: { data: doubles() } })],
    [
      "half as many texts",
      "t in {x}",
      () => ({ $case: "stringData", value: { data: ids(HALF).map((id) => `t${id}`) } }),
    ],
    [
      "half as many texts in JSON",
      "j['k'] in {x}",
      () => ({ $case: "stringData", value: { data: ids(HALF).map(String) } }),
    ],
    [
      "half as many values of several types",
      "j['k'] in {x}",
      () => ({ $case: "jsonData", value: { data: jsonTexts() } }),
    ],
  ])("a million values of a template: %s", async (_, expression, data) => {
    const x = { val: { $case: "arrayVal" as const, value: { data: data() } } };
    await expectBounded(() => query(expression, { templates: { x } }), "0 rows");
  });

  const MILLION = 1 << 20;
  const HALF = MILLION / 2; // A million texts are more than the server reads at once.
  const doubles = () => Array.from({ length: MILLION }, (_, i) => i + 1000.5);
  const jsonTexts = () => ids(HALF).map((id, i) => Buffer.from(i % 2 === 0 ? String(id) : `"${id}"`));

  it("blanks in a parameter", async () => {
    const params = { group_by_fields: `${" ".repeat(200_000)}x` };
    await expectBounded(() => query("id > 0", { params }), /field x not exist/);
  });

  it("ends with its call", async () => {
    const slow = new Array(2000).fill(`t like "%_${a(500)}b%"`).join(" or ");
    const call = () =>
      client.raw
        .query(milvus.QueryRequest.fromPartial({ collectionName: "c", expr: slow, outputFields: ["count(*)"] }), {
          deadlineMs: 60_000,
          signal: AbortSignal.timeout(200),
        })
        .then(
          () => "answered",
          () => "given up",
        );
    await expectBounded(call, "given up");
    // The processor is free again, long before the query would have had its answer.
    const busyMs = async () => {
      const before = await processorMsOf(server.pid);
      await sleep(500);
      return (await processorMsOf(server.pid)) - before;
    };
    expect(await busyMs()).toBeLessThan(250);
  });
});

describe("files", () => {
  const row = (more: string) => `{"id":1,"v":[1,2],${more}}`;

  it.each<[string, () => string, string | RegExp]>([
    ["long.jsonl", () => row(`"x":"${a(31 << 20)}"`), "completed"],
    ["longer.jsonl", () => row(`"x":"${a(80 << 20)}"`), /a row is larger than/],
    ["list.json", () => `[${row(`"x":"${a(80 << 20)}"`)}]`, /a row is larger than/],
    [
      "keys.jsonl",
      () => row(Array.from({ length: 2_000_000 }, (_, i) => `"k${i}":1`).join(",")),
      /more than 65536 keys/,
    ],
    [
      "elements.jsonl",
      () => row(`"a":[${"1,".repeat(10_000_000)}1]`),
      /array capacity\(10000001\) .* max_capacity\(8\)/,
    ],
    ["deep.jsonl", () => row(`"j":${'{"a":'.repeat(5_000_000)}`), /more than 512 nested levels/],
    ["digits.jsonl", () => row(`"d":${"1".repeat(20_000_000)}`), /more than 1024/],
    ["number.jsonl", () => row(`"j":{"a":1e400}`), /beyond the greatest double/],
    ["points.jsonl", () => row(`"g":"LINESTRING (${"0 0,".repeat(5_000_000)}0 0)"`), /more than 16777216 bytes/],
    ["nested.jsonl", () => row(`"g":"${"GEOMETRYCOLLECTION (".repeat(1_000_000)}"`), /fewer nested collections/],
    ["lists.jsonl", () => row(`"x":[${"[],".repeat(10_000_000)}[]]`), "completed"],
    ["objects.jsonl", () => row(`"x":[${'{"a":0},'.repeat(3_500_000)}0]`), "completed"],
    ["repeated.jsonl", () => row(`"x":{${'"a":0,'.repeat(60_000)}"a":1}`), "completed"],
    ["members.jsonl", () => row(`"x":{${'"a":0,'.repeat(5_000_000)}"a":1}`), /an object has more than 262144 keys/],
    ["pairs.jsonl", () => row(`"x":[${'{"a":0,"a":1},'.repeat(2_000_000)}0]`), "completed"],
  ])("%s %#", async (name, content, expected) => {
    const path = await files.write(name, content());
    await expectBounded(() => importing([path]), expected);
  });

  it.each<[string, string, RegExp]>([
    ["brackets", `{'descr': ${"[".repeat(100_000)}`, /the file is no NumPy array: its header is no dictionary literal/],
    ["dimensions", header("<i8", "1,".repeat(50_000)), /shape has 50000 dimensions, more than 64/],
    ["rows", header("<i8", "999999999999,"), /is cut short: its 999999999999 rows end at byte/],
    ["digits of a dimension", header("<i8", `${"9".repeat(60_000)},`), /is larger than any file/],
    ["digits of a type", header(`<i${"9".repeat(60_000)}`, "1,"), /expected element type 'Int64'/],
    ["a header", header("<i8", "1,").padEnd(200_000), /its header is 200000 bytes long/],
  ])("NumPy: %s", async (_, text, expected) => {
    const paths = [await files.write("n/id.npy", npy(text)), await files.write("n/v.npy", npy(header("<f4", "1, 2")))];
    await expectBounded(() => importing(paths), expected);
  });

  it("a sparse vector of millions", async () => {
    const pairs = Array.from({ length: 3_000_000 }, (_, i) => `"${i}":1`).join(",");
    const path = await files.write("sparse.jsonl", `{"id":1,"s":{${pairs}}}`);
    await expectBounded(() => importing([path], "sparse"), /an object has more than 262144 keys/);
  });
});

function header(descr: string, shape: string): string {
  return `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape})}`;
}

/** A file of version 2.0 with this header and one row of eight bytes. */
function npy(text: string): Uint8Array {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  const magic = Buffer.from("\x93NUMPY\x02\x00", "latin1");
  return Buffer.concat([magic, size, Buffer.from(text, "latin1"), Buffer.alloc(8)]);
}

describe("requests", () => {
  const submit = (options: Record<string, string>, paths: string[] = ["a.json"]) =>
    client.import("c", paths, { options }).then(
      () => "accepted",
      (error: Error) => error.message,
    );

  it.each<[string, () => Promise<string>, RegExp]>([
    ["a duration", () => submit({ timeout: "1".repeat(1 << 20) }), /more than 4096/],
    ["an option", () => submit({ [a(1 << 20)]: "" }), /more than 256/],
    ["options", () => submit(Object.fromEntries(ids(100_000).map((id) => [String(id), ""]))), /more than 64/],
    ["paths", () => submit({}, new Array(100_000).fill("a.json")), /should not exceed 1024/],
    ["a path", () => submit({}, [`${"/".repeat(1 << 20)}a.json`]), /more than 4096/],
  ])("%s", async (_, run, expected) => {
    await expectBounded(run, expected);
  });

  it("a description", async () => {
    const create = () =>
      client.create({ ...schemaMessage({ ...sparse, name: "described" }), description: a(32 << 20) }, {}).then(
        () => "accepted",
        (error: Error) => error.message,
      );
    await expectBounded(create, /more than 262144/);
  });
});
