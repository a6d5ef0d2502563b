import { excerpt } from "@sluice/errors";
import type { Pairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";

/**
 * A collection is one record of the metastore with both forms of its schema, and etcd takes 1.5 MiB in a request. Milvus knows
 * no such bounds and meets etcd's.
 */
const MAX_SCHEMA_BYTES = 256 * 1024;
const MAX_PAIRS = 256;
const MAX_KEY_BYTES = 256;
const MAX_PAIRS_BYTES = 64 * 1024;

/** Names, descriptions, type parameters, defaults and properties of a schema together. @throws {StatusError} 1100 */
export function checkSchemaBytes(schema: Uint8Array): void {
  if (schema.length <= MAX_SCHEMA_BYTES) return;
  throw invalid(
    `the schema has ${schema.length} bytes, more than ${MAX_SCHEMA_BYTES}: shorten descriptions and parameters`,
  );
}

/** @param what `properties`, `index params` @throws {StatusError} 1100 for pairs that are too many or too long */
export function checkPairs(pairs: Pairs, what: string): void {
  if (pairs.length > MAX_PAIRS) throw invalid(`${pairs.length} ${what} are more than ${MAX_PAIRS}`);
  const long = pairs.find(([key]) => Buffer.byteLength(key) > MAX_KEY_BYTES);
  if (long) throw invalid(`a key of the ${what} has more than ${MAX_KEY_BYTES} bytes: ${excerpt(long[0])}`);
  const bytes = pairs.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (bytes > MAX_PAIRS_BYTES) throw invalid(`the ${what} have ${bytes} bytes, more than ${MAX_PAIRS_BYTES}`);
}
