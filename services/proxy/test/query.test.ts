import { describe, expect, it } from "@jest/globals";
import { NobodyAnswersError } from "@sluice/errors";
import { type CallSettings, milvus, okStatus, rootCoord } from "@sluice/rpc";
import { type CallContext, databaseOf } from "../src/call-context.ts";
import { type ProxyContext, rowCounts } from "../src/context.ts";
import { GrpcCall } from "../src/grpc/grpc-call.ts";
import { queryOperations } from "../src/operations/query.ts";
import { read } from "../src/operations/reads.ts";

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

describe("while no querynode lives", () => {
  const absentMsOf = async (leftMs: number) => {
    const asked: CallSettings[] = [];
    const deadline = { ...call, endsAtMs: performance.now() + leftMs };
    await read("query", { vchannels: ["v0"] }, deadline, async (settings) => asked.push(settings));
    return asked[0].absentMs as number;
  };

  it("a read says so in Milvus's words, with what to do", async () => {
    const { signal } = call;
    const asked = read("search", { vchannels: ["v0", "v1"] }, { signal, endsAtMs: Number.POSITIVE_INFINITY }, () =>
      Promise.reject(new NobodyAnswersError("search")),
    );
    await expect(asked).rejects.toMatchObject({
      code: 503,
      message:
        "failed to search: no available shard leaders: channel not available[channel=v0]: no querynode lives: start one, or try again once it has come",
    });
  });

  it("waits for one for 20 s, and ends in time for the client to hear of it", async () => {
    expect(await absentMsOf(Number.POSITIVE_INFINITY)).toBe(20_000);
    const absentMs = await absentMsOf(5000);
    expect(absentMs).toBeGreaterThan(4000);
    expect(absentMs).toBeLessThanOrEqual(4500);
    expect(await absentMsOf(-1)).toBe(0);
  });
});

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
