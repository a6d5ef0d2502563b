import { describe, expect, it } from "@jest/globals";
import { milvus, okStatus, rootCoord } from "@sluice/rpc";
import { databaseOf, type ProxyContext, rowCounts } from "../src/context.ts";
import { queryHandlers } from "../src/grpc/query.ts";

const headers = (dbname: string) => ({ metadata: { get: () => [dbname] } });
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
  const { query } = queryHandlers(context);
  const ask = async (request: Partial<milvus.QueryRequest> = {}) => {
    const call = { ...headers(""), on: () => {}, once: () => {}, cancelled: false };
    await query?.(milvus.QueryRequest.fromPartial({ collectionName: "books", ...request }), call as never);
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
  expect(databaseOf({ dbName: "own" }, headers("shop"))).toBe("own");
  expect(databaseOf({ dbName: "" }, headers("shop"))).toBe("shop");
  expect(databaseOf({}, headers(""))).toBe("default");
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
