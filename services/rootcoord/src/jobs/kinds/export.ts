import type { CollectionRecord, JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { type CopiedForm, copiedFolder, copiedRoots, type ExportTaskInput, isCopiedForm, specOf } from "@sluice/jobs";
import type { ExportRoots, ObjectStore } from "@sluice/object-store";
import { type CollectionId, withLogsOf } from "@sluice/schema";
import type { DataCoordClient } from "../../data-coord.ts";
import { backupMetaFiles } from "../backup-meta.ts";
import { exportedFiles, exportManifest, MANIFEST } from "../export-manifest.ts";
import { type MetaFiles, noMetaFiles, putMetaFiles } from "../meta-files.ts";
import { snapshotFiles } from "../snapshot/snapshot-files.ts";
import { type JobPlanner, type PlannedTask, schemaOf } from "./job-planner.ts";
import { memoryBytesOf, segmentTasks, taskBytesOf } from "./segment-tasks.ts";

/** What planning an export needs. */
export interface ExportPlannerDeps {
  readonly roots: Pick<ExportRoots, "open">;
  readonly dataCoord: Pick<DataCoordClient, "visibleSegments" | "freeWorkers">;
  /** The record as long as there is one, dropped or not. */
  readonly getCollection: (id: CollectionId) => Promise<CollectionRecord | undefined>;
  /** Bytes of rows of a task, about. */
  readonly splitBytes: number;
  /** The same of a file. */
  readonly exportFileBytes: number;
}

/** Smaller tasks are not made for workers that have nothing to do. */
const MIN_TASK_BYTES = 32 << 20;

/**
 * Segments into files. A task is some segments of one partition, so that no file has rows of two. When all are written the
 * manifest is: where it stands, the export is whole.
 */
export class ExportPlanner implements JobPlanner {
  readonly #deps: ExportPlannerDeps;
  constructor(deps: ExportPlannerDeps) {
    this.#deps = deps;
  }

  /** @throws {StatusError} 1100 when the snapshot is not kept any more */
  async plan(job: JobRecord): Promise<PlannedTask[]> {
    const { collectionId, partitionIds, timestamp } = job;
    const segments = await this.#deps.dataCoord.visibleSegments(collectionId, partitionIds, timestamp);
    const taskBytes = await taskBytesOf(memoryBytesOf(segments), MIN_TASK_BYTES, this.#deps);
    const byPartition = Map.groupBy(segments, ({ partitionId }) => partitionId);
    return specOf(job, "export").partitions.flatMap(({ partitionId }, group) =>
      segmentTasks("export", byPartition.get(partitionId) ?? [], group, taskBytes),
    );
  }

  inputOf(job: JobRecord, { group, segmentIds = [] }: TaskRecord): ExportTaskInput {
    const { form, root, folder, filter, output, expiry, partitions } = specOf(job, "export");
    const { collectionId, timestamp } = job;
    return {
      ...{ form, root, folder, filter, output, expiry, collectionId, timestamp, segmentIds },
      ...{ schema: schemaOf(job), partitionName: partitions[group].name, fileBytes: this.#deps.exportFileBytes },
    };
  }

  /** @throws as `ObjectWrites.put` */
  async finish(
    job: JobRecord,
    tasks: readonly TaskRecord[],
    signal: AbortSignal,
  ): Promise<{ readonly rowCount: number }> {
    const { root, folder, form } = specOf(job, "export");
    const store = await this.#deps.roots.open(root);
    const meta = isCopiedForm(form) ? await this.#metaFiles(form, job, tasks) : noMetaFiles;
    await removeOthers(store, folder, tasks, isCopiedForm(form) ? `${folder}/${copiedRoots[form]}/` : undefined);
    const put = await putMetaFiles(store, folder, meta, signal);
    await store.put(`${folder}/${MANIFEST}`, [exportManifest(job, tasks, put)], signal);
    return { rowCount: tasks.reduce((sum, { rowCount }) => sum + rowCount, 0) };
  }

  /** Of the segments that were written: those whose rows have all expired were not. */
  async #metaFiles(form: CopiedForm, job: JobRecord, tasks: readonly TaskRecord[]): Promise<MetaFiles> {
    const { collectionId, partitionIds, timestamp } = job;
    const collection = await this.#deps.getCollection(collectionId);
    if (!collection) throw new ImportError("job_failed", `collection ${collectionId} dropped`);
    const written = new Set(exportedFiles(tasks).map(({ path }) => path));
    const visible = await this.#deps.dataCoord.visibleSegments(collectionId, partitionIds, timestamp);
    const segments = visible.filter((segment) => written.has(copiedFolder(form, "insert_log", segment)));
    const schema = schemaOf(job);
    if (form === "snapshot") return snapshotFiles({ job, collection, segments, schema });
    return backupMetaFiles({ job, collection, segments: segments.map((segment) => withLogsOf(segment, schema)) });
  }
}

/**
 * What attempts of an older or newer build have called otherwise: who imports the folder would take it twice.
 * @param copied where copied logs lie, of which folders are noted: nobody calls these otherwise
 */
async function removeOthers(
  store: ObjectStore,
  folder: string,
  tasks: readonly TaskRecord[],
  copied: string | undefined,
): Promise<void> {
  const wanted = new Set(exportedFiles(tasks).map(({ path }) => `${folder}/${path}`));
  const isWanted = (key: string) => wanted.has(key) || (copied !== undefined && key.startsWith(copied));
  const others: string[] = [];
  // Copied logs are some for each segment: none of them is kept in memory.
  for await (const { key } of store.list(`${folder}/`)) if (!isWanted(key)) others.push(key);
  if (others.length > 0) await store.delete(others);
}
