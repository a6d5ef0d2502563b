import { milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import type { CollectionSpec, ServerFixture } from "../support/index.ts";

// What copies from and to another service are shown with.

/** Of most types, with nulls, dynamic keys and keys that have to be escaped. */
export const copiedCollection: CollectionSpec = {
  ...{ name: "everything", shards: 2, dynamic: true, properties: { "collection.ttl.seconds": "1000000" } },
  fields: [
    { name: "id", type: DataType.VarChar, key: true, maxLength: 40 },
    { name: "flag", type: DataType.Bool },
    { name: "i8", type: DataType.Int8, nullable: true },
    { name: "n", type: DataType.Int64, nullable: true },
    { name: "d", type: DataType.Double },
    { name: "at", type: DataType.Timestamptz },
    { name: "geo", type: DataType.Geometry, nullable: true },
    { name: "json", type: DataType.JSON },
    { name: "tags", type: DataType.Array, element: DataType.VarChar, capacity: 4, maxLength: 20 },
    { name: "v", type: DataType.FloatVector, dim: 4 },
    { name: "hv", type: DataType.Float16Vector, dim: 2, nullable: true },
    { name: "sv", type: DataType.SparseFloatVector },
  ],
};
/**
 * A row by its number; nulls of each field come at a rate of its own, and a key has characters that JSON and
 * expressions escape.
 */
export const copiedRow = (i: number) => ({
  ...{ id: `k"\\\n${i}é`, flag: i % 2 === 0, i8: i % 3 ? -i % 128 : null, n: i % 5 ? i * 1e9 : null, d: i / 7 },
  ...{ at: "2026-01-01T00:00:00Z", geo: i % 4 ? `POINT (${i} 2)` : null, json: { i }, tags: ["a", `t${i}`] },
  ...{ v: [i, 0, 1, 2], hv: i % 2 ? [1, 0.5] : null, sv: { 3: i + 1 }, extra: i },
});

/** Makes it, with 600 rows in each of two partitions. */
export async function makeCopiedCollection({ client, files }: ServerFixture): Promise<void> {
  await client.createCollection(copiedCollection);
  await client.createPartition("everything", "new");
  const rows = (first: number) => Array.from({ length: 600 }, (_, i) => copiedRow(first + i));
  await client.importAndWait("everything", await files.jsonl("everything.jsonl", rows(0)));
  await client.importAndWait("everything", await files.jsonl("new.jsonl", rows(1000)), { partition: "new" });
}

/** What a server says of its collections. */
export function collectionFacts(fixture: ServerFixture) {
  return {
    describeCollection: (collectionName: string) =>
      fixture.client.raw.describeCollection(milvus.DescribeCollectionRequest.fromPartial({ collectionName })),
    async indexesOf(collectionName: string) {
      const request = milvus.DescribeIndexRequest.fromPartial({ collectionName });
      const { indexDescriptions } = await fixture.client.raw.describeIndex(request);
      return indexDescriptions.map(({ indexName, params }) => [indexName, params]);
    },
  };
}

/** A collection with automatic keys, whose rows lie in partitions by the tenant. */
export const tenantCollection: CollectionSpec = {
  ...{ name: "tenants", shards: 2, partitions: 8 },
  fields: [
    { name: "id", type: DataType.Int64, key: true, auto: true },
    { name: "tenant", type: DataType.VarChar, partitionKey: true, maxLength: 20 },
    { name: "v", type: DataType.FloatVector, dim: 2 },
  ],
};

/** Rows of it, of thirty tenants. */
export const tenantRows = Array.from({ length: 500 }, (_, i) => ({ tenant: `t${i % 30}`, v: [i, 1] }));
