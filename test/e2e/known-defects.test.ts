import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { bookCollection, useServer } from "../support/index.ts";
import { longWork } from "./known-defects/long-work.ts";
import { defectsOfFormats } from "./known-defects/of-formats.ts";
import { defectsOfJobs } from "./known-defects/of-jobs.ts";

// Defects of other importers that must not come back; D-numbers as in the import specification, section 14. Each is looked at
// from outside here; suites of the formats and of jobs have their corners.

const fixture = useServer({ workers: 2, smallTaskSize: "100KB" });
const numberOf = (id: string) => Number(id.slice(1));
const defects = [...defectsOfFormats, ...defectsOfJobs].sort(([a], [b]) => numberOf(a) - numberOf(b));

describe("defects that other importers had", () => {
  it("are sixteen", () =>
    expect(defects.map(([id]) => numberOf(id))).toEqual(Array.from({ length: 16 }, (_, i) => i + 1)));

  it.each(defects)("%s: %s", (_, __, check) => check(fixture));
});

it("a job ends soon after its partition is dropped", async () => {
  const { client, files } = fixture;
  await client.createCollection(bookCollection("part_dropped"));
  await client.createPartition("part_dropped", "p1");
  await client.raw.releaseCollection(milvus.ReleaseCollectionRequest.fromPartial({ collectionName: "part_dropped" }));
  const paths = await longWork(files, "part-dropped");
  const task = await client.import("part_dropped", paths, { partition: "p1" });
  await sleep(100);
  const drop = { collectionName: "part_dropped", partitionName: "p1" };
  checkStatus(await client.raw.dropPartition(milvus.DropPartitionRequest.fromPartial(drop)));
  expect(await client.waitFor(task)).toMatchObject({ reason: "partition p1 dropped", isCompleted: false });
});
