import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { type PushCopySpec, type PushTaskInput, specOf } from "@sluice/jobs";
import {
  countRows,
  hasCollection,
  isLoaded,
  loadCollection,
  type MilvusPeer,
  makeCollection,
  type PeerDeclarations,
  renameCollection,
} from "@sluice/peer";
import { schema as wire } from "@sluice/rpc";
import type { DataCoordClient } from "../../data-coord.ts";
import type { JobCredentials } from "../job-credentials.ts";
import { ALL_BY_KEY, openPeerOf, peerSourceOf } from "../job-peers.ts";
import { type JobPlanner, type PlannedTask, schemaOf } from "./job-planner.ts";
import { memoryBytesOf, segmentTasks, taskBytesOf, withRows } from "./segment-tasks.ts";

export interface PushPlannerDeps {
  readonly dataCoord: Pick<DataCoordClient, "visibleSegments" | "freeWorkers">;
  readonly credentials: JobCredentials;
  /** Bytes of rows of a task, about. */
  readonly splitBytes: number;
}

/** Smaller tasks are not made for workers that have nothing to do. */
const MIN_TASK_BYTES = 32 << 20;

/**
 * Segments into inserts into a collection of another service. It is made under a name of the job's own, which nobody asks for, and
 * gets the one that was asked for when it is whole. A task is some segments of one partition.
 */
export class PushPlanner implements JobPlanner {
  readonly #deps: PushPlannerDeps;
  constructor(deps: PushPlannerDeps) {
    this.#deps = deps;
  }

  /** Makes the collection there; what was made before stays. @throws {ImportError} `peer_refused`, `peer_unavailable`, `job_failed` */
  async plan(job: JobRecord): Promise<PlannedTask[]> {
    const { interimName, partitions, sourceCollectionId, partitionNames } = pushOf(job);
    using peer = openPeerOf(job, this.#deps.credentials);
    await makeCollection(peer, interimName, declarationsOf(job));
    await loadCollection(peer, interimName, true);
    const from = partitions.map(([partition]) => partition);
    const segments = await this.#deps.dataCoord.visibleSegments(sourceCollectionId, from, job.timestamp);
    const taskBytes = await taskBytesOf(memoryBytesOf(segments), MIN_TASK_BYTES, this.#deps);
    if (partitionNames[0] === ALL_BY_KEY) return withRows(segmentTasks("push", segments, 0, taskBytes), segments);
    const byPartition = Map.groupBy(segments, ({ partitionId }) => partitionId);
    const tasks = from.flatMap((partition, group) =>
      segmentTasks("push", byPartition.get(partition) ?? [], group, taskBytes),
    );
    return withRows(tasks, segments);
  }

  inputOf(job: JobRecord, { group, segmentIds = [], attempt }: TaskRecord): PushTaskInput {
    const { filter, expiry, interimName, partitionNames } = pushOf(job);
    const schema = schemaOf(job);
    const name = partitionNames[group];
    return {
      ...{ filter, expiry, schema, segmentIds, timestamp: job.timestamp, collectionName: interimName },
      output: { ...schema, fields: schema.fields.filter(({ isFunctionOutput }) => !isFunctionOutput) },
      ...{ peer: peerSourceOf(job), partitionName: name === ALL_BY_KEY ? "" : name, mayBeThere: attempt > 1 },
    };
  }

  /**
   * Compares the rows of each partition there with those that were sent, and then gives the collection its name.
   * @throws {ImportError} `job_failed` when they differ; another one while it is being loaded, after which it is tried again
   */
  async finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    const { interimName, targetCollectionName, partitionNames, declared } = pushOf(job);
    using peer = openPeerOf(job, this.#deps.credentials);
    const rowCount = sum(tasks.map((task) => task.rowCount));
    if (await isRenamed(peer, job)) return { rowCount };
    if (!(await isLoaded(peer, interimName)))
      throw new ImportError("peer_unavailable", `${interimName} is being loaded there, to count its rows`);
    for (const [group, name] of partitionNames.entries()) {
      const partitionName = name === ALL_BY_KEY ? "" : name;
      const rows = { collectionName: interimName, partitionName, filter: "", readTs: 0n };
      const found = await countRows(peer, rows, { signal });
      checkCount(job, name, found, sum(tasks.filter((task) => task.group === group).map((task) => task.rowCount)));
    }
    if (!declared.isLoaded) await loadCollection(peer, interimName, false);
    await renameCollection(peer, interimName, targetCollectionName);
    return { rowCount };
  }
}

async function isRenamed(peer: MilvusPeer, job: JobRecord): Promise<boolean> {
  const { interimName, targetCollectionName } = pushOf(job);
  return !(await hasCollection(peer, interimName)) && (await hasCollection(peer, targetCollectionName));
}

function checkCount(job: JobRecord, partition: string, found: number, sent: number): void {
  if (found === sent) return;
  const { interimName, peer } = pushOf(job);
  const reason = `partition ${partition} of ${interimName} in ${peer} has ${found} rows, and ${sent} were sent; where one key stands in several rows, an insert that is repeated leaves some of them out: drop ${interimName} there, and copy again`;
  throw new ImportError("job_failed", reason);
}

function declarationsOf(job: JobRecord): PeerDeclarations {
  const { schema, ...declared } = pushOf(job).declared;
  const decoded = wire.CollectionSchema.decode(Buffer.from(schema, "base64"));
  const hasAutomaticKeys = decoded.fields.some(({ isPrimaryKey, autoID }) => isPrimaryKey && autoID);
  const others = declared.properties.filter(([key]) => key !== "allow_insert_auto_id");
  const properties = hasAutomaticKeys ? [...others, ["allow_insert_auto_id", "true"] as const] : declared.properties;
  return { ...declared, properties, schema: decoded };
}

function pushOf(job: JobRecord): PushCopySpec {
  return specOf(job, "copy") as PushCopySpec;
}

function sum(of: readonly number[]): number {
  return of.reduce((total, value) => total + value, 0);
}
