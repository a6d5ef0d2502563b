import { StatusError, statusCodes } from "@sluice/errors";
import { milvus, schema } from "@sluice/rpc";
import { named } from "./collection-routes.ts";
import type { RestRoute } from "./rest-route.ts";
import { fieldOf, structOf } from "./schema-message.ts";

const STRUCT_TYPES: readonly string[] = ["Array_of_struct", "ArrayOfStruct", "StructArray", "Struct"];

/** Schema and indexes changed while there are rows. Source: around-import §2.2, §2.6, §4. */
export const schemaRoutes: Readonly<Record<string, RestRoute>> = {
  "collections/fields/add": async (body, calls, rest) => {
    const sent = body.innerRequired("schema");
    if (STRUCT_TYPES.includes(sent.text("dataType")))
      throw refusal("StructArray field must be added through /v2/vectordb/collections/struct_fields/add");
    const bytes = Buffer.from(schema.FieldSchema.encode(fieldOf(sent, sent.flag("autoID", false))).finish());
    const request = milvus.AddCollectionFieldRequest.fromPartial({ ...named(body), schema: bytes });
    await calls.call(rest, "addCollectionField", request);
    return {};
  },
  "collections/struct_fields/add": async (body, calls, rest) => {
    const structArrayFieldSchema = structOf(body.innerRequired("schema"));
    const request = milvus.AddCollectionStructFieldRequest.fromPartial({ ...named(body), structArrayFieldSchema });
    await calls.call(rest, "addCollectionStructField", request);
    return {};
  },
  "collections/fields/alter_properties": async (body, calls, rest) => {
    const change = { fieldName: body.required("fieldName"), properties: body.pairs("fieldParams") };
    await calls.call(
      rest,
      "alterCollectionField",
      milvus.AlterCollectionFieldRequest.fromPartial({ ...named(body), ...change }),
    );
    return {};
  },
  "collections/fields/drop": async () => {
    throw refusal(
      "fields are not dropped by this server: export the rows without the field, and import them into a new collection",
    );
  },
  "indexes/alter_properties": async (body, calls, rest) => {
    const change = { indexName: body.required("indexName"), extraParams: body.pairs("properties") };
    await calls.call(rest, "alterIndex", milvus.AlterIndexRequest.fromPartial({ ...named(body), ...change }));
    return {};
  },
  "indexes/drop_properties": async (body, calls, rest) => {
    const change = { indexName: body.required("indexName"), deleteKeys: body.texts("propertyKeys") };
    await calls.call(rest, "alterIndex", milvus.AlterIndexRequest.fromPartial({ ...named(body), ...change }));
    return {};
  },
};

function refusal(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, reason);
}
