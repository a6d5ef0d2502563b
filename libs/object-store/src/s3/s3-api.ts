import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ObjectInfo } from "../object-store.ts";
import type { BodySink } from "./direct/http-connection.ts";
import { S3DirectClient } from "./direct/s3-direct-client.ts";
import { readRange, type S3Part, type S3RangeRequest, writeBody } from "./direct/s3-objects.ts";
import { encodedValue } from "./direct/sigv4.ts";
import type { S3Body } from "./s3-body.ts";
import { openS3Client } from "./s3-client.ts";
import { S3Unsupported } from "./s3-errors.ts";
import type { S3Options } from "./s3-options.ts";

// This file and the client's alone load the SDK, which costs a thread some 0.15 s of CPU and 40 MB: they are imported when
// the first bucket is opened.

/** An object of a bucket, under its whole key. */
export interface S3ObjectInfo extends ObjectInfo {
  /** Without quotes; "" when the server gives none. */
  readonly etag: string;
}

/** Where a page of a listing begins. */
export interface ListFrom {
  /** As the page before gave it. */
  readonly token?: string | undefined;
  /** Behind this key, whatever pages there were. */
  readonly after?: string | undefined;
}

/**
 * What the end of a multipart upload names each of its parts by. CRC32 in base64, where the bucket is written with it.
 */
export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
  readonly crc32: string | undefined;
}

/** A multipart upload that nobody has completed or aborted; its parts take space. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
}

/**
 * The calls of S3 that we make on one bucket, each once: no retries, errors as the SDK gives them. Keys are whole. What moves
 * bytes goes without the SDK.
 */
export class S3Api {
  readonly #client: S3Client;
  readonly #direct: S3DirectClient;
  readonly #bucket: string;
  readonly #region: string;
  readonly #withCrc32: boolean;

  constructor(options: S3Options) {
    this.#client = openS3Client(options);
    this.#direct = new S3DirectClient(this.#client, options);
    this.#bucket = options.bucket;
    this.#region = options.region;
    this.#withCrc32 = options.checksums === "crc32";
  }

  /** Ends the connections of both clients; what is under way fails. */
  close(): void {
    this.#direct.close();
    this.#client.destroy();
  }

