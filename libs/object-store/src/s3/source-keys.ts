import { parseScheme } from "../sources/source-paths.ts";

/** Bytes of UTF-8; the limit of S3. */
const maxKeyBytes = 1024;

/** `s3://bucket/key`; undefined for any other path. */
export function parseBucketUrl(path: string): { readonly bucket: string; readonly key: string } | undefined {
  const url = parseScheme(path);
  const [, bucket, key] = (url?.scheme === "s3" && /^([^/]+)\/+(.*)$/s.exec(url.rest)) || [];
  return bucket === undefined ? undefined : { bucket, key };
}

/**
 * Why a text is no key of an object, as the end of `the path …`. Servers that keep objects as files would follow `..`; no key
 * of ours, or of any tool we know, has such a part.
 */
export function invalidKey(key: string): string | undefined {
  if (key === "") return "names no file";
  if (key.endsWith("/")) return "is a folder, no file";
  if (key.includes("\0") || !key.isWellFormed()) return "is not a file path";
  if (Buffer.byteLength(key) > maxKeyBytes) return `is longer than ${maxKeyBytes} bytes`;
  if (hasDots(key)) return 'has the part "." or ".."';
  return undefined;
}

/** Whether a part of the key is `.` or `..`, which clients and proxies fold away. */
export function hasDots(key: string): boolean {
  return key.split("/").some((part) => part === "." || part === "..");
}

/** Whether the key lies below the folder, also on servers to which `a//b` is `a/b`. */
export function isBelow(folder: string, key: string): boolean {
  const plain = key.replace(/\/{2,}/g, "/");
  return plain === folder || plain.startsWith(`${folder}/`);
}
