import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { sourceOf, specOf } from "@sluice/jobs";
import type { CollectionId } from "@sluice/schema";

type GetCollection = (id: CollectionId) => Promise<CollectionRecord | undefined>;

/** GC removes what is written for a dropped target, so a job that went on would never end; and what a dropped source has. */
export async function droppedTarget(job: JobRecord, getCollection: GetCollection): Promise<string | undefined> {
  const id = collectionOf(job);
  const collection = await getCollection(id);
  const source = sourceOf(job);
  // What a copy from another service makes is hidden until it is whole.
  const isMade = job.kind === "copy" && !source;
  if (collection?.state !== "active" && !(isMade && collection?.state === "hidden")) return `collection ${id}`;
  const gone = source && (await appendedTarget(job, getCollection));
  if (gone) return gone;
  const wanted = source ? source.partitions.map(([from]) => from) : job.partitionIds;
  const present = new Set<bigint>(collection.partitions.map((partition) => partition.partitionId));
  const missing = wanted.find((partition) => !present.has(partition));
  if (missing === undefined) return undefined;
  const name = job.kind === "merge" ? await nameInMerged(job, missing, getCollection) : nameOfPartition(job, missing);
  return `partition ${name}`;
}

/** The collection that rows of another one are appended to, or its partition, once it is dropped. */
async function appendedTarget(job: JobRecord, getCollection: GetCollection): Promise<string | undefined> {
  const copy = job.kind === "copy" ? specOf(job, "copy") : undefined;
  if (copy?.direction !== "within" || !copy.appends) return undefined;
  const target = await getCollection(job.collectionId);
  if (target?.state !== "active") return `collection ${job.collectionId}`;
  const present = new Set<bigint>(target.partitions.map(({ partitionId }) => partitionId));
  const missing = copy.partitions.findIndex(([, to]) => !present.has(to));
  return missing < 0 ? undefined : `partition ${copy.partitionNames[missing]}`;
}

/** What a merge makes has partitions of the same names. */
async function nameInMerged(job: JobRecord, id: bigint, getCollection: GetCollection): Promise<string> {
  const made = specOf(job, "merge").partitions.find(([from]) => from === id)?.[1];
  const merged = await getCollection(job.collectionId);
  return merged?.partitions.find(({ partitionId }) => partitionId === made)?.name ?? String(id);
}

/** As the job was told it, where it knows: one that takes several has no single name. */
function nameOfPartition(job: JobRecord, id: bigint): string {
  if (job.kind === "export")
    return specOf(job, "export").partitions.find(({ partitionId }) => partitionId === id)?.name ?? String(id);
  const copy = job.kind === "copy" ? specOf(job, "copy") : undefined;
  if (!copy || copy.direction === "in") return job.partitionName || String(id);
  const { partitions, partitionNames } = copy;
  return partitionNames[partitions.findIndex(([from]) => from === id)] ?? String(id);
}

/** The one that a job cannot do without: of one that makes a collection what it reads, since nobody can drop what it makes. */
export function collectionOf(job: Pick<JobRecord, "kind" | "spec" | "collectionId">): CollectionId {
  return sourceOf(job)?.sourceCollectionId ?? job.collectionId;
}
