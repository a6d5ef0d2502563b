import type { CollectionRecord, FileGroupRecord } from "@sluice/catalog";
import { excerpt, excerptOfList, ImportError } from "@sluice/errors";
import { type FieldPlan, formatNamed, formatsWithOption, JOINED, planFields } from "@sluice/formats";
import { type ImportOptions, type ImportSpec, knownOption } from "@sluice/jobs";
import { decodeStoredSchema, type importing } from "@sluice/rpc";
import { primaryKeyIndex } from "@sluice/schema";
import type { JobBook } from "./job-book.ts";
import { pathListsOf, type RequestedFiles } from "./path-lists.ts";

// What can be checked of an import before a row is read.

/**
 * The document may name the collection once more, and no other. Deletes come while nobody reads, as with Milvus.
 * @throws {ImportError} `request_invalid`
 */
export function checkTarget(
  { name, loaded, partitions }: CollectionRecord,
  { collectionName }: importing.ImportRequest,
  { targetCollection: target, spec }: ImportOptions,
): void {
  if (spec.isDeletes && (loaded || partitions.some((partition) => partition.loaded)))
    throw new ImportError("request_invalid", "for l0 import, collection cannot be loaded, please release it first");
  if (target === undefined || target === name || target === collectionName) return;
  const reason = `options.external_data.target_collection is '${excerpt(target)}', and the request is for '${collectionName}'`;
  throw new ImportError("request_invalid", reason);
}

/** What the options say of fields fits the collection. @throws {ImportError} `request_invalid` */
export function planOf(
  { storedSchema, properties }: CollectionRecord,
  options: Readonly<Record<string, string>>,
): FieldPlan {
  return planFields(decodeStoredSchema(Buffer.from(storedSchema, "base64"), properties), options);
}

/** @throws {ImportError} `request_invalid` */
export function checkKeysAreGiven({ schema }: FieldPlan, { onDuplicate, isBackup }: ImportSpec): void {
  if (!onDuplicate || isBackup || schema.allowInsertAutoId || !schema.fields[primaryKeyIndex(schema)].autoId) return;
  const reason = `option on_duplicate=${onDuplicate} compares primary keys, and those of this collection are made, each of them once`;
  throw new ImportError("request_invalid", reason);
}

/** The same of what files say for themselves. */
export function checkFileOptions(
  collection: CollectionRecord,
  request: RequestedFiles,
  { formatOptions }: ImportSpec,
): void {
  for (const { options, from, paths } of pathListsOf(request)) {
    if (!options) continue;
    try {
      planOf(collection, { ...formatOptions, ...options });
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      throw new ImportError(error.code, `${from}: ${error.reason}`, { file: paths[0] }, { cause: error });
    }
  }
}

/** What becomes of the times that segments bring with their rows. */
export function timeWarnings({ properties }: CollectionRecord, groups: readonly FileGroupRecord[]): string[] {
  const isStored = groups.some(({ format }) => format === "binlog");
  if (!isStored || !new Map(properties).has("collection.ttl.seconds")) return [];
  return ["rows keep their times, by which they expire here as in their source"];
}

/** Files that are given again, by whatever path; of column files, whole sets: two tables may share a column. */
export function warningsOf(groups: readonly FileGroupRecord[]): string[] {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const group of groups) {
    const identity = JSON.stringify(group.files.map(({ source, key, member }) => [source, key, member]));
    if (seen.has(identity)) again.add(pathsOf(group).join(", "));
    seen.add(identity);
  }
  if (again.size === 0) return [];
  const names = `${excerptOfList([...again])} ${again.size === 1 ? "is" : "are"}`;
  return [`${names} given more than once: ${again.size === 1 ? "its" : "their"} rows are imported as often`];
}

/** Options that are for other formats than those of the files: nobody would look at them. */
export function idleOptions(groups: readonly FileGroupRecord[], { formatOptions }: ImportSpec): string[] {
  const found = new Set(groups.map(({ format }) => format));
  // Its parts are of other formats, which it does not tell.
  if (found.has(JOINED)) return [];
  return Object.keys(formatOptions).flatMap((key) => {
    const owners = knownOption(key)?.rule === "of backups" ? [] : formatsWithOption(key);
    if (owners.length === 0 || owners.some((name) => found.has(name))) return [];
    const [own, files] = [owners, [...found]].map((names) => excerptOfList(names));
    return [`option '${excerpt(key)}' has no effect: it is for files that are ${own}, and these are ${files}`];
  });
}

function pathsOf({ files }: FileGroupRecord): string[] {
  return files.map(({ path }) => path);
}

/** Values of options that the formats of the files refuse. */
export function checkFormatOptions(groups: readonly FileGroupRecord[], { formatOptions }: ImportSpec): void {
  for (const format of new Set(groups.map((group) => group.format))) formatNamed(format).checkOptions?.(formatOptions);
}

/** @throws {ImportError} `request_invalid` in Milvus's words */
export function checkOpenJobs(book: JobBook, maxOpenJobs: number): void {
  if (book.openOf("import").length < maxOpenJobs) return;
  throw new ImportError(
    "request_invalid",
    "The number of jobs has reached the limit, please try again later. If your request is set to only import a single file, " +
      "please consider importing multiple files in one request for better efficiency.",
  );
}
