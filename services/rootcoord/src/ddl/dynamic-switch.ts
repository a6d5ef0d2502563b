import type { CollectionRecord } from "@sluice/catalog";
import { withDynamicField } from "./added-fields.ts";
import type { Pairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";
import { decodeSchema, withNextVersion } from "./stored-schema.ts";

/** The property that switches it. */
export const DYNAMIC_FIELD = "dynamicfield.enabled";

/**
 * The dynamic field switched on; where it is as wanted, nothing changes.
 * @param keys all that the request sets or deletes
 * @throws {StatusError} 1100 beside other properties, and when it is to be switched off: its rows may have values
 */
export function switchDynamicField(record: CollectionRecord, set: Pairs, keys: readonly string[]): CollectionRecord {
  if (keys.length > 1) throw invalid(`cannot update multiple properties with ${DYNAMIC_FIELD} together`);
  const value = new Map(set).get(DYNAMIC_FIELD)?.toLowerCase();
  if (value !== "true" && value !== "false") throw invalid(`the value of ${DYNAMIC_FIELD} must be true or false`);
  const isOn = decodeSchema(record.declaredSchema).enableDynamicField;
  if (value === "false" && isOn) throw invalid("dynamic schema cannot supported to be disabled");
  return value === "true" && !isOn ? { ...record, ...withNextVersion(withDynamicField(record)) } : record;
}
