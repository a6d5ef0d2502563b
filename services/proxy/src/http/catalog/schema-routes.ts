import { StatusError, statusCodes } from "@sluice/errors";
import { schema } from "@sluice/rpc";
import type { Body } from "./body.ts";
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
  "collections/fields/drop": async (body, call) => {
    const dropRequest = { identifier: fieldToDrop(body), dropFunctionOutputFields: false };
    const action = { op: { $case: "dropRequest" as const, value: dropRequest } };
    return empty(call("alterCollectionSchema", { ...named(body), action }));
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

/** @throws {StatusError} 1100 for none, for both, and for a number that no field has */
function fieldToDrop(body: Body) {
  const name = body.text("fieldName");
  const hasId = body.raw("fieldId") !== undefined && body.raw("fieldId") !== null;
  if ((name !== "") === hasId) throw refusal("exactly one of fieldName or fieldId is required");
  if (!hasId) return { $case: "fieldName", value: name } as const;
  const id = body.integer("fieldId", 0);
  if (id <= 0) throw refusal("fieldId must be greater than 0");
  return { $case: "fieldId", value: BigInt(id) } as const;
}

function refusal(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, reason);
}
