import { schema as wire } from "@sluice/rpc";
import { DataType, FIRST_USER_FIELD, META_FIELD_NAME } from "@sluice/schema";
import { withOwnDefault } from "./check-default.ts";
import { numberedFunctions } from "./check-functions.ts";
import { invalid } from "./refusals.ts";

type Schema = wire.CollectionSchema;

/** The two forms of a collection's schema. */
export interface SchemaForms {
  /** As sent, with field ids. */
  readonly declared: Schema;
  /** What readers and writers use: members named `struct[member]`, and the hidden `$meta` column last. */
  readonly stored: Schema;
}

/** @throws {StatusError} 1100 for bytes that are no CollectionSchema */
export function parseSchema(bytes: Uint8Array): Schema {
  try {
    return wire.CollectionSchema.decode(bytes);
  } catch (error) {
    const refusal = invalid("the schema cannot be parsed: its bytes are no CollectionSchema message");
    refusal.cause = error;
    throw refusal;
  }
}

/**
 * Numbers the fields: from 100 in the order of declaration, each struct before its members, all on one counter, `$meta` last.
 * An automatic key is told by the key's field and by the schema alike, whichever of them the client set; a default stands in
 * the member of its field's type.
 */
export function schemaForms(sent: Schema, collectionName: string): SchemaForms {
  let next = FIRST_USER_FIELD;
  const numbered = <T>(field: T): T & { fieldID: bigint } => ({ ...field, fieldID: BigInt(next++) });
  const autoID = sent.autoID || sent.fields.some((field) => field.isPrimaryKey && field.autoID);
  const outputs = new Set(sent.functions.flatMap(({ outputFieldNames }) => outputFieldNames));
  const complete = (field: wire.FieldSchema): wire.FieldSchema => ({
    ...withOwnDefault(field.isPrimaryKey ? { ...field, autoID } : field),
    isFunctionOutput: outputs.has(field.name),
  });
  const fields = sent.fields.map((field) => numbered(complete(field)));
  const declared: Schema = {
    ...sent,
    name: collectionName,
    autoID,
    fields,
    functions: numberedFunctions(sent.functions, fields),
    structArrayFields: sent.structArrayFields.map((struct) => {
      const withId = numbered(struct);
      return { ...withId, fields: struct.fields.map(numbered) };
    }),
  };
  return { declared, stored: storedForm(declared, BigInt(next)) };
}

function storedForm(declared: Schema, metaId: bigint): Schema {
  const fields = declared.enableDynamicField ? [...declared.fields, metaField(metaId)] : declared.fields;
  return { ...declared, fields, structArrayFields: declared.structArrayFields.map(storedStruct) };
}

/** A struct array as readers and writers see it. */
export function storedStruct(struct: wire.StructArrayFieldSchema): wire.StructArrayFieldSchema {
  const capacity = struct.typeParams.filter(({ key }) => key === "max_capacity");
  const fields = struct.fields.map((member) => {
    const isOwn = member.typeParams.some(({ key }) => key === "max_capacity");
    const typeParams = isOwn ? member.typeParams : [...member.typeParams, ...capacity];
    return { ...member, typeParams, name: memberName(struct.name, member.name) };
  });
  return { ...struct, fields };
}

/** The hidden column of a dynamic collection. */
export function metaField(fieldID: bigint): wire.FieldSchema {
  const dataType = DataType.JSON as wire.FieldSchema["dataType"];
  const description = "dynamic schema";
  return wire.FieldSchema.fromPartial({ fieldID, name: META_FIELD_NAME, description, dataType, isDynamic: true });
}

/** Name of a struct's member everywhere but in the declared schema. */
function memberName(struct: string, member: string): string {
  return `${struct}[${member}]`;
}

/** Every declared column with the name that requests use: fields, then members. */
export function columnsOf(declared: Schema): wire.FieldSchema[] {
  const members = declared.structArrayFields.flatMap((struct) =>
    struct.fields.map((member) => ({ ...member, name: memberName(struct.name, member.name) })),
  );
  return [...declared.fields, ...members];
}

/** Both forms of a schema that was changed, one version further. */
export function withNextVersion(forms: { readonly declaredSchema: string; readonly storedSchema: string }) {
  const next = (text: string) => {
    const schema = decodeSchema(text);
    return encodeSchema({ ...schema, version: schema.version + 1 });
  };
  return { declaredSchema: next(forms.declaredSchema), storedSchema: next(forms.storedSchema) };
}

/** A schema as records hold it: base64 of its bytes. */
export function encodeSchema(schema: Schema): string {
  return Buffer.from(wire.CollectionSchema.encode(schema).finish()).toString("base64");
}

/** The same back. */
export function decodeSchema(text: string): Schema {
  return wire.CollectionSchema.decode(Buffer.from(text, "base64"));
}
