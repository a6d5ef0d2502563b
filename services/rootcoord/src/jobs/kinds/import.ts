import type { FileGroupRecord, JobRecord, TaskRecord } from "@sluice/catalog";
import type { Failure } from "@sluice/errors";
import { formatNamed, mixedKeysFailure, planFields } from "@sluice/formats";
import { type ImportTaskInput, newTask, planSplits, type Split, shareRows } from "@sluice/jobs";
import type { Sources } from "@sluice/object-store";
import { decodeStoredSchema } from "@sluice/rpc";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";
import type { JobPlanner, PlannedTask } from "./job-planner.ts";

export interface ImportPlannerDeps {
  readonly sources: Sources;
  /** Source bytes of a task, about. */
  readonly splitBytes: number;
}

/** Smaller sources are imported before anybody would ask how many rows they have. */
const MIN_PROBED_BYTES = 1024 * 1024;

/** Files into segments. A file is one task, or several by range when it is large and can be cut; a column set likewise. */
export class ImportPlanner implements JobPlanner {
  readonly #deps: ImportPlannerDeps;
  constructor(deps: ImportPlannerDeps) {
    this.#deps = deps;
  }

  /** Reads headers and footers only. @throws {ImportError} for a header or footer that is broken */
  async plan(job: JobRecord): Promise<PlannedTask[]> {
    const tasks: PlannedTask[] = [];
    for (const [group, files] of job.groups.entries()) {
      const { splits, rowCount } = await this.#split(files, job);
      const shares =
        rowCount === undefined
          ? []
          : shareRows(
              rowCount,
              splits.map((split) => split.sizeBytes),
            );
      for (const [i, { range, sizeBytes }] of splits.entries()) {
        const known = { ...(range && { range }), ...(shares[i] !== undefined && { announcedRows: shares[i] }) };
        tasks.push({ ...newTask, kind: "import", group, sizeBytes, ...known });
      }
    }
    return tasks;
  }

  async #split(group: FileGroupRecord, job: JobRecord): Promise<{ splits: Split[]; rowCount: number | undefined }> {
    const { splitBytes, sources } = this.#deps;
    const { formatOptions: options } = job.spec;
    const sizeBytes = group.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (sizeBytes < MIN_PROBED_BYTES && sizeBytes < 1.5 * splitBytes)
      return { splits: [{ range: undefined, sizeBytes }], rowCount: undefined };
    const plan = planFields(schemaOf(job), options);
    await using opened = new AsyncDisposableStack();
    const files = [];
    for (const file of group.files) files.push(opened.use(await sources.open(file)));
    const input = { sources: files, plan, options };
    const probe = await formatNamed(group.format).probe(input, new AbortController().signal);
    return { splits: planSplits({ sizeBytes, ...probe }, splitBytes), rowCount: probe.rowCount };
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

/** See `mixedKeysFailure`: what readers of ranges cannot see. */
function mixedKeys(job: JobRecord, tasks: readonly TaskRecord[]): Failure | undefined {
  const { name } = primaryKey(schemaOf(job));
  for (const [index, { files }] of job.groups.entries()) {
    const ranges = tasks.filter(({ group }) => group === index);
    const uses = ranges.map(({ rowCount, autoIds }) => ({ rowCount, isAutomatic: autoIds.length > 0 }));
    const failure = mixedKeysFailure(uses, name, files[0].path);
    if (failure) return failure;
  }
  return undefined;
}

function primaryKey(schema: CollectionSchema) {
  return schema.fields[primaryKeyIndex(schema)];
}
