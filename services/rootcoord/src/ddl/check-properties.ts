import { excerpt, excerptOfList } from "@sluice/errors";
import { common, okStatus, type schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import type { Pairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";

/** What Milvus's properties are called, of collections and databases; here some of them mean something. */
const knownKeys: ReadonlySet<string> = new Set([
  ...["allow_insert_auto_id", "allow_update_auto_id", "consistency_level", "dynamicfield.enabled", "lazyload.enabled"],
  ...["mmap.enabled", "partitionkey.isolation", "query_mode", "timezone", "ttl_field"],
]);
/** Limits of rates and sizes, which are not kept to. */
const unkeptLimits = /\b\w+Rate\.(max|min)\.|diskQuota/;
const knownPrefixes = ["collection.", "database.", "cipher.", "replicate.", "warmup.", "mmap."];

/**
 * Success, naming in `extra_info` the properties that nothing here knows: they are kept and shown as Milvus does, but one that
 * is misspelt should not look as if it had an effect.
 */
export function statusWithWarnings(properties: Pairs): common.Status {
  const unknown = properties.map(([key]) => key).filter((key) => !isKnown(key));
  if (unknown.length === 0) return okStatus();
  const warning = `properties that are not known and have no effect: ${excerptOfList(unknown)}`;
  return { ...okStatus(), extraInfo: { warnings: warning } };
}

function isKnown(key: string): boolean {
  if (unkeptLimits.test(key)) return false;
  return knownKeys.has(key) || knownPrefixes.some((prefix) => key.startsWith(prefix));
}

/** A hundred years. */
const MAX_TTL_SECONDS = 3_155_760_000;

/**
 * Checks the values of the properties that mean something here; all others are kept and echoed.
 * Source: around-import §3.4, §4.3.
 * @throws {StatusError} 1100
 */
export function checkProperties(properties: Pairs, schema: wire.CollectionSchema): void {
  const values = new Map(properties);
  if (isTrue(values.get("namespace.enabled")))
    throw invalid("namespaces are not supported by this server (use a partition key)");
  checkTtl(values, schema);
  checkTimezone(values.get("timezone"));
  if (
    isTrue(values.get("allow_insert_auto_id")) &&
    !schema.fields.some((field) => field.isPrimaryKey && field.autoID)
  ) {
    throw invalid("the value for allow_insert_auto_id must be false when autoID is false");
  }
  if (isTrue(values.get("partitionkey.isolation")) && !schema.fields.some((field) => field.isPartitionKey)) {
    throw invalid(
      "partition key isolation mode is enabled but no partition key field is set. Please set the partition key first",
    );
  }
}

const MAX_COLLECTIONS = "database.max.collections";
/** Of writing, reading, changes of a kind: a lock that were taken and did not hold is worse than none. */
const DENIALS = /^database\.force\.deny\./;

/** The same of a database. @throws {StatusError} 1100 */
export function checkDatabaseProperties(properties: Pairs): void {
  const values = new Map(properties);
  checkTimezone(values.get("timezone"));
  for (const [key, value] of properties)
    if (DENIALS.test(key) && isTrue(value))
      throw invalid(`${excerpt(key)} is not supported by this server (revoke the grants of roles instead)`);
  const limit = values.get(MAX_COLLECTIONS);
  if (limit !== undefined && !/^\d{1,9}$/.test(limit))
    throw invalid(`parse value of property fail, key:${MAX_COLLECTIONS}, value:${excerpt(limit)}`);
}

/** How many collections a database may have. */
export function maxCollectionsOf(properties: Readonly<Record<string, string>>): number {
  return Number(properties[MAX_COLLECTIONS] ?? Number.POSITIVE_INFINITY);
}

/** No property of its own: it is what the collection was made with. */
export const CONSISTENCY_LEVEL = "consistency_level";

/** By name or number; undefined where it is not among them. @throws {StatusError} 1100 */
export function consistencyLevelOf(properties: Pairs): number | undefined {
  const text = new Map(properties).get(CONSISTENCY_LEVEL);
  if (text === undefined) return undefined;
  const { UNRECOGNIZED: _, ...levels } = common.ConsistencyLevel;
  const found = Object.entries(levels).find(([name, level]) => name === text || String(level) === text);
  if (!found) throw invalid(`invalid consistency level: ${excerpt(text)}`);
  return found[1];
}

/** The zone of times without offset. */
export function timezoneOf(properties: Pairs): string {
  return new Map(properties).get("timezone") ?? "UTC";
}

/** @throws {StatusError} 1100 */
export function checkTimezone(zone: string | undefined): void {
  if (zone === undefined) return;
  try {
    // Intl also takes offsets such as +08:00, which are no zones.
    if (/^[A-Za-z]/.test(zone)) return void new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw invalid(`unknown or invalid IANA Time Zone ID: ${excerpt(zone)}`);
}

function checkTtl(values: ReadonlyMap<string, string>, schema: wire.CollectionSchema): void {
  const ttl = values.get("collection.ttl.seconds");
  const ttlField = values.get("ttl_field");
  if (ttl !== undefined && !/^[+-]?\d+$/.test(ttl)) throw invalid("collection TTL is not a valid positive integer");
  if (ttl !== undefined && (Number(ttl) < -1 || Number(ttl) > MAX_TTL_SECONDS)) {
    throw invalid(`collection TTL is out of range, expect [-1, ${MAX_TTL_SECONDS}], got ${excerpt(ttl)}`);
  }
  if (ttlField === undefined) return;
  if (ttl !== undefined) throw invalid("collection TTL and ttl field cannot be set at the same time");
  const field = schema.fields.find(({ name }) => name === ttlField);
  if (field?.dataType !== DataType.Timestamptz)
    throw invalid(`ttl field must be timestamptz, field name = ${excerpt(ttlField)}`);
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === "true";
}
