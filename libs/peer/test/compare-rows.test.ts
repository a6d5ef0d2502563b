import { afterEach, beforeEach, expect, it } from "@jest/globals";
import type { Column } from "@sluice/columns";
import { AllowedEndpoints } from "@sluice/object-store";
import { milvus, okStatus, openGrpcServer, type schema, served } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { compareRows, MilvusPeer, peerPlaceOf } from "../src/index.ts";

// Rows here and those that a peer answers for their keys.

let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

const of = collection([field("id", DataType.Int64, { isPrimaryKey: true }), field("note", DataType.JSON)]);
const where = { collectionName: "c", partitionName: "", filter: "", readTs: 0n };
const MESSAGE_BYTES = 64 << 10;

const data = (name: string, type: number, value: schema.ScalarField["data"]): schema.FieldData => ({
  ...{ type: type as schema.DataType, fieldName: name, fieldId: 0n, isDynamic: false, validData: [] },
  field: { $case: "scalars", value: { data: value } },
});

/** A peer with these notes, which it answers for the keys that it is asked for, the last first. */
async function peerWith(notes: ReadonlyMap<bigint, string>, asked: number[] = []): Promise<MilvusPeer> {
  const query = ({ expr }: milvus.QueryRequest) => {
    const keys = [...expr.matchAll(/\d+/g)].map(([text]) => BigInt(text)).filter((key) => notes.has(key));
    asked.push(keys.length);
    const ids = keys.reverse();
    const texts = ids.map((key) => Buffer.from(notes.get(key) ?? ""));
    return milvus.QueryResults.fromPartial({
      status: okStatus(),
      fieldsData: [
        data("id", DataType.Int64, { $case: "longData", value: { data: ids } }),
        data("note", DataType.JSON, { $case: "jsonData", value: { data: texts } }),
      ],
    });
  };
  const services = [served<milvus.MilvusServiceServer>(milvus.MilvusServiceService, { query })];
  const server = cleanup.use(openGrpcServer({ services, stopMs: 10 }));
  const { place } = peerPlaceOf(
    { address: await server.listen("127.0.0.1", 0) },
    new AllowedEndpoints(["127.0.0.1/32"]),
  );
  return cleanup.use(new MilvusPeer(place, undefined, MESSAGE_BYTES));
}

function columnsOf(notes: ReadonlyMap<bigint, string>): Column[] {
  const ids = new BigInt64Array([...notes.keys()]);
  const texts = Array.from(notes.values(), (text) => Buffer.from(text));
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, { length }] of texts.entries()) offsets[i + 1] = offsets[i] + length;
  const validity = undefined;
  return [
    { kind: "fixed", width: 8, data: new Uint8Array(ids.buffer), validity },
    { kind: "var", offsets, data: new Uint8Array(Buffer.concat(texts)), validity },
  ];
}

async function compared(here: [bigint, string][], there: [bigint, string][], asked: number[] = []): Promise<void> {
  const rows = new Map(here);
  const peer = await peerWith(new Map(there), asked);
  const { signal } = new AbortController();
  await compareRows(peer, where, { schema: of, columns: columnsOf(rows), rowCount: rows.size }, signal);
}

it("are the same in whatever order they come, and however their JSON is written", async () => {
  await compared(
    [
      [1n, '{"a":1,"b":[{"x":1,"y":2}]}'],
      [2n, "null"],
    ],
    [
      [2n, "null"],
      [1n, '{ "b": [{"y": 2, "x": 1}], "a": 1 }'],
    ],
  );
});

it("that are missing there are told by their key", async () => {
  await expect(
    compared(
      [
        [1n, "1"],
        [7n, "2"],
      ],
      [[1n, "1"]],
    ),
  ).rejects.toMatchObject({
    ...{ code: "value_invalid", reason: expect.stringMatching(/the row with id 7 is not in 127\.0\.0\.1:\d+/) },
  });
});

it("that differ are told by key, field and values", async () => {
  await expect(compared([[7n, "[1,2]"]], [[7n, "[2,1]"]])).rejects.toMatchObject({
    reason: expect.stringMatching(/the row with id 7 has 5 bytes 5b312c325d here, and 5 bytes 5b322c315d in 127/),
    at: { field: "note" },
  });
});

it("differ in integers that no double tells apart, and not in how such ones are written", async () => {
  const [one, other] = ["9007199254740992", "9007199254740993"];
  await compared([[7n, `{"a":${one},"b":1}`]], [[7n, `{"b":1, "a":${one}}`]]);
  await expect(compared([[7n, `{"a":${one}}`]], [[7n, `{"a":${other}}`]])).rejects.toThrow("the row with id 7 has");
});

it("are asked for again in smaller numbers when a message would be too large", async () => {
  const rows = Array.from({ length: 100 }, (_, i): [bigint, string] => [BigInt(i), `"${"x".repeat(2000)}"`]);
  const asked: number[] = [];
  await compared(rows, rows, asked);
  expect([asked[0], Math.max(...asked.slice(2))]).toEqual([100, 32]);
});
