import { excerpt, ImportError } from "@sluice/errors";

/** What becomes of rows of a job that have one primary key: the first or the last of them is imported, or the job fails. */
export type OnDuplicate = "first" | "last" | "error";

/** The same for one task of the job, which has every row but takes only those whose key falls into its bucket. */
export interface KeyRule {
  readonly onDuplicate: OnDuplicate;
  readonly bucket: number;
  readonly buckets: number;
}

/**
 * The option `on_duplicate`: undefined for `keep`, under which all rows are imported, as Milvus does.
 * @throws {ImportError} `request_invalid`
 */
export function parseOnDuplicate(value: string): OnDuplicate | undefined {
  const word = value.trim().toLowerCase();
  if (word === "" || word === "keep") return undefined;
  if (word === "first" || word === "last" || word === "error") return word;
  const reason = `option on_duplicate must be "keep", "first", "last" or "error", found "${excerpt(value)}"`;
  throw new ImportError("request_invalid", reason);
}

/** Source bytes of a task that holds its keys in memory: rows of text are hardly shorter than 64 bytes. */
const BYTES_PER_BUCKET = 256 << 20;

/** Tasks among which the keys of a job are divided; each reads all of it. */
export function keyBucketCount(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / BYTES_PER_BUCKET));
}
