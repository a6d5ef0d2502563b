import type { schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import type { Pairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";

/** A hundred years. */
const MAX_TTL_SECONDS = 3_155_760_000;

/**
 * Checks the values of the properties that mean something here; all others are kept and echoed.
 * Source: around-import §3.4, §4.3.
 * @throws {StatusError} 1100
 */
export function checkProperties(properties: Pairs, schema: wire.CollectionSchema): void {
  const values = new Map(properties);
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
  throw invalid(`unknown or invalid IANA Time Zone ID: ${zone}`);
}

function checkTtl(values: ReadonlyMap<string, string>, schema: wire.CollectionSchema): void {
  const ttl = values.get("collection.ttl.seconds");
  const ttlField = values.get("ttl_field");
  if (ttl !== undefined && !/^[+-]?\d+$/.test(ttl)) throw invalid("collection TTL is not a valid positive integer");
  if (ttl !== undefined && (Number(ttl) < -1 || Number(ttl) > MAX_TTL_SECONDS)) {
    throw invalid(`collection TTL is out of range, expect [-1, ${MAX_TTL_SECONDS}], got ${ttl}`);
  }
  if (ttlField === undefined) return;
  if (ttl !== undefined) throw invalid("collection TTL and ttl field cannot be set at the same time");
  const field = schema.fields.find(({ name }) => name === ttlField);
  if (field?.dataType !== DataType.Timestamptz)
    throw invalid(`ttl field must be timestamptz, field name = ${ttlField}`);
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === "true";
}
