import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { type MergeReport, mergeReportOf, specOf } from "@sluice/jobs";

/** What a merge is about, and what it came to as soon as that is known. */
export interface MergeOutcome extends Partial<MergeReport> {
  readonly dbName: string;
  readonly collectionName: string;
  readonly destDbName: string;
  readonly destCollectionName: string;
  /** As text, which keeps all its digits. */
  readonly snapshotTs: string;
  readonly ignoredColumns: readonly string[];
  /** That points to the new collection when it is whole. */
  readonly alias?: string;
  readonly dryRun: boolean;
}

/** The report is in it as soon as the task that counts has ended. */
export function mergeOutcome(job: JobRecord, tasks: readonly TaskRecord[]): MergeOutcome {
  const spec = specOf(job, "merge");
  const { sourceDbName, sourceCollectionName, targetCollectionName, ignoredColumns, isDryRun, alias } = spec;
  // Of a dry run there is none, and the job is about the source.
  const destCollectionName = isDryRun ? targetCollectionName : job.collectionName;
  return {
    ...{ dbName: sourceDbName, collectionName: sourceCollectionName },
    ...{ destDbName: job.dbName, destCollectionName },
    ...{ snapshotTs: String(job.timestamp), ignoredColumns, dryRun: isDryRun },
    ...(alias !== undefined && { alias }),
    ...reportOf(tasks),
  };
}

/** What all tasks came to together; undefined until all have. */
export function reportOf(tasks: readonly TaskRecord[]): MergeReport | undefined {
  const reports = tasks.flatMap(({ findings }) => findings?.merged ?? []);
  return tasks.length > 0 && reports.length === tasks.length ? mergeReportOf(reports) : undefined;
}
