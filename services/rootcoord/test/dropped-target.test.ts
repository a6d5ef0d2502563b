import { expect, it } from "@jest/globals";
import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { droppedTarget } from "../src/jobs/dropped-target.ts";

it("a merge is told by its name which partition of its source was dropped", async () => {
  const collections: Readonly<Record<string, object>> = {
    1: { state: "active", partitions: [{ partitionId: 11n, name: "_default" }] },
    2: { state: "hidden", partitions: [11n, 12n].map((id) => ({ partitionId: id + 10n, name: `p${id}` })) },
  };
  const partitions = [11n, 12n].map((id) => [id, id + 10n]);
  const job = { kind: "merge", collectionId: 2n, spec: { sourceCollectionId: 1n, partitions } };
  const found = (id: bigint) => Promise.resolve(collections[String(id)] as CollectionRecord | undefined);
  expect(await droppedTarget(job as unknown as JobRecord, found)).toBe("partition p12");
});

it.each([
  ["the collection", { state: "dropped", partitions: [] }, "collection 2"],
  ["its partition", { state: "active", partitions: [] }, "partition p11"],
  ["nothing", { state: "active", partitions: [{ partitionId: 21n }] }, undefined],
])("a copy that appends is told that %s which it appends to was dropped", async (_, target, expected) => {
  const collections: Readonly<Record<string, object>> = {
    1: { state: "active", partitions: [{ partitionId: 11n, name: "p11" }] },
    2: target,
  };
  const about = { direction: "within", appends: true, sourceCollectionId: 1n, partitionNames: ["p11"] };
  const job = { kind: "copy", collectionId: 2n, spec: { ...about, partitions: [[11n, 21n]] } };
  const found = (id: bigint) => Promise.resolve(collections[String(id)] as CollectionRecord | undefined);
  expect(await droppedTarget(job as unknown as JobRecord, found)).toBe(expected);
});
