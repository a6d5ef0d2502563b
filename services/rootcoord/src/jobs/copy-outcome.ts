import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { specOf } from "@sluice/jobs";
import { reasonText } from "./file-details.ts";

/** What users are told of a copy; counts of each partition are of one moment, that of the request. */
export function copyOutcome(job: JobRecord, tasks: readonly TaskRecord[]) {
  const spec = specOf(job, "copy");
  const { sourceDbName, sourceCollectionName, partitionNames, strategy } = spec;
  const sum = (of: readonly number[]) => of.reduce((total, value) => total + value, 0);
  return {
    ...(spec.direction === "in" && { from: spec.peer, filter: spec.filter, readTimestamp: String(spec.readTs) }),
    ...(spec.direction === "out" && { to: spec.peer, filter: spec.filter }),
    ...{ dbName: sourceDbName, collectionName: sourceCollectionName },
    ...targetOf(job),
    ...(spec.checkRows && { checkRows: spec.checkRows }),
    ...(spec.bytesPerSecond && { maxMBPerSecond: spec.bytesPerSecond / 1e6 }),
    ...{ strategy: strategy.name, strategyReason: strategy.reason, timestamp: String(job.timestamp) },
    partitions: partitionNames.map((name, group) => {
      const own = tasks.filter((task) => task.group === group);
      const sourceRows = sum(own.map(({ announcedRows = 0 }) => announcedRows));
      return { name, sourceRows, rows: sum(own.map(({ rowCount }) => rowCount)) };
    }),
  };
}

/**
 * Until it is whole, a collection in another service has a name of the job's own; when that will not come, it has it until it is
 * dropped there.
 */
function targetOf(job: JobRecord) {
  const spec = specOf(job, "copy");
  if (spec.direction !== "out") return { targetDbName: job.dbName, targetCollectionName: job.collectionName };
  const { targetCollectionName, interimName } = spec;
  const { doneMs, refusal } = job.cleanup ?? {};
  if (job.state === "completed" || doneMs) return { targetCollectionName };
  return { targetCollectionName, interimName, ...(refusal && { interimLeft: reasonText(refusal) }) };
}
