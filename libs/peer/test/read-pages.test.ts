import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type FixedColumn, type InsertBatch, views } from "@sluice/columns";
import { StatusError } from "@sluice/errors";
import { AllowedEndpoints } from "@sluice/object-store";
import { type GrpcServer, type Handlers, milvus, okStatus, openGrpcServer, type schema, served } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { countRows, MilvusPeer, peerPlaceOf, readPages } from "../src/index.ts";

// A peer that answers what a test says: other programs may answer anything.

let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

const of = collection([field("id", DataType.Int64, { isPrimaryKey: true }), field("text", DataType.VarChar)]);
const allowed = new AllowedEndpoints(["127.0.0.1/32"]);
const MESSAGE_BYTES = 64 << 10;
const rows = { collectionName: "c", partitionName: "", filter: "", readTs: 0n };

type Query = NonNullable<Partial<Handlers<milvus.MilvusServiceServer>>["query"]>;

async function peerThat(query: Query): Promise<MilvusPeer> {
  const services = [served<milvus.MilvusServiceServer>(milvus.MilvusServiceService, { query })];
  const server: GrpcServer = cleanup.use(openGrpcServer({ services, stopMs: 10 }));
  const { place } = peerPlaceOf({ address: await server.listen("127.0.0.1", 0) }, allowed);
  return cleanup.use(new MilvusPeer(place, undefined, MESSAGE_BYTES));
}

const scalars = (name: string, type: number, data: schema.ScalarField["data"]): schema.FieldData => ({
  ...{ type: type as schema.DataType, fieldName: name, fieldId: 0n, isDynamic: false, validData: [] },
  field: { $case: "scalars", value: { data } },
});
const answer = (ids: readonly bigint[], textBytes: number): milvus.QueryResults =>
  milvus.QueryResults.fromPartial({
    status: okStatus(),
    fieldsData: [
      scalars("id", DataType.Int64, { $case: "longData", value: { data: [...ids] } }),
      scalars("text", DataType.VarChar, { $case: "stringData", value: { data: ids.map(() => "x".repeat(textBytes)) } }),
    ],
  });
const limitOf = ({ queryParams }: milvus.QueryRequest) => Number(queryParams.find(({ key }) => key === "limit")?.value);
const afterOf = ({ expr }: milvus.QueryRequest) => BigInt(/id > (-?\d+)/.exec(expr)?.[1] ?? -1);

/** A peer with so many rows, keys from 0, each with a text of so many bytes. */
const peerWith = (count: number, textBytes: number, asked: milvus.QueryRequest[] = []) =>
  peerThat((request) => {
    asked.push(request);
    const first = Number(afterOf(request)) + 1;
    const upTo = Number(/id <= (\d+)/.exec(request.expr)?.[1] ?? count - 1);
    const last = Math.min(first + limitOf(request), upTo + 1, count);
    return answer(
      Array.from({ length: Math.max(0, last - first) }, (_, i) => BigInt(first + i)),
      textBytes,
    );
  });

async function read(peer: MilvusPeer, pageBytes = 16 << 10, keys = {}): Promise<number[]> {
  const found: number[] = [];
  const signal = new AbortController().signal;
  for await (const batch of readPages(peer, { rows, keys, schema: of, pageBytes }, signal))
    found.push(...keysOf(batch));
  return found;
}
const keysOf = ({ columns, rowCount }: InsertBatch) =>
  Array.from(views.int64(columns[0] as FixedColumn, rowCount), Number);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("pages of a peer", () => {
  it("have every row once, and about as many bytes as wished", async () => {
    const asked: milvus.QueryRequest[] = [];
    expect(await read(await peerWith(5000, 30, asked))).toEqual(upTo(5000));
    const limits = asked.map(limitOf);
    expect(Math.max(...limits)).toBeLessThan(600);
    expect(asked.length).toBeLessThan(20);
  });

  it("are asked for again in smaller ones when a message would be too large", async () => {
    expect(await read(await peerWith(50, 5000))).toEqual(upTo(50));
  });

  it("cover a range of keys", async () => {
    expect(await read(await peerWith(100, 10), 1 << 20, { after: "9", upTo: "19" })).toEqual([
      10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    ]);
  });

  it("are refused when one row is larger than a message", async () => {
    await expect(read(await peerWith(3, 100_000))).rejects.toMatchObject({
      ...{
        code: "peer_refused",
        reason: expect.stringMatching(/a row of c behind the key \(none\) that is larger than a message/),
      },
    });
  });

  it("are refused when keys do not ascend, since rows would be lost", async () => {
    await expect(read(await peerThat(() => answer([1n, 3n, 2n], 1)))).rejects.toThrow(
      /keys do not ascend: behind 3 stands 2/,
    );
    await expect(read(await peerThat(() => answer([1n], 1)))).rejects.toThrow(/keys do not ascend: behind 1 stands 1/);
  });

  it.each<[what: string, query: Query, message: RegExp]>([
    [
      "a field that is missing",
      () => ({ ...answer([1n], 1), fieldsData: answer([1n], 1).fieldsData.slice(0, 1) }),
      /field 'text' is missing/,
    ],
    [
      "columns of other lengths",
      () => ({ ...answer([1n], 1), fieldsData: [answer([1n, 2n], 1).fieldsData[0], answer([1n], 1).fieldsData[1]] }),
      /'text' has 1 values for 2 rows/,
    ],
    [
      "a refusal",
      () => {
        throw new StatusError(100, "collection not found[collection=c]");
      },
      /127.0.0.1:\d+: a query of c: collection not found\[collection=c\] \(code 100\)/,
    ],
  ])("end with what the peer says: %s", async (_, query, message) => {
    await expect(read(await peerThat(query))).rejects.toMatchObject({
      code: "peer_refused",
      reason: expect.stringMatching(message),
    });
  });

  it("wait for a peer that is busy", async () => {
    const peer = await peerThat(() => {
      throw new StatusError(8, "request is rejected by grpc RateLimiter middleware, please retry later");
    });
    await expect(read(peer)).rejects.toMatchObject({ code: "peer_unavailable" });
  });
});

describe("a connection to a peer", () => {
  it("is made to no address that is not listed, whatever its name stands for", async () => {
    const names = new AllowedEndpoints(["localhost"]);
    const { place } = peerPlaceOf({ address: "localhost:1" }, names);
    using peer = new MilvusPeer(place, undefined, MESSAGE_BYTES);
    await expect(countRows(peer, rows)).rejects.toThrow(/"localhost" stands for an address that is not public/);
  });

  it.each([
    ["an address that is not listed", "10.1.2.3:19530", /connects to no "10.1.2.3:19530"/],
    ["the same without its port", "milvus.internal", /connects to no "milvus.internal:19530"/],
    ["a password in it", "http://u:secret@127.0.0.1:1", /HOST:PORT/],
    ["a path", "127.0.0.1:1/x", /HOST:PORT/],
    ["another protocol", "ftp://127.0.0.1:21", /HOST:PORT/],
    ["nothing", "", /HOST:PORT/],
  ])("is refused for %s", (_, address, message) => {
    expect(() => peerPlaceOf({ address }, allowed)).toThrow(message);
    expect(() => peerPlaceOf({ address }, allowed)).not.toThrow(/secret/);
  });
});
