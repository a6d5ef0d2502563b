import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { snapshotPaths } from "@sluice/formats";
import { type ExportedFile, specOf } from "@sluice/jobs";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import type { WrittenMetaFile } from "./meta-files.ts";

/** Written last: where it stands, the export is whole. Imports of the folder pass over it, as over all names with `_` in front. */
export const MANIFEST = "_manifest.json";

/** Files that the tasks of an export have written. */
export function exportedFiles(tasks: readonly TaskRecord[]): ExportedFile[] {
  return tasks.flatMap(({ findings }) => findings?.exported ?? []);
}

/** Bytes of all. */
function sizeOfFiles(files: readonly ExportedFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** What users are told of an export. */
export function exportOutcome(job: JobRecord, tasks: readonly TaskRecord[]) {
  const { form, root, folder, filter } = specOf(job, "export");
  const files = exportedFiles(tasks);
  return {
    ...{ to: `${root}://${folder}`, format: form, ...(filter && { filter }), timestamp: String(job.timestamp) },
    ...{ files: files.length, sizeBytes: sizeOfFiles(files) },
    ...(job.state === "completed" && {
      manifest: `${root}://${folder}/${MANIFEST}`,
      // What a Milvus 3 is told to restore.
      ...(form === "snapshot" && {
        snapshot: `${root}://${folder}/${snapshotPaths(job.collectionId, job.jobId).metadata}`,
      }),
    }),
  };
}

/**
 * What an export holds, as JSON: of which collection and moment, its fields, and each file with its rows, size and checksum.
 * @param meta of copied segments
 */
export function exportManifest(
  job: JobRecord,
  tasks: readonly TaskRecord[],
  meta: readonly WrittenMetaFile[] = [],
): Uint8Array {
  const { form, filter, output, partitions } = specOf(job, "export");
  const files = exportedFiles(tasks);
  const manifest = {
    ...{ database: job.dbName, collection: job.collectionName, jobId: String(job.jobId) },
    // Hybrid, as Milvus's clients give it; the same for every row.
    timestamp: String(job.timestamp),
    createTime: new Date(job.createdMs).toISOString(),
    ...{ format: form, filter, partitions: partitions.map(({ name }) => name) },
    rows: tasks.reduce((sum, { rowCount }) => sum + rowCount, 0),
    sizeBytes: sizeOfFiles(files),
    fields: output.fields.map(fieldOf),
    files,
    ...(meta.length > 0 && { metaFiles: meta }),
  };
  return Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
}

function fieldOf(field: FieldSchema) {
  const { name, dataType, elementType, isPrimaryKey, autoId, nullable, typeParams } = field;
  return {
    ...{ name, type: dataTypeName(dataType) },
    ...(elementType !== DataType.None && { elementType: dataTypeName(elementType) }),
    ...(isPrimaryKey && { isPrimaryKey }),
    ...(autoId && { autoId }),
    ...(nullable && { nullable }),
    ...(Object.keys(typeParams).length > 0 && { params: typeParams }),
  };
}
