import { ImportError } from "@sluice/errors";

/** What a user's path names: a key of the import bucket, of a bucket, or of a named source. */
export type SourcePath =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "bucket"; readonly bucket: string; readonly key: string }
  | { readonly kind: "named"; readonly name: string; readonly key: string };

/** Bytes of UTF-8; the limit of S3. */
const maxKeyBytes = 1024;

/**
 * The path in its parts: `a/1.json` and `/a/1.json`, which clients write alike, `s3://bucket/key`, `name://key`.
 * @returns why it is none, as the end of `the path …`
 */
export function parseSourcePath(path: string): SourcePath | string {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(path) ?? [];
  if (scheme === undefined) return withKey({ kind: "key" }, path);
  if (scheme.toLowerCase() !== "s3") return withKey({ kind: "named", name: scheme.toLowerCase() }, rest);
  const [, bucket, key] = /^([^/]+)\/(.*)$/s.exec(rest) ?? [];
  return bucket === undefined ? "names no object of a bucket" : withKey({ kind: "bucket", bucket }, key);
}

function withKey<T>(place: T, text: string): (T & { key: string }) | string {
  const key = text.replace(/^\/+/, "");
  return invalidKey(key) ?? { ...place, key };
}

/** Servers that keep objects as files would follow `..`; no key of ours, or of any tool we know, has such a part. */
function invalidKey(key: string): string | undefined {
  if (key === "" || key.endsWith("/")) return "names no file";
  if (key.includes("\0") || !key.isWellFormed()) return "is not a file path";
  if (Buffer.byteLength(key) > maxKeyBytes) return `is longer than ${maxKeyBytes} bytes`;
  if (key.split("/").some((part) => part === "." || part === "..")) return 'has the part "." or ".."';
  return undefined;
}

/** Whether the key lies below the folder, also on servers to which `a//b` is `a/b`. */
export function isBelow(folder: string, key: string): boolean {
  const plain = key.replace(/\/{2,}/g, "/");
  return plain === folder || plain.startsWith(`${folder}/`);
}

/** A key of the source store: the object and its version, so that whoever reads by it reads what was resolved. */
export interface VersionedKey {
  /** Name of the source; "" is the import bucket. */
  readonly source: string;
  /** "" when the server gives none. */
  readonly etag: string;
  readonly key: string;
}

const keyMark = "s3:";

export function isS3SourceKey(key: string): boolean {
  return key.startsWith(keyMark);
}

export function formatSourceKey({ source, etag, key }: VersionedKey): string {
  return `${keyMark}${source}:${encodeURIComponent(etag)}:${key}`;
}

/** @throws {ImportError} `internal`: keys come from `resolve` and nowhere else */
export function parseSourceKey(text: string): VersionedKey {
  const [, source, etag, key] = /^s3:([a-z0-9-]*):([^:]*):(.+)$/s.exec(text) ?? [];
  if (key === undefined) throw new ImportError("internal", `"${text}" is no key of a source`);
  return { source, etag: decodeURIComponent(etag), key };
}
