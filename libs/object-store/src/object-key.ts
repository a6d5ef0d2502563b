import { ImportError } from "@sluice/errors";

/** Bytes of UTF-8; the limit of S3. */
const maxKeyBytes = 1024;

/**
 * Refuses what the port does not call a key, in every adapter alike, so that code tried on one works on all.
 * @throws {ImportError} `internal`: keys are made by the program, paths of users go through `Sources`
 */
export function checkKey(key: string): void {
  const reason = invalidKey(key);
  if (reason) throw new ImportError("internal", `invalid object key ${JSON.stringify(key)}: ${reason}`);
}

function invalidKey(key: string): string | undefined {
  if (key === "") return "it is empty";
  if (key.includes("\0")) return "it contains a NUL character";
  if (!key.isWellFormed()) return "it is not well-formed Unicode";
  if (Buffer.byteLength(key) > maxKeyBytes) return `it is longer than ${maxKeyBytes} bytes`;
  for (const part of key.split("/")) {
    if (part === "") return "it has an empty part";
    if (part === "." || part === "..") return `it has the part "${part}"`;
  }
  return undefined;
}

/** Order of UTF-8 bytes, which differs from that of JavaScript strings above U+FFFF. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
