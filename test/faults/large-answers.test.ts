import { credentials, Client as GrpcClient } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import {
  npyBytes,
  SourceFiles,
  startServer,
  TemporaryFolders,
  TestClient,
  type TestServer,
  watched,
} from "../support/index.ts";

// A million rows are put in order and sent; whoever asks for something else meanwhile waits a moment at most.

const ROWS = 1_000_000;
/** A slice takes some ten milliseconds, the longest about sixty; the rest is for whoever else is on the machine. */
const MAX_SILENCE_MS = 400;

const folders = new TemporaryFolders();
let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  const files = new SourceFiles(await folders.create());
  server = await startServer({
    dataDir: await folders.create(),
    importRoots: [files.folder],
    settings: { workers: 1 },
  });
  client = new TestClient(server.address);
  await client.createCollection({
    name: "c",
    fields: [
      { name: "id", type: DataType.Int64, key: true },
      { name: "n", type: DataType.Int32 },
      { name: "t", type: DataType.VarChar, maxLength: 16 },
      { name: "v", type: DataType.FloatVector, dim: 2 },
    ],
  });
  const array = (name: string, descr: string, shape: number[], data: ArrayBufferView) =>
    files.write(`${name}.npy`, npyBytes(descr, shape, data));
  // In no order of their own: 7,919 and the number of rows have no divisor in common.
  const ids = BigInt64Array.from({ length: ROWS }, (_, i) => BigInt((i * 7919) % ROWS));
  const texts = Buffer.from(Array.from({ length: ROWS }, (_, i) => String(i).padStart(8, "0")).join(""));
  await client.importAndWait("c", [
    await array("id", "<i8", [ROWS], ids),
    await array(
      "n",
      "<i4",
      [ROWS],
      Int32Array.from({ length: ROWS }, (_, i) => (i * 31) % 1000),
    ),
    await array("t", "|S8", [ROWS], texts),
    await array("v", "<f4", [ROWS, 2], new Float32Array(2 * ROWS)),
  ]);
}, 120_000);

afterAll(async () => {
  client?.[Symbol.dispose]();
  await server?.stop();
  await folders[Symbol.asyncDispose]();
});

/** The bytes of the answer. What the client makes of them is not the server's time. */
async function query(expr: string, outputFields: string[], params: Record<string, string> = {}): Promise<Buffer> {
  const { path } = milvus.MilvusServiceService.query;
  const queryParams = Object.entries(params).map(([key, value]) => ({ key, value }));
  const request = milvus.QueryRequest.fromPartial({ collectionName: "c", expr, outputFields, queryParams });
  const raw = new GrpcClient(server.address, credentials.createInsecure(), { "grpc.max_receive_message_length": -1 });
  const bytes = Buffer.from(milvus.QueryRequest.encode(request).finish());
  try {
    return await new Promise((resolve, reject) => {
      raw.makeUnaryRequest(
        path,
        () => bytes,
        (answer) => answer,
        {},
        (error, answer) => (error ? reject(error) : resolve(answer as Buffer)),
      );
    });
  } finally {
    raw.close();
  }
}

it.each<[string, () => Promise<Buffer>]>([
  ["a million rows", () => query("id >= 0", ["id", "n", "t", "v"])],
  ["the same from memory", () => query("id >= 0", ["id", "n", "t", "v"])],
  [
    "a thousand of a million in another order",
    () => query("id >= 0", ["id"], { order_by_fields: "n:desc,t", limit: "1000" }),
  ],
  ["a window of them", () => query("id >= 0", ["id", "t"], { limit: "1000", offset: "5000" })],
  ["a count", () => query("n < 500 and t like '%1%'", ["count(*)"])],
])(
  "%s keep nobody waiting",
  async (_, run) => {
    const { result, silenceMs } = await watched(server.address, server.pid, run);
    expect(milvus.QueryResults.decode(result).status?.code).toBe(0);
    expect(silenceMs).toBeLessThan(MAX_SILENCE_MS);
  },
  60_000,
);

it("a million rows are all there, in order, with what belongs to them", async () => {
  const { fieldsData } = milvus.QueryResults.decode(await query("id >= 0", ["id", "n", "t"]));
  const values = fieldsData.map(({ field }) =>
    field?.$case === "scalars" && field.value.data ? (field.value.data.value as { data: unknown[] }).data : [],
  );
  const [ids, numbers, texts] = values;
  let wrong = 0;
  for (let i = 0; i < ROWS; i++) {
    const row = Number(texts[i]);
    if (ids[i] !== BigInt(i) || (row * 7919) % ROWS !== i || numbers[i] !== (row * 31) % 1000) wrong++;
  }
  expect([ids.length, wrong]).toEqual([ROWS, 0]);
}, 60_000);
