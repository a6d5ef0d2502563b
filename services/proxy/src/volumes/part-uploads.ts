import { StatusError } from "@sluice/errors";
import { contentKey } from "@sluice/object-store";
import { checkStatus, type volume } from "@sluice/rpc";
import { filePathOf, type NamedPart, volumeCodes } from "@sluice/volumes";
import type { ContentWriter } from "../uploads/content-writer.ts";
import type { VolumeClient } from "./volume-operations.ts";

/** An upload that goes on, and the file that it is to become. */
export interface PartUpload {
  readonly volumeName: string;
  readonly volumeId: string;
  readonly contentId: string;
  readonly path: string;
  /** Ascending by number. */
  readonly parts: readonly volume.UploadPart[];
}

/** @throws {StatusError} 63240; 63251 where the volume has none of this id, or not any more */
export async function findUpload(client: VolumeClient, volumeName: string, uploadId: string): Promise<PartUpload> {
  const { status, volume: entry } = await client.describeVolume({ name: volumeName });
  checkStatus(status);
  const content = { volumeId: entry?.volumeId ?? "", contentId: uploadId };
  if (!/^[0-9a-f]{32}$/.test(uploadId)) throw noUpload();
  const found = await client.listParts(content);
  checkStatus(found.status);
  if (found.path === "") throw noUpload();
  return { volumeName, ...content, path: found.path, parts: found.parts };
}

/**
 * Uploads in parts over REST, which outlive whoever began them: the parts that have come are told, so that only the others are sent
 * again. Parts themselves are bodies of their own (`partService`).
 */
export class PartUploads {
  readonly #client: VolumeClient;
  readonly #writer: ContentWriter;

  constructor(client: VolumeClient, writer: ContentWriter) {
    this.#client = client;
    this.#writer = writer;
  }

  /** @throws {StatusError} as `VolumeUploads.begin` of the rootcoord */
  async begin(volumeName: string, text: string) {
    const path = filePathOf(text);
    const about = { volumeName, volumeId: "", path, sizeBytes: 0n, inParts: true, limits: undefined };
    const { status, contentId } = await this.#client.beginContent(about);
    checkStatus(status);
    return { uploadId: contentId, volumeName, path };
  }

  /** @throws {StatusError} as `findUpload` */
  async describe(volumeName: string, uploadId: string) {
    const { path, parts, volumeId } = await findUpload(this.#client, volumeName, uploadId);
    const { file } = await this.#client.describeFile({ volumeName, path });
    const isComplete = file?.key === contentKey(volumeId, uploadId);
    return { uploadId, volumeName, path, status: isComplete ? "COMPLETED" : "UPLOADING", parts: parts.map(partJson) };
  }

  /**
   * Makes the parts a file; may be said again.
   * @param named in which order; undefined: all that have come, of which none may be missing in between
   * @throws {StatusError} as `findUpload`; 63252, 63254
   */
  async complete(volumeName: string, uploadId: string, named: readonly NamedPart[] | undefined, ifAbsent: boolean) {
    const { parts, ...upload } = await findUpload(this.#client, volumeName, uploadId);
    const chosen = named ? chosenParts(named, parts) : allParts(parts);
    const { etag, sizeBytes } = await this.#writer.publishParts({ ...upload, limits: undefined, ifAbsent }, chosen);
    return { path: upload.path, fileSize: Number(sizeBytes), etag };
  }

  /** What has come of it goes in the background. @throws {StatusError} as `findUpload` */
  async drop(volumeName: string, uploadId: string) {
    const { volumeId, path } = await findUpload(this.#client, volumeName, uploadId);
    checkStatus(await this.#client.dropContent({ volumeId, contentId: uploadId }));
    return { uploadId, path };
  }
}

/** The parts that a client names, in its order. @throws {StatusError} 63254 */
export function chosenParts(named: readonly NamedPart[], parts: readonly volume.UploadPart[]): volume.UploadPart[] {
  const byNumber = new Map(parts.map((part) => [part.partNumber, part]));
  return named.map(({ partNumber, etag }) => {
    const part = byNumber.get(partNumber);
    if (part?.md5 === etag) return part;
    throw missing(`part ${partNumber} was not uploaded, or is another one than its ETag says`);
  });
}

function allParts(parts: readonly volume.UploadPart[]): readonly volume.UploadPart[] {
  if (parts.length === 0) throw missing("no part was uploaded");
  const gap = parts.findIndex(({ partNumber }, i) => partNumber !== i + 1);
  if (gap < 0) return parts;
  throw missing(`part ${gap + 1} was not uploaded: upload it, or name the parts that the file is made of`);
}

function missing(reason: string): StatusError {
  return new StatusError(volumeCodes.partMissing, reason);
}

function noUpload(): StatusError {
  const reason = "there is no such upload: it was finished, given up, or never begun";
  return new StatusError(volumeCodes.uploadNotFound, reason);
}

function partJson({ partNumber, sizeBytes, md5 }: volume.UploadPart) {
  return { partNumber, fileSize: Number(sizeBytes), etag: md5 };
}
