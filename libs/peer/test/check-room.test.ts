import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { StatusError, statusCodes } from "@sluice/errors";
import { AllowedEndpoints } from "@sluice/object-store";
import { GrpcError, type Handlers, milvus, okStatus, openGrpcServer, served } from "@sluice/rpc";
import { checkRoom, MilvusPeer, peerPlaceOf } from "../src/index.ts";

// A peer that answers what a test says: other programs may answer anything.

let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

interface Peer {
  readonly quotaStates?: readonly milvus.QuotaState[];
  readonly reasons?: readonly string[];
  /** Of its database; undefined: it knows no such call. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
  readonly collectionNames?: readonly string[];
  /** What it answers to GetMetrics; undefined: it refuses. */
  readonly metrics?: string | undefined;
}

/** As Milvus 2.3.5 tells them, among much else. */
const sized = (sizes: Readonly<Record<string, number>>) =>
  JSON.stringify({
    nodes_info: [
      { infos: { name: "proxy1", quota_metrics: null } },
      { infos: { name: "datacoord1", quota_metrics: { TotalBinlogSize: 9 << 20, CollectionBinlogSize: sizes } } },
    ],
  });

async function peerWith({
  quotaStates = [],
  reasons = [],
  properties,
  collectionNames = [],
  metrics,
}: Peer): Promise<MilvusPeer> {
  const pairs = Object.entries(properties ?? {}).map(([key, value]) => ({ key, value }));
  const handlers: Partial<Handlers<milvus.MilvusServiceServer>> = {
    checkHealth: async () =>
      milvus.CheckHealthResponse.fromPartial({
        status: okStatus(),
        quotaStates: [...quotaStates],
        reasons: [...reasons],
      }),
    describeDatabase: async () => {
      if (!properties) throw new GrpcError(12, "unknown method DescribeDatabase");
      return milvus.DescribeDatabaseResponse.fromPartial({ status: okStatus(), properties: pairs });
    },
    showCollections: async () =>
      milvus.ShowCollectionsResponse.fromPartial({
        status: okStatus(),
        collectionNames: [...collectionNames],
        collectionIds: collectionNames.map((_, i) => BigInt(i + 1)),
      }),
    getMetrics: async () => {
      if (metrics === undefined) throw new StatusError(statusCodes.unimplemented, "no metrics");
      return milvus.GetMetricsResponse.fromPartial({ status: okStatus(), response: metrics });
    },
  };
  const server = cleanup.use(openGrpcServer({ services: [served(milvus.MilvusServiceService, handlers)], stopMs: 10 }));
  const allowed = new AllowedEndpoints(["127.0.0.1/32"]);
  const { place } = peerPlaceOf({ address: await server.listen("127.0.0.1", 0), dbName: "d" }, allowed);
  return cleanup.use(new MilvusPeer(place, undefined, 1 << 20));
}

const room = (bytes: number, properties: readonly (readonly [string, string])[] = []) => ({ bytes, properties });

describe("the room that another service has", () => {
  it.each<[string, Peer, bytes: number, RegExp]>([
    [
      "takes no rows",
      { quotaStates: [milvus.QuotaState.DenyToWrite], reasons: ["disk quota exhausted"] },
      1,
      /has no room: it takes no rows \(DenyToWrite\): disk quota exhausted; nothing was made there/,
    ],
    ["makes no collections", { quotaStates: [milvus.QuotaState.DenyToDDL] }, 1, /DenyToDDL.*does not say why/],
    [
      "has too small a database",
      { properties: { "database.diskQuota.mb": "5" } },
      6 << 20,
      /about 6 MB, more than the 5 MB of database.diskQuota.mb/,
    ],
    [
      "has a database that holds too much already",
      {
        properties: { "database.diskQuota.mb": "8" },
        collectionNames: ["a", "b"],
        metrics: sized({ 1: 2 << 20, 2: 1, 3: 5 << 20 }),
      },
      6 << 20,
      /about 6 MB beside the 3 MB that are there, more than the 8 MB of database.diskQuota.mb/,
    ],
    [
      "has as many collections as its database may have",
      { properties: { "database.max.collections": "2" }, collectionNames: ["a", "b"] },
      1,
      /database d has 2 collections, and may have 2 \(database.max.collections\)/,
    ],
  ])("is none where it %s", async (_, peer, bytes, message) => {
    await expect(checkRoom(await peerWith(peer), room(bytes))).rejects.toThrow(message);
  });

  it("is less than what the collection itself says", async () => {
    const limits = [["collection.diskQuota.mb", "1"]] as const;
    await expect(checkRoom(await peerWith({ properties: {} }), room(2 << 20, limits))).rejects.toThrow(
      "2 MB, more than the 1 MB",
    );
  });

  it.each<[string, Peer]>([
    ["an older one, without properties", {}],
    ["one without quotas", { properties: {} }],
    [
      "one with room",
      { properties: { "database.diskQuota.mb": "6", "database.max.collections": "2" }, collectionNames: ["a"] },
    ],
    [
      "one whose other databases hold much",
      { properties: { "database.diskQuota.mb": "6" }, collectionNames: ["a"], metrics: sized({ 2: 5 << 20 }) },
    ],
    ["one that tells something else", { properties: { "database.diskQuota.mb": "6" }, metrics: '{"nodes_info":[7]}' }],
    ["one that tells no JSON", { properties: { "database.diskQuota.mb": "6" }, metrics: "<html>" }],
    ["quotas that are none", { properties: { "database.diskQuota.mb": "-1", "database.max.collections": "x" } }],
    ["one that is slow with rows", { quotaStates: [milvus.QuotaState.WriteLimited] }],
  ])("is there: %s", async (_, peer) => {
    await expect(checkRoom(await peerWith(peer), room(6 << 20))).resolves.toBeUndefined();
  });
});
