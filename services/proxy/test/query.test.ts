import { describe, expect, it } from "@jest/globals";
import { milvus, okStatus, rootCoord } from "@sluice/rpc";
import { type CallContext, databaseOf } from "../src/call-context.ts";
import { type ProxyContext, rowCounts } from "../src/context.ts";
import { GrpcCall } from "../src/grpc/grpc-call.ts";
import { queryOperations } from "../src/operations/query.ts";

const call = { database: "default", signal: new AbortController().signal } as CallContext;
const partition = (name: string, partitionId: bigint, loaded: boolean) => ({ name, partitionId, loaded });

/** A collection with a loaded and a released partition; the querynode answers what it was ordered. */
function setUp(more: Partial<rootCoord.ResolveCollectionResponse> = {}) {
  const resolved = rootCoord.ResolveCollectionResponse.fromPartial({
    status: okStatus(),
    collectionId: 9n,
    partitions: [partition("new", 1n, true), partition("old", 2n, false)],
    ...more,
  });
  const orders: { partitionIds: bigint[]; ttlSeconds: bigint; timezone: string }[] = [];
  const context = {
    root: { resolveCollection: async () => resolved },
    query: { query: async (order: (typeof orders)[number]) => orders.push(order) },
    data: {
      getRowCounts: async () => ({
        status: okStatus(),
        partitions: [1n, 2n, 3n].map((partitionId) => ({ partitionId, rowCount: 10n * partitionId })),
      }),
    },
  } as unknown as ProxyContext;
  const { query } = queryOperations(context);
  const ask = async (request: Partial<milvus.QueryRequest> = {}) => {
    await query?.(milvus.QueryRequest.fromPartial({ collectionName: "books", ...request }), call);
    return orders[0];
  };
  return { ask, context, resolved };
}

describe("a query reads", () => {
  it("all loaded partitions, or those that are named", async () => {
    expect((await setUp().ask()).partitionIds).toEqual([1n]);
    expect((await setUp().ask({ partitionNames: ["new"] })).partitionIds).toEqual([1n]);
  });

  it("nothing of a partition that is not there, or not loaded", async () => {
    await expect(setUp().ask({ partitionNames: ["none"] })).rejects.toMatchObject({ code: 1100 });
    await expect(setUp().ask({ partitionNames: ["old"] })).rejects.toMatchObject({ code: 201 });
    await expect(setUp({ partitions: [partition("old", 2n, false)] as never }).ask()).rejects.toMatchObject({
      code: 101,
    });
  });

  it("no partition by name where a key chooses it", async () => {
    const keyed = setUp({ hasPartitionKey: true });
    await expect(keyed.ask({ partitionNames: ["new"] })).rejects.toThrow("partition key mode");
  });

  it("with the collection's own time zone and lifetime", async () => {
    const properties = [
      { key: "timezone", value: "Asia/Tokyo" },
      { key: "collection.ttl.seconds", value: "60" },
    ];
    expect(await setUp({ properties }).ask()).toMatchObject({ timezone: "Asia/Tokyo", ttlSeconds: 60n });
    expect(await setUp().ask()).toMatchObject({ timezone: "UTC", ttlSeconds: 0n });
  });
});

it("a call's database is that of its request, else of its headers, else the default", () => {
  const withHeader = (dbname: string) => new GrpcCall({ metadata: { get: () => [dbname] } } as never);
  expect(databaseOf({ dbName: "own" }, withHeader("shop"))).toBe("own");
  expect(databaseOf({ dbName: "" }, withHeader("shop"))).toBe("shop");
  expect(databaseOf({}, withHeader(""))).toBe("default");
});

it("rows of partitions that were dropped do not count", async () => {
  const { context, resolved } = setUp();
  const { rows, byPartition } = await rowCounts(context, resolved);
  expect(rows).toBe(30n);
  expect([...byPartition]).toEqual([
    [1n, 10n],
    [2n, 20n],
  ]);
});
