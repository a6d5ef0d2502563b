import type { JobRecord, TaskRecord } from "@sluice/catalog";
import type { PushTaskInput } from "@sluice/jobs";
import { loadCollection, makeCollection, type PeerDeclarations } from "@sluice/peer";
import type { DataCoordClient } from "../../data-coord.ts";
import type { JobCredentials } from "../job-credentials.ts";
import { ALL_BY_KEY, openPeerOf, peerSourceOf } from "../job-peers.ts";
import { type JobPlanner, type PlannedTask, schemaOf } from "./job-planner.ts";
import {
  declarationsOf,
  dropInterim,
  isRenamed,
  pointAliasThere,
  publishThere,
  pushedTasks,
  pushOf,
  rowsOf,
} from "./push-target.ts";

/** What planning a copy by inserts needs. */
export interface PushPlannerDeps {
  readonly dataCoord: Pick<DataCoordClient, "visibleSegments" | "freeWorkers">;
  readonly credentials: JobCredentials;
  /** Bytes of rows of a task, about. */
  readonly splitBytes: number;
}

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
    const { interimName } = pushOf(job);
    using peer = openPeerOf(job, this.#deps.credentials);
    await makeCollection(peer, interimName, insertable(declarationsOf(job)));
    await loadCollection(peer, interimName, true);
    return this.tasksOf(job);
  }

  /** Without asking the other service for anything. */
  tasksOf(job: JobRecord): Promise<PlannedTask[]> {
    return pushedTasks("push", job, this.#deps);
  }

  inputOf(job: JobRecord, { group, segmentIds = [], attempt }: TaskRecord): PushTaskInput {
    const { filter, expiry, interimName, partitionNames, checkRows = 0 } = pushOf(job);
    const schema = schemaOf(job);
    const name = partitionNames[group];
    return {
      ...{ filter, expiry, schema, segmentIds, timestamp: job.timestamp, collectionName: interimName },
      output: { ...schema, fields: schema.fields.filter(({ isFunctionOutput }) => !isFunctionOutput) },
      ...{
        peer: peerSourceOf(job),
        partitionName: name === ALL_BY_KEY ? "" : name,
        mayBeThere: attempt > 1,
        checkRows,
      },
    };
  }

  cleanUp(job: JobRecord): Promise<void> {
    return dropInterim(job, this.#deps.credentials);
  }

  /** @throws as `publishThere` */
  async finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    using peer = openPeerOf(job, this.#deps.credentials);
    if (!(await isRenamed(peer, job))) await publishThere(peer, job, tasks, signal);
    await pointAliasThere(peer, job);
    return { rowCount: rowsOf(tasks) };
  }
}

/** With its automatic keys, which inserts then give. */
function insertable(of: PeerDeclarations): PeerDeclarations {
  if (!of.schema.fields.some(({ isPrimaryKey, autoID }) => isPrimaryKey && autoID)) return of;
  const others = of.properties.filter(([key]) => key !== "allow_insert_auto_id");
  return { ...of, properties: [...others, ["allow_insert_auto_id", "true"] as const] };
}
