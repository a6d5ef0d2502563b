import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { ExportTaskInput, FileHandover } from "@sluice/jobs";
import type { ExportRoots } from "@sluice/object-store";
import { type ImportedSegment, importSegments, loadCollection, makeCollection } from "@sluice/peer";
import type { DataCoordClient } from "../../data-coord.ts";
import { exportedFiles } from "../export-manifest.ts";
import type { JobCredentials } from "../job-credentials.ts";
import { openPeerOf } from "../job-peers.ts";
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

/** What planning a copy by files needs. */
export interface PushFilesPlannerDeps {
  readonly dataCoord: Pick<DataCoordClient, "visibleSegments" | "freeWorkers">;
  readonly credentials: JobCredentials;
  readonly roots: Pick<ExportRoots, "open">;
  /** Bytes of rows of a task, about. */
  readonly splitBytes: number;
}

/**
 * Segments into files that another service reads and imports, as it restores a milvus-backup. Tasks are those of an export in that form; the
 * imports are begun when all files are there, into a collection under a name of the job's own, and the files are removed at the end.
 */
export class PushFilesPlanner implements JobPlanner {
  readonly #deps: PushFilesPlannerDeps;
  constructor(deps: PushFilesPlannerDeps) {
    this.#deps = deps;
  }

  /** Makes the collection there; what was made before stays. @throws {ImportError} `peer_refused`, `peer_unavailable`, `job_failed` */
  async plan(job: JobRecord): Promise<PlannedTask[]> {
    const { interimName } = pushOf(job);
    using peer = openPeerOf(job, this.#deps.credentials);
    await makeCollection(peer, interimName, declarationsOf(job));
    return this.tasksOf(job);
  }

  /** Without asking the other service for anything. */
  tasksOf(job: JobRecord): Promise<PlannedTask[]> {
    return pushedTasks("export", job, this.#deps);
  }

  inputOf(job: JobRecord, { group, segmentIds = [] }: TaskRecord): ExportTaskInput {
    const { expiry, sourceCollectionId, partitionNames } = pushOf(job);
    const { root, folder } = handoverOf(job);
    const schema = schemaOf(job);
    return {
      ...{ form: "backup", root, folder, filter: "", output: schema, schema, expiry, segmentIds, fileBytes: 0 },
      ...{ collectionId: sourceCollectionId, timestamp: job.timestamp, partitionName: partitionNames[group] },
    };
  }

  cleanUp(job: JobRecord): Promise<void> {
    return dropInterim(job, this.#deps.credentials);
  }

  /**
   * Has the other service import the files, compares counts, and gives the collection its name.
   * @throws {ImportError} `job_failed`, `peer_refused`; `peer_unavailable` until all is imported and loaded: it is tried again
   */
  async finish(job: JobRecord, tasks: readonly TaskRecord[], signal: AbortSignal) {
    const { interimName } = pushOf(job);
    using peer = openPeerOf(job, this.#deps.credentials);
    if (!(await isRenamed(peer, job))) {
      const segments = importedSegments(job, tasks);
      const done = await importSegments(peer, interimName, segments);
      if (done < segments.length)
        throw new ImportError("peer_unavailable", `${done} of ${segments.length} segments are imported there`);
      await loadCollection(peer, interimName, true);
      await publishThere(peer, job, tasks, signal);
    }
    await pointAliasThere(peer, job);
    await this.#removeFiles(job);
    return { rowCount: rowsOf(tasks) };
  }

  async #removeFiles(job: JobRecord): Promise<void> {
    const { root, folder } = handoverOf(job);
    const store = await this.#deps.roots.open(root);
    const keys = (await Array.fromAsync(store.list(`${folder}/`))).map(({ key }) => key);
    if (keys.length > 0) await store.delete(keys);
  }
}

/** Segments that the tasks have written, in one order whenever they are asked for. */
function importedSegments(job: JobRecord, tasks: readonly TaskRecord[]): ImportedSegment[] {
  const { partitions } = pushOf(job);
  const { peerFolder, partitionNames } = handoverOf(job);
  const written = new Set(exportedFiles(tasks).map(({ path }) => path));
  const names = new Map(partitions.map(([id], i) => [String(id), partitionNames[i]]));
  return [...written]
    .filter(isOfInserts)
    .sort()
    .map((path): ImportedSegment => {
      const [, , , partitionId] = path.split("/");
      const deletes = path.replace("insert_log", "delta_log");
      return {
        partitionName: names.get(partitionId) ?? "",
        inserts: `${peerFolder}/${path}`,
        deletes: written.has(deletes) ? `${peerFolder}/${deletes}` : "",
      };
    });
}

function isOfInserts(path: string): boolean {
  return path.startsWith("binlogs/insert_log/");
}

function handoverOf(job: JobRecord): FileHandover {
  const { handover } = pushOf(job);
  if (handover) return handover;
  throw new ImportError("internal", `job ${job.jobId} hands over no files`);
}
