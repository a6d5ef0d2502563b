import { excerpt, StatusError } from "@sluice/errors";
import { volumeCodes } from "./codes.ts";

/** Of a path in a volume, in which `%` counts three: it is part of a key of the metastore, and of a key of S3 with 1,024 bytes. */
const MAX_PATH_BYTES = 900;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNFIT = /[\u0000-\u001f\u007f\\]/;

/**
 * The path of a file in its volume: names between single slashes. Slashes at the front or doubled, which released clients
 * send, mean nothing.
 * @throws {StatusError} 63247 for what leads out of the volume, or names no file
 */
export function filePathOf(text: string): string {
  const path = text.replace(/\/{2,}/g, "/").replace(/^\//, "");
  if (path === "" || path.endsWith("/")) throw refused(text, "it names no file");
  checkParts(text, path);
  return path;
}

/**
 * A folder of a volume, ending in `/`; "" for all of the volume.
 * @throws {StatusError} as `filePathOf`
 */
export function folderPathOf(text: string): string {
  const path = text.replace(/\/{2,}/g, "/").replace(/^\/|\/$/g, "");
  if (path === "") return "";
  checkParts(text, path);
  return `${path}/`;
}

/** Of a page of files: the path, or the beginning of some, that it comes after. @throws {StatusError} 63247 for what no listing has answered */
export function checkPageAfter(after: string): void {
  const bytes = Buffer.byteLength(after.replaceAll("%", "%25"));
  if (bytes > MAX_PATH_BYTES)
    throw refused(after, `no listing goes on behind it: it has ${bytes} bytes, more than ${MAX_PATH_BYTES}`);
}

function checkParts(text: string, path: string): void {
  if (!path.isWellFormed()) throw refused(text, "it is not well-formed Unicode");
  if (UNFIT.test(path)) throw refused(text, "it holds a backslash or a control character");
  if (path.split("/").some((part) => part === "." || part === "..")) throw refused(text, "it holds . or .. as a name");
  const bytes = Buffer.byteLength(path.replaceAll("%", "%25"));
  if (bytes > MAX_PATH_BYTES) throw refused(text, `it has ${bytes} bytes, more than ${MAX_PATH_BYTES}`);
}

function refused(text: string, why: string): StatusError {
  return new StatusError(
    volumeCodes.pathRefused,
    `the path ${JSON.stringify(excerpt(text, 200))} is not allowed: ${why}`,
  );
}
