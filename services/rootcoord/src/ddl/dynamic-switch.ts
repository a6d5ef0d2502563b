import type { CollectionRecord } from "@sluice/catalog";
import { withDynamicField } from "./added-fields.ts";
import { withoutDynamicField } from "./dropped-field.ts";
import type { Pairs } from "./pairs.ts";
import { invalid } from "./refusals.ts";
import { decodeSchema, withNextVersion } from "./stored-schema.ts";

/** The property that switches it. */
export const DYNAMIC_FIELD = "dynamicfield.enabled";

/**
 * The dynamic field switched on or off; where it is as wanted, nothing changes. Switched off, the keys of its rows are gone for good:
 * one that is switched on later has none of them.
 * @param keys all that the request sets or deletes
 * @throws {StatusError} 1100 beside other properties
 */
export function switchDynamicField(record: CollectionRecord, set: Pairs, keys: readonly string[]): CollectionRecord {
  if (keys.length > 1) throw invalid(`cannot update multiple properties with ${DYNAMIC_FIELD} together`);
  const value = new Map(set).get(DYNAMIC_FIELD)?.toLowerCase();
  if (value !== "true" && value !== "false") throw invalid(`the value of ${DYNAMIC_FIELD} must be true or false`);
  const isOn = decodeSchema(record.declaredSchema).enableDynamicField;
  if ((value === "true") === isOn) return record;
  const next = isOn ? withoutDynamicField(record) : { ...record, ...withDynamicField(record) };
  return { ...next, ...withNextVersion(next) };
}
