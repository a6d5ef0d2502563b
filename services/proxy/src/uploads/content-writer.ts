import { randomBytes } from "node:crypto";
import { Slots } from "@sluice/async";
import { contentKey, type ObjectStore, SINGLE_PART, writePart, writePartList } from "@sluice/object-store";
import { checkStatus, type volume } from "@sluice/rpc";
import {
  AwsChunkedBody,
  BodyChecks,
  type ChunkSigning,
  chunkedPayload,
  etagOfParts,
  headerOf,
  S3Refusal,
  type SignedRequest,
} from "@sluice/volumes";
import type { VolumeClient } from "../volumes/volume-operations.ts";
import type { RawRequest } from "./raw-service.ts";

/** Chunks of 8 MiB that all uploads together hold in memory; further ones wait, and their clients with them. */
const MEMORY_CHUNKS = 8;
/** Greatest object that is taken in one piece, and greatest part. Source: limits of Amazon S3. */
const MAX_PIECE_BYTES = 5 * 2 ** 30;

/** A content that is being written. */
export interface Content {
  readonly volumeId: string;
  readonly contentId: string;
}

/** The file that a body is to become. */
export interface NewFile {
  readonly volumeName: string;
  /** "": whichever volume has the name. */
  readonly volumeId: string;
  readonly path: string;
  readonly limits: volume.UploadLimits | undefined;
  /** Only where no file has the path. */
  readonly ifAbsent: boolean;
}

/** An upload in parts, and the file that it is to become. */
export type NewPart = Content & Pick<NewFile, "volumeName" | "path" | "limits">;

/** A body, and what its request says of it. */
export interface IncomingBody extends Pick<RawRequest, "headers" | "body" | "goOn" | "signal"> {
  /** See `SignatureV4`. */
  readonly payload: string;
  /** What chunks are signed with, where they are. */
  readonly signing?: ChunkSigning | undefined;
}

/**
 * Streams bodies into the store, as contents of volumes. What was not published in the end is given up by a record, and removed
 * in the background.
 */
export class ContentWriter {
  readonly #client: VolumeClient;
  readonly #store: ObjectStore | undefined;
  readonly #memory = new Slots(MEMORY_CHUNKS);
  readonly #onStored: (bytes: number) => void;

  /** @param store undefined: nothing is written @param onStored is told the bytes of each file or part that is whole */
  constructor(client: VolumeClient, store: ObjectStore | undefined, onStored: (bytes: number) => void) {
    this.#client = client;
    this.#store = store;
    this.#onStored = onStored;
  }

  /** @throws {S3Refusal} where this process has none */
  get store(): ObjectStore {
    if (this.#store) return this.#store;
    const cure = "give it the settings of S3 that the datanodes have";
    throw new S3Refusal("NotImplemented", `this proxy knows no storage of files: ${cure}`);
  }

  /** A file whose body comes in one piece. Resolves to its ETag. @throws {S3Refusal}, {StatusError}, {ImportError} */
  async put({ volumeName, volumeId, path, limits, ifAbsent }: NewFile, incoming: IncomingBody): Promise<string> {
    const sizeBytes = BigInt(lengthOf(incoming.headers));
    const begun = await this.#client.beginContent({ volumeName, volumeId, path, sizeBytes, inParts: false, limits });
    checkStatus(begun.status);
    const content = { volumeId: begun.volumeId, contentId: begun.contentId };
    try {
      const etag = await this.write(content, SINGLE_PART, incoming);
      const published = { volumeName, path, ...content, sizeBytes, etag, limits, ifAbsent };
      checkStatus(await this.#client.publishContent(published));
      return etag;
    } catch (error) {
      await this.#client.dropContent(content).catch(() => undefined); // The sweep of old uploads finds it, too.
      throw error;
    }
  }

  /** One part of an upload in several. @throws as `put`; {StatusError} 63251 */
  async putPart(upload: NewPart, partNumber: number, incoming: IncomingBody) {
    const { volumeId, contentId } = upload;
    const sizeBytes = BigInt(lengthOf(incoming.headers));
    checkStatus(await this.#client.checkPart({ ...upload, partNumber, sizeBytes }));
    const partId = randomBytes(8).toString("hex");
    const md5 = await this.write({ volumeId, contentId }, partId, incoming);
    const part = { partNumber, partId, sizeBytes, md5 };
    checkStatus(await this.#client.savePart({ volumeId, contentId, part }));
    return { md5, sizeBytes: Number(sizeBytes) };
  }

  /** Makes parts, in their order, a file. May be said again. @throws as `put`; {StatusError} 63251 */
  async publishParts(upload: NewPart & Pick<NewFile, "ifAbsent">, parts: readonly volume.UploadPart[]) {
    const etag = etagOfParts(parts.map(({ md5 }) => md5));
    const list = parts.map(({ partId, sizeBytes }) => ({ partId, sizeBytes: Number(sizeBytes) }));
    await writePartList(this.store, contentKey(upload.volumeId, upload.contentId), etag, list);
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0n);
    checkStatus(await this.#client.publishContent({ ...upload, sizeBytes, etag }));
    return { etag, sizeBytes };
  }

  /** Streams a body into the store as one part of a content. Resolves to its MD5. @throws as `put` */
  async write(content: Content, partId: string, incoming: IncomingBody): Promise<string> {
    const { headers, body, payload, signing, signal } = incoming;
    const chunked = chunkedPayload(payload);
    const frame = chunked && new AwsChunkedBody(body, chunked.isSigned ? signing : undefined);
    const checks = new BodyChecks(headers, payload, lengthOf(headers));
    const target = { store: this.store, content: contentKey(content.volumeId, content.contentId), partId };
    incoming.goOn();
    const bytes = await writePart(checks.pass(frame?.bytes() ?? body), { ...target, memory: this.#memory, signal });
    const md5 = checks.finish(frame?.trailers ?? new Map());
    this.#onStored(bytes);
    return md5;
  }
}

/** Bytes of a body, without the frame of chunks. @throws {S3Refusal} where it is not said, or too much */
export function lengthOf(headers: SignedRequest["headers"]): number {
  const text = headerOf(headers, "x-amz-decoded-content-length") || headerOf(headers, "content-length");
  if (!/^\d{1,15}$/.test(text)) throw new S3Refusal("MissingContentLength", "the request says no Content-Length");
  if (Number(text) <= MAX_PIECE_BYTES) return Number(text);
  throw new S3Refusal("EntityTooLarge", "one request takes 5 GiB at most: upload larger files in parts");
}

/** Told to clients that set another one. */
export const ONLY_CONDITION = "the only condition for a file to be put is If-None-Match: *";

/** Whether a file may only be put where none is; undefined for another condition, without which a file would be replaced that the client means to keep. */
export function onlyIfAbsent(headers: SignedRequest["headers"]): boolean | undefined {
  const [match, noneMatch] = [headerOf(headers, "if-match"), headerOf(headers, "if-none-match")];
  return match === "" && (noneMatch === "" || noneMatch === "*") ? noneMatch === "*" : undefined;
}

/** The same. @throws {S3Refusal} for another condition */
export function ifAbsentOf(headers: SignedRequest["headers"]): boolean {
  const isOnly = onlyIfAbsent(headers);
  if (isOnly === undefined) throw new S3Refusal("NotImplemented", ONLY_CONDITION);
  return isOnly;
}
