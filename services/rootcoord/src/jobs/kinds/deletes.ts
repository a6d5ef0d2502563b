import type { JobRecord } from "@sluice/catalog";
import { type DeletesTaskInput, newTask, specOf } from "@sluice/jobs";
import { primaryKeyIndex } from "@sluice/schema";
import { type PlannedTask, schemaOf } from "./job-planner.ts";

/**
 * Delta logs without rows (`l0_import=true`). One task brings all of them into the store; which rows they concern is found out, and
 * written down, by the change that ends the job: what is visible then is all that they can concern.
 */
export class DeletesPlanner {
  /** One task, of all files. */
  planAtOnce({ groups }: JobRecord): readonly PlannedTask[] {
    const files = groups.flatMap((group) => group.files);
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return [{ ...newTask, kind: "deletes", group: 0, groupCount: groups.length, sizeBytes }];
  }

  /** As `JobPlanner.inputOf`. Delta logs lie in the first partition and shard, whichever their deletes concern. */
  inputOf(job: JobRecord): DeletesTaskInput {
    const { collectionId, partitionIds, vchannels, timestamp, groups, sources } = job;
    const { formatOptions, isDryRun = false } = specOf(job, "import");
    const schema = schemaOf(job);
    return {
      ...{ collectionId, timestamp, isDryRun, sets: groups, options: formatOptions },
      ...(sources && { sources }),
      bucket: { partitionId: partitionIds[0], vchannel: vchannels[0] },
      primaryKey: schema.fields[primaryKeyIndex(schema)],
    };
  }
}
