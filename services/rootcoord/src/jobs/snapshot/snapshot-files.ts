import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { SNAPSHOT_VERSION, snapshotPaths, writeManifest } from "@sluice/formats";
import { specOf } from "@sluice/jobs";
import { type CollectionSchema, type VisibleSegment, withLogsOf } from "@sluice/schema";
import type { MetaFile, MetaFiles } from "../meta-files.ts";
import { channelNames } from "./channels.ts";
import { collectionDescription, partitionsOf } from "./collection-description.ts";
import { indexInfos } from "./index-infos.ts";
import { protoJson } from "./proto-json.ts";
import { segmentEntry } from "./segment-entry.ts";

// A snapshot as Milvus 3 exports it, and restores a collection from it by itself. All paths are below the bundle, as they are where it
// lies at the root of a bucket: Milvus replaces the root that `s3_location` has by the one where it finds the metadata, so that a
// bundle may be moved as a whole. Source: Milvus `internal/snapshotio/storage`, `data_coord.proto`.

/** `SnapshotLayoutSelfContained`: all files lie below the bundle. */
const SELF_CONTAINED = "SnapshotLayoutSelfContained";

/** What a snapshot tells of. */
export interface SnapshotParts {
  readonly job: JobRecord;
  readonly collection: CollectionRecord;
  /** Those that were copied, as of the job's timestamp. */
  readonly segments: readonly VisibleSegment[];
  /** The job's: of other fields, which were dropped before it, nothing was copied. */
  readonly schema: CollectionSchema;
}

/** The manifests of the segments, and the metadata, which makes it a snapshot. */
export function snapshotFiles(parts: SnapshotParts): MetaFiles {
  const { metadata } = snapshotPaths(parts.job.collectionId, parts.job.jobId);
  return { files: manifestsOf(parts), last: () => [metadata, protoJson(metadataOf(parts))] };
}

function* manifestsOf({ job, segments, schema }: SnapshotParts): Generator<MetaFile> {
  const { manifest } = snapshotPaths(job.collectionId, job.jobId);
  const channels = channelNames(job);
  for (const segment of segments) {
    const vchannel = channels.get(segment.vchannel) ?? segment.vchannel;
    const copied = { ...withLogsOf(segment, schema), vchannel };
    yield [manifest(segment.segmentId), writeManifest(segmentEntry(copied, job.timestamp))];
  }
}

function metadataOf({ job, collection, segments }: SnapshotParts) {
  const { manifest } = snapshotPaths(job.collectionId, job.jobId);
  return {
    format_version: SNAPSHOT_VERSION,
    snapshot_info: snapshotInfo(job),
    collection: collectionDescription(job, collection),
    indexes: indexInfos(job, collection),
    manifest_list: segments.map(({ segmentId }) => manifest(segmentId)),
    segment_ids: segments.map(({ segmentId }) => segmentId),
    layout: SELF_CONTAINED,
  };
}

function snapshotInfo(job: JobRecord) {
  const { collectionId, jobId, timestamp } = job;
  return {
    ...{ name: specOf(job, "export").folder.split("/").at(-1), id: jobId, collection_id: collectionId },
    partition_ids: Object.values(partitionsOf(job)),
    ...{ create_ts: timestamp, s3_location: snapshotPaths(collectionId, jobId).metadata },
    state: "SnapshotStateCommitted",
    channel_seek_positions: [...channelNames(job).values()].map((channel_name) => ({ channel_name, timestamp })),
  };
}