  /** @throws what the SDK throws; `isMissing` where there is no such key */
  async head(key: string, abortSignal?: AbortSignal): Promise<S3ObjectInfo> {
    const answer = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }), { abortSignal });
    const { ContentLength = 0, LastModified, ETag } = answer;
    return { key, sizeBytes: ContentLength, modifiedMs: LastModified?.getTime() ?? 0, etag: unquoted(ETag) };
  }

  /** See `readRange`. */
  read(request: S3RangeRequest, begin: (part: S3Part) => BodySink, signal: AbortSignal): Promise<boolean> {
    return readRange(this.#direct, request, begin, signal);
  }

  /** In one request: at most 5 GB. */
  async put(key: string, body: S3Body, signal: AbortSignal): Promise<void> {
    await writeBody(this.#direct, { key, body, withCrc32: this.#withCrc32 }, signal);
  }

  /** At most 5 GB, in the server. */
  async copy(from: string, to: string, abortSignal?: AbortSignal): Promise<void> {
    const CopySource = [this.#bucket, ...from.split("/")].map(encodeURIComponent).join("/");
    await this.#client.send(new CopyObjectCommand({ Bucket: this.#bucket, Key: to, CopySource }), { abortSignal });
  }

  /** Resolves to the id of a multipart upload. @throws {S3Unsupported} for a server that gives none */
  async createUpload(key: string, abortSignal?: AbortSignal): Promise<string> {
    const { UploadId } = await this.#client.send(
      new CreateMultipartUploadCommand({
        Bucket: this.#bucket,
        Key: key,
        ContentType: "application/octet-stream",
        ...(this.#withCrc32 && { ChecksumAlgorithm: "CRC32" }),
      }),
      { abortSignal },
    );
    if (!UploadId) throw new S3Unsupported("the server began a multipart upload without an id");
    return UploadId;
  }

  /** @param number from 1 */
  async uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: S3Body,
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    const query = `partNumber=${number}&uploadId=${encodedValue(uploadId)}`;
    const etag = await writeBody(this.#direct, { key, query, body, withCrc32: this.#withCrc32 }, signal);
    return { number, etag, crc32: this.#withCrc32 ? body.crc32 : undefined };
  }

  /** @param parts all, in order of their number */
  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    abortSignal?: AbortSignal,
  ): Promise<void> {
    const Parts = parts.map(({ number, etag, crc32 }) => ({
      PartNumber: number,
      ETag: `"${etag}"`,
      ...(crc32 !== undefined && { ChecksumCRC32: crc32 }),
    }));
    await this.#client.send(
      new CompleteMultipartUploadCommand({
        Bucket: this.#bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts },
      }),
      { abortSignal },
    );
  }

  /** Removes the parts that have come. */
  async abortUpload(key: string, uploadId: string, abortSignal?: AbortSignal): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: uploadId });
    await this.#client.send(command, { abortSignal });
  }

  /** One page of unfinished uploads and the mark of the next, if any. */
  async listUploads(
    prefix: string,
    after: { readonly key: string; readonly uploadId: string } | undefined,
    abortSignal?: AbortSignal,
  ): Promise<{ uploads: UnfinishedUpload[]; next: { key: string; uploadId: string } | undefined }> {
    const answer = await this.#client.send(
      new ListMultipartUploadsCommand({
        Bucket: this.#bucket,
        Prefix: prefix,
        KeyMarker: after?.key,
        UploadIdMarker: after?.uploadId,
      }),
      { abortSignal },
    );
    const uploads = (answer.Uploads ?? []).map(({ Key = "", UploadId = "" }) => ({ key: Key, uploadId: UploadId }));
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = answer;
    const next = IsTruncated && NextKeyMarker ? { key: NextKeyMarker, uploadId: NextUploadIdMarker ?? "" } : undefined;
    return { uploads, next };
  }

  /** One page of objects and the token of the next, if any. @param delimiter keys with another one of it are left out */
  async list(
    prefix: string,
    { token, after }: ListFrom,
    limit: number,
    abortSignal?: AbortSignal,
    delimiter?: string,
  ): Promise<{ objects: S3ObjectInfo[]; next: string | undefined }> {
    const from = { ContinuationToken: token, StartAfter: after };
    const input = { Bucket: this.#bucket, Prefix: prefix, ...from, MaxKeys: limit, Delimiter: delimiter };
    const answer = await this.#client.send(new ListObjectsV2Command(input), { abortSignal });
    const objects = (answer.Contents ?? []).map(({ Key = "", Size = 0, LastModified, ETag }) => ({
      key: Key,
      sizeBytes: Size,
      modifiedMs: LastModified?.getTime() ?? 0,
      etag: unquoted(ETag),
    }));
    return { objects, next: answer.IsTruncated ? answer.NextContinuationToken : undefined };
  }

  /** @param keys at most 1000. @returns those that could not be deleted, with the code and message of each */
  async delete(
    keys: readonly string[],
    abortSignal?: AbortSignal,
  ): Promise<{ readonly key: string; readonly code: string; readonly message: string }[]> {
    const Objects = keys.map((Key) => ({ Key }));
    const command = new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } });
    const { Errors = [] } = await this.#client.send(command, { abortSignal });
    return Errors.filter(({ Code }) => Code !== "NoSuchKey").map(({ Key = "", Code = "", Message = "" }) => ({
      key: Key,
      code: Code,
      message: Message,
    }));
  }

  /** In the region of the options. */
  async createBucket(abortSignal?: AbortSignal): Promise<void> {
    // AWS wants every region named but its first.
    const LocationConstraint = this.#region === "us-east-1" ? undefined : this.#region;
    await this.#client.send(
      new CreateBucketCommand({
        Bucket: this.#bucket,
        ...(LocationConstraint && { CreateBucketConfiguration: { LocationConstraint: LocationConstraint as "EU" } }),
      }),
      { abortSignal },
    );
  }
}

function unquoted(etag: string | undefined): string {
  return (etag ?? "").replace(/^"|"$/g, "");
}
