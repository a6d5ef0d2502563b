import type { CollectionRecord } from "@sluice/catalog";
import type { schema as wire } from "@sluice/rpc";
import { withOwnDefault } from "./check-default.ts";
import { timezoneOf } from "./check-properties.ts";
import { checkSchema } from "./check-schema.ts";
import { lastIdOf } from "./field-ids.ts";
import type { DdlLimits } from "./limits.ts";
import { decodeSchema, encodeSchema, metaField, storedStruct } from "./stored-schema.ts";

type Schema = wire.CollectionSchema;
type Named = Pick<CollectionRecord, "name" | "declaredSchema" | "storedSchema" | "properties">;
type Forms = Pick<CollectionRecord, "declaredSchema" | "storedSchema">;

/**
 * Both forms of a schema with more fields. Their ids follow all that were ever given, those of dropped fields too: so the
 * logs of older segments mean what they meant, and have none of the new fields. Where the dynamic field is, it stays the last.
 * @throws {StatusError} 1100, 1701 for fields that the collection cannot have
 */
export function withNewFields(
  collection: Named,
  fields: readonly wire.FieldSchema[],
  limits: DdlLimits,
): Forms & { readonly newFieldIds: readonly number[] } {
  const [declared, stored] = formsOf(collection);
  const first = nextId(stored);
  const added = fields.map((field, i) => withOwnDefault({ ...field, fieldID: first + BigInt(i) }));
  const next = { ...declared, fields: [...declared.fields, ...added] };
  checkWhole(next, collection, limits);
  const [plain, dynamic] = [stored.fields.filter((f) => !f.isDynamic), stored.fields.filter((f) => f.isDynamic)];
  return {
    declaredSchema: encodeSchema(next),
    storedSchema: encodeSchema({ ...stored, fields: [...plain, ...added, ...dynamic] }),
    newFieldIds: added.map(({ fieldID }) => Number(fieldID)),
  };
}

/** The same with a struct array and its members. @throws {StatusError} 1100, 1701 */
export function withNewStruct(collection: Named, struct: wire.StructArrayFieldSchema, limits: DdlLimits): Forms {
  const [declared, stored] = formsOf(collection);
  let next = nextId(stored);
  const fieldID = next++;
  const added = { ...struct, fieldID, fields: struct.fields.map((member) => ({ ...member, fieldID: next++ })) };
  const whole = { ...declared, structArrayFields: [...declared.structArrayFields, added] };
  checkWhole(whole, collection, limits);
  const structArrayFields = [...stored.structArrayFields, storedStruct(added)];
  return { declaredSchema: encodeSchema(whole), storedSchema: encodeSchema({ ...stored, structArrayFields }) };
}

/** The same with the hidden `$meta` column, in which rows from before have no key. */
export function withDynamicField(collection: Named): Forms {
  const [declared, stored] = formsOf(collection);
  const fields = [...stored.fields, metaField(nextId(stored))];
  return {
    declaredSchema: encodeSchema({ ...declared, enableDynamicField: true }),
    storedSchema: encodeSchema({ ...stored, enableDynamicField: true, fields }),
  };
}

/** Declared and stored, under the collection's name. */
function formsOf({ name, declaredSchema, storedSchema }: Named): [declared: Schema, stored: Schema] {
  return [
    { ...decodeSchema(declaredSchema), name },
    { ...decodeSchema(storedSchema), name },
  ];
}

function checkWhole(schema: Schema, { properties }: Named, limits: DdlLimits): void {
  checkSchema(schema, { limits, timezone: timezoneOf(properties) });
}

function nextId(stored: Schema): bigint {
  return lastIdOf(stored) + 1n;
}
