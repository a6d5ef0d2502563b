import { excerpt, StatusError } from "@sluice/errors";
import { jsonPlace } from "@sluice/query";
import { type CollectionSchema, DataType, isVector } from "@sluice/schema";
import type { JsonPath } from "@sluice/values";
import { refuse } from "./metrics.ts";
import { integer } from "./window-params.ts";

/** What hits are grouped by. */
export interface GroupBy {
  readonly field: number;
  /** As it was asked for. */
  readonly name: string;
  /** Into values of JSON; undefined: the field itself. */
  readonly path?: JsonPath;
  /** Further fields, each combination of values being a group. */
  readonly beside?: readonly number[];
  readonly size: number;
}

const MAX_GROUP = 10;
/** Fields that are grouped by at once. */
const MAX_FIELDS = 64;

/** @param vector position of the field that is searched @throws {StatusError} 1100, 1700 */
export function groupByOf(
  params: ReadonlyMap<string, string>,
  collection: CollectionSchema,
  vector: number,
): GroupBy | undefined {
  const names = groupNames(params);
  if (names.length === 0) return undefined;
  const { fields } = collection;
  const [place, ...others] = names.map((name) => groupedPlace(name, collection));
  if (others.length > 0 && [place, ...others].some(({ path }) => path))
    refuse("group_by_fields takes a place in JSON alone, not among other fields: invalid parameter");
  if (fields[vector].dataType === DataType.BinaryVector)
    refuse("not support search_group_by operation based on binary vector column: invalid parameter");
  const size = integer("group_size", params.get("group_size") ?? "1");
  if (size < 1) refuse(`input group size:${size} is not positive: invalid parameter`);
  if (size > MAX_GROUP)
    refuse(`input group size:${size} exceeds configured max group size:${MAX_GROUP}: invalid parameter`);
  const beside = others.map(({ field }) => field);
  return { ...place, name: names[0], size, ...(beside.length > 0 && { beside }) };
}

/** One field, or several. @throws {StatusError} 1100 */
function groupNames(params: ReadonlyMap<string, string>): readonly string[] {
  const one = params.get("group_by_field") ?? "";
  const list = (params.get("group_by_fields") ?? "").trim().replace(/^\[(.*)\]$/s, "$1");
  const all = list.split(",").map((name) => name.trim().replace(/^(["'])(.*)\1$/, "$2"));
  const names = [...new Set(all)].filter((name) => name !== "");
  if (names.length === 0) return one === "" ? [] : [one];
  if (one !== "")
    refuse(
      "group_by_field and group_by_fields cannot be used simultaneously: name all in group_by_fields: invalid parameter",
    );
  if (names.length > MAX_FIELDS)
    refuse(`group_by_fields names ${names.length} fields, more than ${MAX_FIELDS}: invalid parameter`);
  return names;
}

/** A field that is grouped by, or a place in one of JSON. @throws {StatusError} 1100, 1700 */
function groupedPlace(name: string, collection: CollectionSchema): Pick<GroupBy, "field" | "path"> {
  const field = collection.fields.findIndex((candidate) => candidate.name === name);
  const place = field >= 0 ? { field } : jsonPlace(name, collection);
  if (!place) throw new StatusError(1700, `groupBy field not found in schema: field not found[field=${excerpt(name)}]`);
  const { dataType, isDynamic } = collection.fields[place.field];
  if (isVector(dataType) || (field >= 0 && isDynamic))
    refuse(`unsupported data type for group by: field ${name}: invalid parameter`);
  return field >= 0 && dataType === DataType.JSON ? { field, path: [] } : place;
}
