import type { Table } from "./table.ts";

/** A volume, which older clients call a stage: files that users have put here, or a folder of a source. */
export interface VolumeRecord {
  readonly name: string;
  /** Random, and never used again: what was written for a dropped volume is never seen in one of its name. */
  readonly volumeId: string;
  readonly type: "MANAGED" | "EXTERNAL";
  readonly projectId: string;
  readonly regionId: string;
  readonly description: string;
  /** Of an external one: the source that it lies in, and the folder, "" or ending in `/`. */
  readonly source?: string;
  readonly folder?: string;
  /** Frozen: it is read, and takes no more files. */
  readonly state: "running" | "frozen";
  /** Unix milliseconds. */
  readonly createdMs: number;
  readonly fileCount: number;
  readonly totalBytes: number;
  /** Made without a name for one upload, and dropped when nothing is written any more: `writtenMs` says since when. */
  readonly isTemporary: boolean;
  readonly writtenMs: number;
}

/** Written by the rootcoord. */
export const VOLUMES: Table<VolumeRecord, string> = { name: "volume", idOf: ({ name }) => name };

/** A volume that is gone for users; its objects and records go in the background. */
export interface DroppedVolumeRecord {
  readonly volumeId: string;
  readonly name: string;
  readonly droppedMs: number;
}

/** Written by the rootcoord, in the transaction that drops the volume. */
export const DROPPED_VOLUMES: Table<DroppedVolumeRecord, string> = {
  name: "dropped-volume",
  idOf: ({ volumeId }) => volumeId,
};

/** The random bytes that upload tokens are sealed with, in base64. Who reads the metastore can issue tokens. */
export interface UploadKeyRecord {
  readonly key: string;
}

/** Written by the first rootcoord that needs it, once. */
export const UPLOAD_KEYS: Table<UploadKeyRecord, string> = { name: "upload-key", idOf: () => "current" };
