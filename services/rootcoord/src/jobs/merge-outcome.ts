import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { type MergeReport, specOf } from "@sluice/jobs";

/** What a merge is about, and what it came to as soon as that is known. */
export interface MergeOutcome extends Partial<MergeReport> {
  readonly dbName: string;
  readonly collectionName: string;
  readonly destDbName: string;
  readonly destCollectionName: string;
  /** As text, which keeps all its digits. */
  readonly snapshotTs: string;
  readonly ignoredColumns: readonly string[];
  readonly dryRun: boolean;
}

export function mergeOutcome(job: JobRecord, tasks: readonly TaskRecord[]): MergeOutcome {
  const { sourceDbName, sourceCollectionName, ignoredColumns, isDryRun } = specOf(job, "merge");
  return {
    ...{ dbName: sourceDbName, collectionName: sourceCollectionName },
    ...{ destDbName: job.dbName, destCollectionName: job.collectionName },
    ...{ snapshotTs: String(job.timestamp), ignoredColumns, dryRun: isDryRun },
    ...tasks.find(({ findings }) => findings?.merged)?.findings?.merged,
  };
}
