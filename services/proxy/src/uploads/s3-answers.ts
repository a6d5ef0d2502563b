import type { volume } from "@sluice/rpc";
import { type S3Refusal, uriEncode } from "@sluice/volumes";
import type { RawAnswer } from "./raw-service.ts";

/** What an S3 client is answered: XML, or nothing. */
export type S3Answer = RawAnswer & { readonly body?: string };

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** Clients read the reason of a refusal only when it is a document of this form, of this type. */
export function refusalAnswer({ code, message, httpStatus }: S3Refusal, resource: string, requestId: string): S3Answer {
  const elements = { Code: code, Message: message, Resource: resource, RequestId: requestId, HostId: "sluice" };
  // Without the namespace that other documents have: boto3 finds no code in it otherwise.
  return { status: httpStatus, body: `${DECLARATION}<Error>${inner(elements)}</Error>` };
}

/** A file or a part was taken. @param etag without quotes */
export function stored(etag: string): S3Answer {
  return { status: 200, headers: { etag: `"${etag}"` } };
}

/** No region: the one of clients that name none. Source: S3 `GetBucketLocation`. */
export function locationAnswer(): S3Answer {
  return { status: 200, body: `<LocationConstraint ${NAMESPACE}></LocationConstraint>` };
}

/** An upload in parts has begun. Source: S3 `CreateMultipartUpload`. */
export function begunAnswer(bucket: string, key: string, uploadId: string): S3Answer {
  const elements = { Bucket: bucket, Key: key, UploadId: uploadId };
  return { status: 200, body: document("InitiateMultipartUploadResult", elements) };
}

/** Its parts are one file. @param etag without quotes. Source: S3 `CompleteMultipartUpload`. */
export function completedAnswer(bucket: string, key: string, etag: string): S3Answer {
  const elements = { Location: `/${bucket}/${uriEncode(key)}`, Bucket: bucket, Key: key, ETag: `"${etag}"` };
  return { status: 200, body: document("CompleteMultipartUploadResult", elements) };
}

/** What was asked of a listing, in the bucket's keys. */
export interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly isEncoded: boolean;
  readonly continuationToken: string;
}

/** A page of `ListObjectsV2`. @param volumePrefix what keys begin with before the paths of files */
export function listingAnswer(listing: Listing, page: volume.ListFilesResponse, volumePrefix: string): S3Answer {
  // Clients decode a plus as a blank.
  const shown = (text: string) => (listing.isEncoded ? text.split("/").map(uriEncode).join("/") : text);
  const contents = page.files.map((file) =>
    element("Contents", {
      Key: shown(volumePrefix + file.path),
      LastModified: new Date(Number(file.modifiedMs)).toISOString(),
      ETag: `"${file.etag}"`,
      Size: String(file.sizeBytes),
      StorageClass: "STANDARD",
    }),
  );
  const folders = page.folders.map((folder) => element("CommonPrefixes", { Prefix: shown(volumePrefix + folder) }));
  const head = {
    Name: listing.bucket,
    Prefix: shown(listing.prefix),
    Delimiter: shown(listing.delimiter),
    MaxKeys: String(listing.maxKeys),
    KeyCount: String(contents.length + folders.length),
    ...(listing.isEncoded && { EncodingType: "url" }),
    ...(listing.continuationToken && { ContinuationToken: listing.continuationToken }),
    IsTruncated: String(page.nextAfter !== ""),
    ...(page.nextAfter && { NextContinuationToken: tokenOf(page.nextAfter) }),
  };
  return { status: 200, body: document("ListBucketResult", head, [...contents, ...folders].join("")) };
}

/** Where a page goes on, as clients carry it. */
function tokenOf(path: string): string {
  return Buffer.from(path).toString("base64url");
}

/** The inverse of what a page of a listing says. */
export function pathOfToken(token: string): string {
  return Buffer.from(token, "base64url").toString();
}

function document(name: string, elements: Readonly<Record<string, string>>, more = ""): string {
  return `${DECLARATION}<${name} ${NAMESPACE}>${inner(elements)}${more}</${name}>`;
}

function element(name: string, elements: Readonly<Record<string, string>>): string {
  return `<${name}>${inner(elements)}</${name}>`;
}

function inner(elements: Readonly<Record<string, string>>): string {
  return Object.entries(elements)
    .map(([name, text]) => `<${name}>${escaped(text)}</${name}>`)
    .join("");
}

/** Characters that XML has no form for are left out: they stand in nothing that is taken. */
function escaped(text: string): string {
  const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "").replace(/[&<>"]/g, (char) => named[char]);
}
