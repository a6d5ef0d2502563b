import { excerpt, ImportError, locate } from "@sluice/errors";
import type { BackupCollection, BackupSegment } from "../backup.ts";
import { arrayAt, type JsonObject, listAt, numberAt, parseMeta, textAt } from "../json-members.ts";
import { ALL_PARTITIONS } from "../milvus-backup.ts";
import { describedCollection } from "./described-collection.ts";
import type { SegmentManifest } from "./manifest.ts";
import { NEWEST_SNAPSHOT_VERSION } from "./manifest-schema.ts";

// The metadata of a snapshot of Milvus 3: what it says of a collection. Source: Milvus `data_coord.proto`, `SnapshotMetadata`.

/** Folder of the files of a bundle. Other snapshots name those of the Milvus that made them, which lie at its root. */
const BUNDLED = "files";

/** What a snapshot says of itself, before any of its manifests is read. */
export interface SnapshotMetadata {
  readonly version: number;
  /** Folder of the logs, below the root of the snapshot; ends in `/`, or is the root. */
  readonly filesFolder: string;
  /** Names of the manifests of segments, as their paths end. */
  readonly manifests: readonly string[];
  /** Ids of the segments; none where the metadata does not say. */
  readonly segmentIds: readonly string[];
  /** Of segments of storage version 3, which of their manifests counts. */
  readonly manifestVersions: ReadonlyMap<string, number>;
  /** Without its segments. */
  readonly collection: BackupCollection;
}

/** @throws {ImportError} `malformed_file`; `unsupported` for versions that are not known */
export function snapshotMetadata(path: string, text: string): SnapshotMetadata {
  const metadata = parseMeta(path, text);
  try {
    const version = numberAt(metadata, "format_version");
    if (version > NEWEST_SNAPSHOT_VERSION) throw tooNew(version);
    const isBundle = ["SnapshotLayoutSelfContained", "2"].includes(textAt(metadata, "layout"));
    return {
      version,
      filesFolder: isBundle ? `${BUNDLED}/` : "",
      manifests: arrayAt(metadata, "manifest_list").map((manifest) => manifestName(String(manifest))),
      segmentIds: arrayAt(metadata, "segment_ids").map(String),
      manifestVersions: manifestVersions(metadata),
      collection: describedCollection(metadata),
    };
  } catch (error) {
    throw locate(error, { file: path });
  }
}

/** A version 2 segment may have a manifest besides, by a plain path; that of version 3 is JSON. */
function manifestVersions(metadata: JsonObject): Map<string, number> {
  const named = listAt(metadata, "storagev2_manifest_list").filter((one) => textAt(one, "manifest").startsWith("{"));
  return new Map(named.map((one) => [textAt(one, "segment_id"), manifestVersion(textAt(one, "manifest"))]));
}

/** `{"ver":N,"base_path":PATH}`; where the segment lies is known. */
function manifestVersion(manifest: string): number {
  const [, version] = /"ver"\s{0,9}:\s{0,9}(\d{1,15})/.exec(manifest) ?? [];
  if (version !== undefined) return Number(version);
  throw new ImportError("malformed_file", `a manifest is "${excerpt(manifest)}": expected {"ver":N,"base_path":PATH}`);
}

function manifestName(path: string): string {
  const [name] = /\d{1,19}\.avro$/.exec(path) ?? [];
  if (name !== undefined) return name;
  throw new ImportError(
    "malformed_file",
    `a manifest is "${excerpt(path)}", and none of a segment: expected …/ID.avro`,
  );
}

/**
 * The collection of a snapshot with its segments.
 * @throws {ImportError} `malformed_file` for segments that are missing or of no partition; `unsupported` for those of later storage versions
 */
export function snapshotCollection(
  { collection, segmentIds, manifestVersions }: SnapshotMetadata,
  manifests: readonly SegmentManifest[],
): BackupCollection {
  checkSegments(segmentIds, manifests);
  const known = new Set(collection.partitions.map(({ id }) => id));
  const isLost = ({ isL0, partitionId: id }: SegmentManifest) => !known.has(id) && !(isL0 && id === ALL_PARTITIONS);
  const lost = manifests.find(isLost);
  if (lost) throw damaged(`segment ${lost.segmentId} is of partition ${lost.partitionId}, which the snapshot has not`);
  const of = (id: string) =>
    manifests.filter(({ partitionId }) => partitionId === id).map((one) => segmentOf(one, manifestVersions));
  return {
    ...collection,
    // Deletes of one partition's rows too: segments without rows.
    partitions: collection.partitions.map((partition) => ({ ...partition, segments: of(partition.id) })),
    l0Segments: of(ALL_PARTITIONS),
  };
}

function segmentOf(manifest: SegmentManifest, versions: SnapshotMetadata["manifestVersions"]): BackupSegment {
  const lastOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
  return {
    id: manifest.segmentId,
    rowCount: manifest.isL0 ? 0 : manifest.rowCount,
    logs: manifest.insertLogs.map(({ fieldId, path }) => `${fieldId}/${lastOf(path)}`),
    deltas: manifest.deltaLogs.map(({ path }) => lastOf(path)),
    storageVersion: manifest.storageVersion,
    ...(manifest.storageVersion === 3 && { manifestVersion: versions.get(manifest.segmentId) }),
    ...(manifest.commitTs > 0n && { commitTs: manifest.commitTs }),
  };
}

function checkSegments(segmentIds: readonly string[], manifests: readonly SegmentManifest[]): void {
  const later = manifests.find((manifest) => manifest.storageVersion > 3);
  if (later) throw laterVersion(later);
  const isBare = ({ isL0, rowCount, insertLogs, storageVersion }: SegmentManifest) =>
    !isL0 && rowCount !== 0 && insertLogs.length === 0 && storageVersion < 3;
  const bare = manifests.find(isBare);
  if (bare) throw damaged(`segment ${bare.segmentId} has ${bare.rowCount} rows, and its manifest no logs of them`);
  const found = new Set(manifests.map(({ segmentId }) => segmentId));
  const missing = segmentIds.find((id) => !found.has(id));
  if (missing !== undefined) throw damaged(`segment ${missing} has no manifest`);
  if (found.size !== manifests.length || (segmentIds.length > 0 && found.size !== segmentIds.length))
    throw damaged(`${manifests.length} manifests are of other segments than the ${segmentIds.length} that it names`);
}

function damaged(what: string): ImportError {
  return new ImportError("malformed_file", `the snapshot is damaged: ${what}`);
}

function tooNew(version: number): ImportError {
  const reason = `the snapshot is of format version ${version}: versions up to ${NEWEST_SNAPSHOT_VERSION} are read; take a milvus-backup in the format binlog`;
  return new ImportError("unsupported", reason);
}

function laterVersion({ segmentId, storageVersion }: SegmentManifest): ImportError {
  const reason = `segment ${segmentId} of the snapshot is of storage version ${storageVersion}: those of versions 1 to 3 are read; take a milvus-backup in the format binlog`;
  return new ImportError("unsupported", reason);
}
