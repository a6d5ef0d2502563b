import type { schema as wire } from "@sluice/rpc";

type Schema = wire.CollectionSchema;

/** Where Milvus 3 keeps it, too. */
const LAST_ID = "max_field_id";

/**
 * The last id that a field, struct array or member ever had. Ids are not given twice: logs of older segments would be read as those of
 * another field.
 */
export function lastIdOf({ fields, structArrayFields, properties }: Schema): bigint {
  const structs = structArrayFields.flatMap((struct) => [struct, ...struct.fields]);
  const dropped = properties.filter(({ key }) => key === LAST_ID).map(({ value }) => BigInt(value));
  const ids = [...[...fields, ...structs].map(({ fieldID }) => fieldID), ...dropped];
  return ids.sort((a, b) => (a < b ? 1 : -1))[0];
}

/** A schema that tells the last id, some of whose fields were dropped. */
export function withLastId(schema: Schema, lastId: bigint): Schema {
  const others = schema.properties.filter(({ key }) => key !== LAST_ID);
  return { ...schema, properties: [...others, { key: LAST_ID, value: String(lastId) }] };
}

/** As clients know it: they compare it with theirs. */
export function withoutLastId(schema: Schema): Schema {
  return { ...schema, properties: schema.properties.filter(({ key }) => key !== LAST_ID) };
}
