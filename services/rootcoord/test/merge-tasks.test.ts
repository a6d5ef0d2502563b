import { expect, it } from "@jest/globals";
import type { JobRecord, TaskRecord } from "@sluice/catalog";
import type { MergeReport } from "@sluice/jobs";
import type { StoredSegment } from "@sluice/schema";
import { MergePlanner } from "../src/jobs/kinds/merge.ts";
import { mergeOutcome } from "../src/jobs/merge-outcome.ts";

const MB = 1 << 20;

const segment = (segmentId: bigint, megabytes: number) =>
  ({ segmentId, partitionId: 5n, memoryBytes: megabytes * MB, rowCount: 10 * megabytes }) as StoredSegment;

const merge = (fileMegabytes: number, minMatchRatio = 0) =>
  ({
    ...{ kind: "merge", dbName: "default", collectionName: "made", timestamp: 7n },
    spec: { kind: "merge", sourceCollectionId: 1n, partitions: [[5n, 6n]], mergeField: "id", minMatchRatio },
    groups: [{ format: "parquet", files: [{ sizeBytes: fileMegabytes * MB }] }],
  }) as unknown as JobRecord;

const plan = (segments: StoredSegment[], fileMegabytes: number, workers: number | Error) => {
  const freeWorkers = async () => {
    if (workers instanceof Error) throw workers;
    return workers;
  };
  const dataCoord = { visibleSegments: async () => segments, freeWorkers };
  return new MergePlanner({ dataCoord, splitBytes: 512 * MB } as never).plan(merge(fileMegabytes));
};

it("is a task for each free worker, of about as many bytes one behind the other, the first of which looks up the rows of all others", async () => {
  const segments = [100, 300, 100, 400, 500].map((megabytes, i) => segment(BigInt(i + 1), megabytes)).reverse();
  expect(await plan(segments, 50, 3)).toMatchObject([
    { segmentIds: [4n], countedSegmentIds: [1n, 2n, 3n, 5n], sizeBytes: 450 * MB, announcedRows: 4000, groupCount: 1 },
    { segmentIds: [1n, 2n, 3n], countedSegmentIds: false, sizeBytes: 550 * MB },
    { segmentIds: [5n], countedSegmentIds: false, sizeBytes: 550 * MB },
  ]);
});

it("is a task for each free worker where the first or the last segment is most of the collection", async () => {
  for (const sizes of [
    [900, 50, 50],
    [50, 50, 900],
  ]) {
    const tasks = await plan(
      sizes.map((megabytes, i) => segment(BigInt(i + 1), megabytes)),
      1,
      3,
    );
    expect(tasks.map(({ segmentIds = [] }) => segmentIds.length)).toEqual([1, 1, 1]);
  }
});

it.each([
  ["one worker is free", 50, 1],
  ["none is", 50, 0],
  ["it is not known how many are", 50, new Error("away")],
  ["the files are more than a sixteenth of the collection, since each task reads them", 63, 8],
])("is one task where %s", async (_, fileMegabytes, workers) => {
  const segments = [segment(1n, 500), segment(2n, 500)];
  const tasks = await plan(segments, fileMegabytes, workers);
  expect(tasks).toMatchObject([{ segmentIds: [1n, 2n], sizeBytes: (1000 + fileMegabytes) * MB }]);
  expect(tasks[0]).not.toHaveProperty("countedSegmentIds");
});

it("is one task where there is little to do, or nothing", async () => {
  expect(await plan([segment(1n, 40), segment(2n, 60)], 1, 8)).toHaveLength(1);
  expect(await plan([], 1, 8)).toMatchObject([{ segmentIds: [], announcedRows: 0 }]);
});

const report = (merged: Partial<MergeReport>) => {
  const none = { sourceRows: 0, fileRows: 0, matchedSourceRows: 0, unmatchedSourceRows: 0, unmatchedFileRows: 0 };
  const all: MergeReport = { ...none, duplicateFileKeys: 0, nullFileKeys: 0, destRows: 0, ...merged };
  return { findings: { sets: [], rejected: [], merged: all } } as unknown as TaskRecord;
};
const reports = [
  report({ sourceRows: 10, matchedSourceRows: 4, unmatchedSourceRows: 6, destRows: 10, fileRows: 20, nullFileKeys: 1 }),
  report({ sourceRows: 30, matchedSourceRows: 5, unmatchedSourceRows: 25, destRows: 30 }),
];

it("tells what all tasks came to together, when all have ended", () => {
  const sums = { sourceRows: 40, matchedSourceRows: 9, unmatchedSourceRows: 31, destRows: 40 };
  expect(mergeOutcome(merge(1), reports)).toMatchObject({ ...sums, fileRows: 20, nullFileKeys: 1 });
  const unfinished = mergeOutcome(merge(1), [reports[0], {} as TaskRecord]);
  expect(unfinished).not.toHaveProperty("sourceRows");
});

it("is refused for too few matches of all tasks together", () => {
  const planner = new MergePlanner({} as never);
  expect(planner.refusal(merge(1, 0.225), reports)).toBeUndefined();
  expect(planner.refusal(merge(1, 0.23), reports)).toEqual({
    ...{ code: "value_invalid", field: "id" },
    reason: "9 of 40 rows of the collection have found a row of the files, less than minMatchRatio 0.23",
  });
  expect(planner.refusal(merge(1, 1), [report({})])).toBeUndefined();
});
