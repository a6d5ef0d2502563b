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
