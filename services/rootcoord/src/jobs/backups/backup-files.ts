import type { CollectionRecord } from "@sluice/catalog";
import { didYouMean, excerptOfList, ImportError } from "@sluice/errors";
import type { InternalData } from "@sluice/jobs";
import type { Sources } from "@sluice/object-store";
import { partitionNotFound } from "../../ddl/refusals.ts";
import type { FoundGroup, RequestFiles } from "../request-files.ts";
import { type FindPartition, loggedSegments } from "./logged-segments.ts";
import { findMilvus1Segments, milvus1Warnings } from "./milvus1-files.ts";
import { type FoundCollection, readBackup } from "./read-backup.ts";

/** What is asked of a backup. */
export interface BackupRequest {
  readonly internalData: InternalData;
  /** The one that the rows go to. */
  readonly collection: CollectionRecord;
  /** As the request calls it: its name, or an alias. */
  readonly collectionName: string;
  /** One partition of the backup; empty: all. */
  readonly partitionName: string;
  /** Those of the request that formats know. */
  readonly options: Readonly<Record<string, string>>;
}

/**
 * The segments of one collection of a backup, each with the partition that its rows go to.
 * @throws {ImportError} as `readBackup`; `file_not_found` for files that the backup names and has not; {StatusError} 200
 */
export async function findBackup(
  sources: Sources,
  { internalData, collection, collectionName, partitionName, options }: BackupRequest,
  bucket: string | undefined,
): Promise<RequestFiles> {
  const collections = await readBackup(sources, internalData.path, bucket);
  const { folder, backup, logs } = await sourceOf(collections, internalData, collection, collectionName).open();
  if (!logs) refuseBounds(options);
  const partitions = backup.partitions.filter(({ name }) => partitionName === "" || name === partitionName);
  if (partitions.length === 0) throw partitionNotFound(partitionName);
  const find: FindPartition = logs
    ? await loggedSegments(sources, logs, backup, bucket)
    : (partition) => findMilvus1Segments(sources, folder, partition, bucket);
  const groups: FoundGroup[] = [];
  const warnings = logs ? [] : await milvus1Warnings(sources, folder, backup, bucket);
  for (const partition of partitions) {
    const found = await find(partition);
    // A partition without rows need not be there.
    const target = found.groups.length > 0 ? targetOf(collection, partition.name) : {};
    groups.push(...found.groups.map((group) => ({ ...group, ...target })));
    warnings.push(...found.warnings);
  }
  return { groups, warnings };
}

function refuseBounds(options: Readonly<Record<string, string>>): void {
  const key = Object.keys(options).find((option) => /^(start|end)_?ts$/i.test(option));
  if (key === undefined) return;
  throw new ImportError("request_invalid", `option ${key}: rows of Milvus 1.x have no timestamps to choose them by`);
}

/** Of collections with a partition key rows are hashed again. */
function targetOf({ hasPartitionKey, partitions }: CollectionRecord, name: string): Pick<FoundGroup, "partitionId"> {
  if (hasPartitionKey) return {};
  const found = partitions.find((partition) => partition.name === name);
  if (!found) throw partitionNotFound(name);
  return { partitionId: found.partitionId };
}

/** The collection of the backup that is meant: the one that is mapped to this name, else the one of this name. */
function sourceOf(
  collections: readonly FoundCollection[],
  { path, collections_mapping: mapping = {} }: InternalData,
  { dbName, name }: CollectionRecord,
  asked: string,
): FoundCollection {
  const names = new Set([name, asked, `${dbName}.${name}`]);
  const [source = name] = Object.entries(mapping).find(([, target]) => names.has(target)) ?? [];
  const isMeant = (one: FoundCollection) => one.name === source || `${one.dbName}.${one.name}` === source;
  const found = collections.filter(isMeant);
  if (found.length === 1) return found[0];
  const all = collections.map((one) => `${one.dbName}.${one.name}`);
  const hint =
    found.length > 1
      ? ": say which by DATABASE.COLLECTION"
      : didYouMean(
          source,
          all.map((one) => one.split(".")[1]),
        );
  const reason = `the backup has ${found.length === 0 ? "no" : "several"} collection '${source}'${hint}; it has ${excerptOfList(all)}`;
  throw new ImportError("request_invalid", reason, { file: path });
}
