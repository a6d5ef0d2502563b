import { excerptOfList, ImportError } from "@sluice/errors";
import { type BackupCollection, type BackupPartition, META_ROWS, MILVUS1_FILES } from "@sluice/formats";
import type { SourceRef, Sources } from "@sluice/object-store";
import type { FoundGroup, RequestFiles } from "../request-files.ts";

/**
 * The segments of a partition of Milvus 1.x, in the order in which they were made. Which there are, the meta store says: folders that
 * it does not name are left alone. Source: legacy formats, §1.2 and §1.4.
 * @throws {ImportError} `file_not_found` for files that are missing; as `Sources.list`
 */
export async function findMilvus1Segments(
  sources: Sources,
  folder: string,
  { segments, id }: BackupPartition,
  bucket: string | undefined,
): Promise<RequestFiles> {
  const from = `${folder}${MILVUS1_FILES.tables}/${id}/`;
  const files = new Map<string, SourceRef>();
  for await (const file of sources.list(from, {}, bucket)) files.set(file.path.slice(from.length), file);
  const missing: string[] = [];
  const groups = segments.map((segment): FoundGroup => {
    const needed = [`${segment.id}/${segment.id}.uid`, `${segment.id}/${segment.id}.rv`];
    missing.push(...needed.filter((name) => !files.has(name)));
    const found = [...needed, `${segment.id}/deleted_docs`].flatMap((name) => files.get(name) ?? []);
    const options = { [META_ROWS]: String(segment.rowCount) };
    return { format: "milvus1", from, shownAs: `${from}${segment.id}`, files: found, options, partition: new Map() };
  });
  if (missing.length === 0) return { groups, warnings: [] };
  const reason = `files that the meta store names are not there: ${excerptOfList(missing)}; of a Milvus before 0.10 they may lie in another one of its folders`;
  throw new ImportError("file_not_found", reason, { file: from });
}

/** Rows that were in no segment yet are in no import. */
export async function milvus1Warnings(
  sources: Sources,
  folder: string,
  { name, notes }: BackupCollection,
  bucket: string | undefined,
): Promise<string[]> {
  let bytes = 0;
  for await (const { sizeBytes } of sources.list(`${folder}${MILVUS1_FILES.log}/`, {}, bucket)) bytes += sizeBytes;
  const log = `${folder}${MILVUS1_FILES.log}/ has ${bytes} bytes: rows that are only there are not imported; flush in Milvus before copying`;
  return [...notes.map((note) => `${name}: ${note}`), ...(bytes > 0 ? [log] : [])];
}
