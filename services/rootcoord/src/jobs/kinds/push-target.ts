import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { type PushCopySpec, specOf } from "@sluice/jobs";
import {
  countRows,
  dropCollection,
  hasCollection,
  isLoaded,
  loadCollection,
  type MilvusPeer,
  type PeerDeclarations,
  pointAlias,
  renameCollection,
} from "@sluice/peer";
import { schema as wire } from "@sluice/rpc";
import type { DataCoordClient } from "../../data-coord.ts";
import type { JobCredentials } from "../job-credentials.ts";
import { ALL_BY_KEY, openPeerOf } from "../job-peers.ts";
import type { PlannedTask } from "./job-planner.ts";
import { memoryBytesOf, segmentTasks, taskBytesOf, withRows } from "./segment-tasks.ts";

// The collection that a copy makes in another service: what is declared there, and how it gets its name.

/** Of a job that copies to another service; of another one it is not asked. */
export function pushOf(job: JobRecord): PushCopySpec {
  return specOf(job, "copy") as PushCopySpec;
}

/** Smaller tasks are not made for workers that have nothing to do. */
const MIN_TASK_BYTES = 32 << 20;

/** Tasks that have some segments of one partition each, or of all of a partition key. */
export async function pushedTasks(
  kind: "push" | "export",
  job: JobRecord,
  deps: { readonly dataCoord: Pick<DataCoordClient, "visibleSegments" | "freeWorkers">; readonly splitBytes: number },
): Promise<PlannedTask[]> {
  const { partitions, sourceCollectionId, partitionNames } = pushOf(job);
  const from = partitions.map(([partition]) => partition);
  const segments = await deps.dataCoord.visibleSegments(sourceCollectionId, from, job.timestamp);
  const taskBytes = await taskBytesOf(memoryBytesOf(segments), MIN_TASK_BYTES, deps);
  if (partitionNames[0] === ALL_BY_KEY) return withRows(segmentTasks(kind, segments, 0, taskBytes), segments);
  const byPartition = Map.groupBy(segments, ({ partitionId }) => partitionId);
  const tasks = from.flatMap((partition, group) =>
    segmentTasks(kind, byPartition.get(partition) ?? [], group, taskBytes),
  );
  return withRows(tasks, segments);
}

/** The collection that it makes there; the schema is recorded as base64. */
export function declarationsOf(job: JobRecord): PeerDeclarations {
  const { schema, ...declared } = pushOf(job).declared;
  return { ...declared, schema: wire.CollectionSchema.decode(Buffer.from(schema, "base64")) };
}

/** Whether it has its name already: an end of the job whose answer was lost. */
export async function isRenamed(peer: MilvusPeer, job: JobRecord): Promise<boolean> {
  const { interimName, targetCollectionName } = pushOf(job);
  return !(await hasCollection(peer, interimName)) && (await hasCollection(peer, targetCollectionName));
}

/**
 * Compares the rows of each partition there with those that were sent, and then gives the collection its name.
 * @throws {ImportError} `job_failed` when they differ; another one while it is being loaded, after which it is tried again
 */
export async function publishThere(
  peer: MilvusPeer,
  job: JobRecord,
  tasks: readonly TaskRecord[],
  signal: AbortSignal,
): Promise<void> {
  const { interimName, targetCollectionName, partitionNames, declared } = pushOf(job);
  if (!(await isLoaded(peer, interimName)))
    throw new ImportError("peer_unavailable", `${interimName} is being loaded there, to count its rows`);
  for (const [group, name] of partitionNames.entries()) {
    const partitionName = name === ALL_BY_KEY ? "" : name;
    const rows = { collectionName: interimName, partitionName, filter: "", readTs: 0n };
    const found = await countRows(peer, rows, { signal });
    checkCount(job, name, found, rowsOf(tasks.filter((task) => task.group === group)));
  }
  if (!declared.isLoaded) await loadCollection(peer, interimName, false);
  await renameCollection(peer, interimName, targetCollectionName);
}

/** Where an alias is asked for it points to the target, which has its name; two calls there, since it knows no single one. */
export async function pointAliasThere(peer: MilvusPeer, job: JobRecord): Promise<void> {
  const { alias, targetCollectionName } = pushOf(job);
  if (alias !== undefined) await pointAlias(peer, alias, targetCollectionName);
}

/** What a failed job has made there, under the name of its own; nothing of what is called as it was asked for. @throws as `MilvusPeer.call` */
export async function dropInterim(job: JobRecord, credentials: JobCredentials): Promise<void> {
  using peer = openPeerOf(job, credentials);
  await dropCollection(peer, pushOf(job).interimName);
}

function checkCount(job: JobRecord, partition: string, found: number, sent: number): void {
  if (found === sent) return;
  const { interimName, peer } = pushOf(job);
  const reason = `partition ${partition} of ${interimName} in ${peer} has ${found} rows, and ${sent} were sent; where one key stands in several rows, an insert that is repeated leaves some of them out: copy again`;
  throw new ImportError("job_failed", reason);
}

/** Of all tasks together. */
export function rowsOf(tasks: readonly TaskRecord[]): number {
  return tasks.reduce((sum, { rowCount }) => sum + rowCount, 0);
}
