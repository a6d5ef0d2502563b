import { StatusError, statusCodes } from "@sluice/errors";
import { schema } from "@sluice/rpc";
import { named } from "./collection-routes.ts";
import { empty, type RestRoute } from "./rest-route.ts";
import { fieldOf, structOf } from "./schema-message.ts";

const STRUCT_TYPES: readonly string[] = ["Array_of_struct", "ArrayOfStruct", "StructArray", "Struct"];

/** Schema and indexes changed while there are rows. Source: around-import §2.2, §2.6, §4. */
export const schemaRoutes: Readonly<Record<string, RestRoute>> = {
  "collections/fields/add": async (body, call) => {
    const sent = body.innerRequired("schema");
    if (STRUCT_TYPES.includes(sent.text("dataType")))
      throw refusal("StructArray field must be added through /v2/vectordb/collections/struct_fields/add");
    const bytes = Buffer.from(schema.FieldSchema.encode(fieldOf(sent, sent.flag("autoID", false))).finish());
    return empty(call("addCollectionField", { ...named(body), schema: bytes }));
  },
  "collections/struct_fields/add": async (body, call) => {
    const structArrayFieldSchema = structOf(body.innerRequired("schema"));
    return empty(call("addCollectionStructField", { ...named(body), structArrayFieldSchema }));
  },
  "collections/fields/alter_properties": async (body, call) => {
    const change = { fieldName: body.required("fieldName"), properties: body.pairs("fieldParams") };
    return empty(call("alterCollectionField", { ...named(body), ...change }));
  },
  "collections/fields/drop": async () => {
    throw refusal(
      "fields are not dropped by this server: export the rows without the field, and import them into a new collection",
    );
  },
  "indexes/alter_properties": async (body, call) => {
    const change = { indexName: body.required("indexName"), extraParams: body.pairs("properties") };
    return empty(call("alterIndex", { ...named(body), ...change }));
  },
  "indexes/drop_properties": async (body, call) => {
    const change = { indexName: body.required("indexName"), deleteKeys: body.texts("propertyKeys") };
    return empty(call("alterIndex", { ...named(body), ...change }));
  },
};

function refusal(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, reason);
}
