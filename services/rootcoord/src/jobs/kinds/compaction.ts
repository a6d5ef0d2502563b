import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { type CompactionTaskInput, newTask, packGroups, specOf } from "@sluice/jobs";
import type { SegmentId } from "@sluice/schema";
import { type JobPlanner, type PlannedTask, schemaOf } from "./job-planner.ts";

/** Merges of so many bytes of rows are one task: each costs some calls and records, and one that is small holds no worker. */
const PACK_BYTES = 4 << 20;

/** Small segments into larger ones. What is merged was chosen when the job was recorded; small merges are packed into tasks. */
export class CompactionPlanner implements JobPlanner {
  async plan(job: JobRecord): Promise<PlannedTask[]> {
    const sizesBytes = specOf(job, "compaction").merges.map(({ memoryBytes }) => memoryBytes);
    return packGroups(sizesBytes, PACK_BYTES).map(({ first, count }) => {
      const sizeBytes = sizesBytes.slice(first, first + count).reduce((sum, size) => sum + size, 0);
      return { ...newTask, kind: "compaction", group: first, groupCount: count, sizeBytes };
    });
  }

  inputOf(job: JobRecord, { group, groupCount = 1 }: TaskRecord): CompactionTaskInput {
    const { merges } = specOf(job, "compaction");
    return { collectionId: job.collectionId, schema: schemaOf(job), merges: merges.slice(group, group + groupCount) };
  }

  removes(job: JobRecord): readonly SegmentId[] {
    return specOf(job, "compaction").merges.flatMap(({ segmentIds }) => segmentIds);
  }
}
