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

/** A file of a volume: a path, and the content that it leads to now. */
export interface VolumeFileRecord {
  readonly volumeId: string;
  /** Names between single slashes. */
  readonly path: string;
  /** Random; a file that is replaced gets another one. */
  readonly contentId: string;
  readonly sizeBytes: number;
  /** As S3 has it, without quotes: MD5 of the bytes in hex, or that of the MD5s of the parts, `-` and their number. */
  readonly etag: string;
  readonly modifiedMs: number;
}

/** Written by the rootcoord. In the byte order of paths, so that listings are. */
export const VOLUME_FILES: Table<VolumeFileRecord, readonly string[]> = {
  name: "volume-file",
  idOf: ({ volumeId, path }) => [volumeId, ...path.split("/")],
};

/**
 * A content that no file leads to, or that has parts to forget: `uploading` until all of it is there; `published` and led to by a
 * file; `removed`, because its upload was given up, or its file replaced or removed. Objects of a content have a record of it
 * or of a file, from before their first byte to behind their last.
 */
export interface VolumeContentRecord {
  readonly volumeId: string;
  readonly contentId: string;
  readonly path: string;
  readonly state: "uploading" | "published" | "removed";
  /** Unix milliseconds since when. */
  readonly sinceMs: number;
  /** Whether it comes in parts. */
  readonly inParts: boolean;
  /** Of the parts that have come, or as they were announced where it comes by one request; absent for none. */
  readonly partBytes?: number;
}

/** Written by the rootcoord. */
export const VOLUME_CONTENTS: Table<VolumeContentRecord, readonly [volumeId: string, contentId: string]> = {
  name: "volume-content",
  idOf: ({ volumeId, contentId }) => [volumeId, contentId],
};

/** A part of an upload that came. */
export interface UploadPartRecord {
  readonly volumeId: string;
  readonly contentId: string;
  /** From 1, as S3 counts. */
  readonly partNumber: number;
  /** Random: a part that is sent again is another one. */
  readonly partId: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly md5: string;
}

/** Written by the rootcoord. */
export const UPLOAD_PARTS: Table<UploadPartRecord, readonly [volumeId: string, contentId: string, partNumber: number]> =
  {
    name: "upload-part",
    idOf: ({ volumeId, contentId, partNumber }) => [volumeId, contentId, partNumber],
  };
