import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import {
  CHANGES,
  type ChangeRecord,
  COLLECTIONS,
  type CollectionRecord,
  JOBS,
  type RecordId,
  RecordReader,
  SEGMENTS,
  type SegmentRecord,
  type StoredJob,
  TASKS,
  type Table,
  type TaskRecord,
  visibleAfter,
} from "@sluice/catalog";
import { EmbeddedMetaStore, type MetaStore } from "@sluice/metastore";
import type { TestBackends, TestCluster } from "./test-cluster.ts";

/** What the records of a stopped server say. */
export interface Records {
  readonly collections: readonly CollectionRecord[];
  readonly jobs: readonly StoredJob[];
  readonly tasks: readonly TaskRecord[];
  readonly segments: readonly SegmentRecord[];
  readonly changes: readonly ChangeRecord[];
}

/** Reads the records of a server that does not run. */
export async function readRecords(dataDir: string): Promise<Records> {
  await using store = await EmbeddedMetaStore.open({ path: join(dataDir, "meta") });
  return await readAll(store);
}

/** Reads the records of a cluster. */
export async function recordsOf({ etcd }: TestBackends, { prefix }: TestCluster): Promise<Records> {
  // Imported here: few tests need it, and jest loads it anew for every file that does.
  const { EtcdMetaStore } = await import("@sluice/metastore/etcd");
  await using store = await EtcdMetaStore.open({ endpoints: [etcd.url], prefix });
  return await readAll(store);
}

async function readAll(store: MetaStore): Promise<Records> {
  const all = <T>(table: Table<T, RecordId>) =>
    Array.fromAsync(new RecordReader(store, table).scan(), ({ record }) => record);
  return {
    collections: await all(COLLECTIONS),
    jobs: await all(JOBS),
    tasks: await all(TASKS),
    segments: await all(SEGMENTS),
    changes: await all(CHANGES),
  };
}

/** Keys of all files in a server's storage, ascending; unfinished files included. It may run while the server removes some. */
export async function storedKeys(dataDir: string): Promise<string[]> {
  const storage = join(dataDir, "storage");
  return (await filesBelow(storage)).map((file) => relative(storage, file).replaceAll(sep, "/")).sort();
}

/** Folder by folder: a recursive `readdir` gives nothing at all when one of its folders goes meanwhile. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(unlessGone);
  const nested = entries.map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
  return (await Promise.all(nested)).flat();
}

function unlessGone(error: NodeJS.ErrnoException): [] {
  if (error.code === "ENOENT") return [];
  throw error;
}

/** Keys that the records of segments account for, ascending. Source of the layout: Milvus's paths of binlogs. */
export function accountedKeys(segments: readonly SegmentRecord[]): string[] {
  return segments
    .flatMap((segment) => {
      const folder = `${segment.collectionId}/${segment.partitionId}/${segment.segmentId}`;
      const keys = (kind: string, logs: SegmentRecord["insertLogs"]) =>
        logs.flatMap(({ fieldId, logIds }) => logIds.map((logId) => `${kind}/${folder}/${fieldId}/${logId}`));
      return [
        ...keys("insert_log", segment.insertLogs),
        ...keys("stats_log", segment.statsLogs),
        ...keys("bm25_stats", segment.bm25Logs ?? []),
      ];
    })
    .sort();
}

/** Ids of the segments that objects with these keys are of: each once, ascending as texts. */
export function segmentsIn(keys: readonly string[]): string[] {
  return [...new Set(keys.map((key) => key.split("/")[3]))].sort();
}

/** Segments that queries see: sealed, added by a change, and removed by none. */
export function visibleSegments({ segments, changes }: Records): SegmentRecord[] {
  const inOrder = changes.toSorted((a, b) => (a.commitTs < b.commitTs ? -1 : 1));
  const visible = visibleAfter(inOrder);
  return segments.filter((segment) => segment.state === "sealed" && visible.has(segment.segmentId));
}
