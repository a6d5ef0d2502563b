import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { newTask, type PullCopySpec, type PullTaskInput, specOf } from "@sluice/jobs";
import { countRows, inKeyRange, type MilvusPeer, type PeerRows, splitKeys } from "@sluice/peer";
import { type CollectionSchema, fixedWidth, primaryKeyIndex } from "@sluice/schema";
import type { DataCoordClient } from "../../data-coord.ts";
import type { HiddenCollections } from "../../ddl/index.ts";
import { expiryOf } from "../export-jobs.ts";
import type { JobCredentials } from "../job-credentials.ts";
import { ALL_BY_KEY, openPeerOf, peerSourceOf } from "../job-peers.ts";
import { publicationOf } from "./copy.ts";
import { type JobPlanner, type PlannedTask, schemaOf } from "./job-planner.ts";
import { taskBytesOf } from "./segment-tasks.ts";

/** What planning a copy from another service needs. */
export interface PullPlannerDeps {
  readonly dataCoord: Pick<DataCoordClient, "freeWorkers" | "commit">;
  readonly hidden: Pick<HiddenCollections, "publish">;
  readonly credentials: JobCredentials;
  /** Bytes of rows of a task, about. */
  readonly splitBytes: number;
}

/** Smaller tasks are not made for workers that have nothing to do: each border between two costs the peer some counts. */
const MIN_TASK_BYTES = 16 << 20;
/** What a value of any length is taken for. */
const VALUE_BYTES = 64;

/** Rows of another service into segments. A task is a range of the keys of one partition. */
export class PullPlanner implements JobPlanner {
  readonly #deps: PullPlannerDeps;
  constructor(deps: PullPlannerDeps) {
    this.#deps = deps;
  }

  /** @throws {ImportError} `peer_refused`; `peer_unavailable`, after which it is tried again */
  async plan(job: JobRecord): Promise<PlannedTask[]> {
    using peer = openPeerOf(job, this.#deps.credentials);
    const { partitionNames } = pullOf(job);
    const counts: number[] = [];
    for (const group of partitionNames.keys()) counts.push(await countRows(peer, rowsOf(job, group)));
    const rowBytes = rowBytesOf(schemaOf(job));
    const taskBytes = await taskBytesOf(rowBytes * sum(counts), MIN_TASK_BYTES, this.#deps);
    const tasks: Omit<PlannedTask, "sizeBytes">[] = [];
    for (const [group, count] of counts.entries())
      tasks.push(...(await tasksOf(job, { peer, group, count, parts: Math.ceil((rowBytes * count) / taskBytes) })));
    return tasks.map((task) => ({ ...task, sizeBytes: rowBytes * (task.announcedRows ?? 0) }));
  }

  inputOf(job: JobRecord, { group, keys = {} }: TaskRecord): PullTaskInput {
    const { collectionId, vchannels, timestamp } = job;
    return {
      ...{ collectionId, vchannels, timestamp, keys, partitionIds: pullOf(job).targets[group] },
      // Keys are those of the source, automatic ones too.
      schema: { ...schemaOf(job), allowInsertAutoId: true },
      ...{ peer: peerSourceOf(job), rows: rowsOf(job, group), checkRows: pullOf(job).checkRows ?? 0 },
      ...(pullOf(job).appends && { to: { collectionId, collectionName: job.collectionName, expiry: expiryOf(job) } }),
    };
  }

  /**
   * Compares the rows of each partition with those that the other service counts, and then makes all of it visible: in a collection
   * that nobody has found before, unless it is appended to.
   * @throws {ImportError} `job_failed` when they differ
   */
  async finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    const { readTs, partitionNames } = pullOf(job);
    using peer = openPeerOf(job, this.#deps.credentials);
    for (const [group, name] of partitionNames.entries()) {
      const own = tasks.filter((task) => task.group === group);
      const counted = sum(own.map(({ announcedRows = 0 }) => announcedRows));
      // Where the peer reads at no fixed moment, nothing may have been written since.
      const now = readTs > 0n ? counted : await countRows(peer, rowsOf(job, group), { signal });
      checkCounts(name, { counted, now, copied: sum(own.map(({ rowCount }) => rowCount)) });
    }
    const made = await this.#deps.dataCoord.commit(job, tasks, [], signal);
    if (!pullOf(job).appends) await this.#deps.hidden.publish(job.collectionId, publicationOf(job));
    return made;
  }
}

function checkCounts(
  partition: string,
  { counted, now, copied }: { counted: number; now: number; copied: number },
): void {
  if (counted === copied && now === counted) return;
  const found = now === counted ? `${counted}` : `${counted} at first, ${now} now`;
  const reason = `partition ${partition} has ${copied} rows, and the other service counts ${found}: write nothing there while it is copied, and copy it again; where one key stands in several rows there, one of them is given out`;
  throw new ImportError("job_failed", reason);
}

interface GroupRows {
  readonly peer: MilvusPeer;
  readonly group: number;
  readonly count: number;
  readonly parts: number;
}

async function tasksOf(
  job: JobRecord,
  { peer, group, count, parts }: GroupRows,
): Promise<Omit<PlannedTask, "sizeBytes">[]> {
  if (count === 0) return [];
  const { fields, ...schema } = schemaOf(job);
  const key = fields[primaryKeyIndex({ ...schema, fields })];
  const rows = rowsOf(job, group);
  const countUpTo = (upTo: string) => countRows(peer, { ...rows, filter: inKeyRange(key, { upTo }, rows.filter) });
  const ranges = await splitKeys(key, count, parts, countUpTo);
  return ranges.map(({ keys, rowCount }) => ({
    ...{ ...newTask, kind: "pull", group, keys, announcedRows: rowCount },
  }));
}

function pullOf(job: JobRecord): PullCopySpec {
  return specOf(job, "copy") as PullCopySpec;
}

function rowsOf(job: JobRecord, group: number): PeerRows {
  const { sourceCollectionName: collectionName, partitionNames, filter, readTs } = pullOf(job);
  const name = partitionNames[group];
  return { collectionName, filter, readTs, partitionName: name === ALL_BY_KEY ? "" : name };
}

function rowBytesOf({ fields }: CollectionSchema): number {
  return sum(fields.map((field) => fixedWidth(field) || VALUE_BYTES));
}

function sum(of: readonly number[]): number {
  return of.reduce((total, value) => total + value, 0);
}
