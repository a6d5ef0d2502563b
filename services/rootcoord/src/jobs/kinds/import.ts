import type { FileGroupRecord, JobRecord, TaskRecord } from "@sluice/catalog";
import type { Failure } from "@sluice/errors";
import { type FormatName, probeFile } from "@sluice/formats";
import { type ImportTaskInput, newTask, planSplits } from "@sluice/jobs";
import type { ObjectSource, SourceStore } from "@sluice/object-store";
import { decodeStoredSchema } from "@sluice/rpc";
import type { CollectionSchema } from "@sluice/schema";
import type { JobPlanner, PlannedTask } from "./job-planner.ts";

export interface ImportPlannerDeps {
  readonly sources: SourceStore;
  /** Source bytes of a task, about. */
  readonly splitBytes: number;
}

/** Files into segments. A file is one task, or several by range when it is large and can be cut; a column set likewise. */
export class ImportPlanner implements JobPlanner {
  readonly #deps: ImportPlannerDeps;
  constructor(deps: ImportPlannerDeps) {
    this.#deps = deps;
  }

  /** Reads headers and footers only. @throws {ImportError} for a header or footer that is broken */
  async plan(job: JobRecord): Promise<PlannedTask[]> {
    const schema = schemaOf(job);
    const tasks: PlannedTask[] = [];
    for (const [group, files] of job.groups.entries()) {
      for (const { range, sizeBytes } of await this.#split(files, schema))
        tasks.push({ ...newTask, kind: "import", group, ...(range && { range }), sizeBytes });
    }
    return tasks;
  }

  async #split(group: FileGroupRecord, schema: CollectionSchema) {
    const { splitBytes, sources } = this.#deps;
    const sizeBytes = group.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    // A file that would stay whole anyway need not be looked into.
    if (sizeBytes < 1.5 * splitBytes) return [{ range: undefined, sizeBytes }];
    const probe = await probeFile(group.format as FormatName, sourcesOf(group, sources), schema);
    return planSplits({ sizeBytes, ...probe }, splitBytes);
  }

  inputOf(job: JobRecord, task: TaskRecord): ImportTaskInput {
    const { format, files } = job.groups[task.group];
    const { collectionId, vchannels, partitionIds, timestamp, spec } = job;
    return {
      ...{ collectionId, vchannels, partitionIds, timestamp, format, files },
      ...(task.range && { range: task.range }),
      schema: schemaOf(job),
      options: spec.formatOptions,
      sink: "segments",
    };
  }

  refusal(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined {
    return mixedKeys(job, tasks);
  }
}

/** As it was at submit: a running job keeps it. */
function schemaOf({ schema, properties }: JobRecord): CollectionSchema {
  return decodeStoredSchema(Buffer.from(schema, "base64"), properties);
}

function sourcesOf(group: FileGroupRecord, store: SourceStore): ObjectSource[] {
  return group.files.map(({ path, key, sizeBytes }) => ({ store, path, key, sizeBytes }));
}

/** A file cut into ranges of which some gave the automatic key and others did not; within a range the parser sees it. */
function mixedKeys(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined {
  for (const [index, group] of job.groups.entries()) {
    const filled = tasks.filter((task) => task.group === index && task.rowCount > 0);
    const automatic = filled.filter((task) => task.autoIds.length > 0).length;
    if (automatic === 0 || automatic === filled.length) continue;
    const reason =
      "value of the primary key is missed in some rows: all rows of a file give the automatic key, or none does";
    return { code: "value_invalid", reason, file: group.files[0].path };
  }
  return undefined;
}
