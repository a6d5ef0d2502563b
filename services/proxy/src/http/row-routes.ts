import { excerpt } from "@sluice/errors";
import type { CollectionSchema } from "@sluice/schema";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { databaseOf } from "../call-context.ts";
import { type ProxyContext, resolveCollection } from "../context.ts";
import type { ArrayChange } from "../rows/array-changes.ts";
import { refused } from "../rows/given-columns.ts";
import { changesOfBody, type RowsBody, rowsOfBody } from "../rows/rest-rows.ts";
import type { RowCalls, WrittenRows } from "../rows/row-calls.ts";
import { Body } from "./catalog/body.ts";
import { int64Of, templates } from "./catalog/entity-routes.ts";
import { bodyOf } from "./routes/members.ts";
import { asMethod, facts } from "./routes/route-facts.ts";

const base = "/v2/vectordb/entities/";
const rowsBody = bodyOf("dbName collectionName! partitionName data!");
const upsertBody = bodyOf("dbName collectionName! partitionName data! partialUpdate fieldOps");
const deleteBody = bodyOf("dbName collectionName! partitionName filter! exprParams");

/** Single rows over REST, in the form of Milvus v2. Source: around-import §2.5. */
export function rowRoutes(app: FastifyInstance, context: ProxyContext, rows: RowCalls): void {
  const inserting = facts("Inserts rows", asMethod("insert"), { body: rowsBody });
  app.post(`${base}insert`, inserting, async (request) => {
    const { count, ids } = await write(context, rows, "insert", new Body(request), request);
    return { code: 0, cost: 0, data: { insertCount: count, insertIds: ids } };
  });
  const upserting = facts("Puts rows in the place of those with their keys", asMethod("upsert"), { body: upsertBody });
  app.post(`${base}upsert`, upserting, async (request) => {
    const body = new Body(request);
    const isPartial = body.flag("partialUpdate", false) || body.has("fieldOps");
    const written = isPartial ? update(context, rows, body, request) : write(context, rows, "upsert", body, request);
    const { count, ids } = await written;
    return { code: 0, cost: 0, data: { upsertCount: count, upsertIds: ids } };
  });
  const deleting = facts("Deletes the rows that fit an expression", asMethod("delete"), { body: deleteBody });
  app.post(`${base}delete`, deleting, async (request) => {
    const body = new Body(request);
    const collection = await collectionOf(context, body, request);
    const about = { partitionName: body.text("partitionName"), expr: body.required("filter") };
    const { count } = await rows.delete(collection, { ...about, exprTemplateValues: templates(body) });
    return { code: 0, cost: 0, data: { deleteCount: Number(count) } };
  });
}

/** Whole rows. */
async function write(
  context: ProxyContext,
  rows: RowCalls,
  purpose: "insert" | "upsert",
  body: Body,
  request: FastifyRequest,
) {
  const collection = await collectionOf(context, body, request);
  const read = (schema: CollectionSchema) => rowsOfBody(schema, rowsIn(body, request), purpose);
  const sent = { ...sizeOf(body, request), client: request.call, read };
  return answerOf(await rows.write(purpose, collection, body.text("partitionName"), sent), request);
}

/** Values of some fields of rows that are there. */
async function update(context: ProxyContext, rows: RowCalls, body: Body, request: FastifyRequest) {
  const collection = await collectionOf(context, body, request);
  const arrays = arrayChanges(body.list("fieldOps"));
  const given = (schema: CollectionSchema) => changesOfBody(schema, rowsIn(body, request));
  const read = async (schema: CollectionSchema) => ({ given: await given(schema), arrays });
  const sent = { ...sizeOf(body, request), client: request.call, read };
  return answerOf(await rows.update(collection, body.text("partitionName"), sent), request);
}

function rowsIn(body: Body, { bodyText = "" }: FastifyRequest): RowsBody {
  return { text: bodyText, data: body.raw("data") };
}

function sizeOf(body: Body, request: FastifyRequest) {
  const data = body.raw("data");
  return { rowCount: Array.isArray(data) ? data.length : 1, requestBytes: request.bodyText?.length ?? 0 };
}

function answerOf({ rowCount, keys }: WrittenRows, request: FastifyRequest) {
  const int64 = int64Of(request);
  return { count: rowCount, ids: keys.map((key) => (typeof key === "bigint" ? int64(key) : key)) };
}

/** `[{"fieldName": "tags", "op": "ARRAY_APPEND"}]`. @throws {StatusError} 1100 */
function arrayChanges(ops: readonly unknown[]): Map<string, ArrayChange> {
  const changes = new Map<string, ArrayChange>();
  for (const one of ops) {
    const body = new Body({ body: one });
    const [name, op] = [body.required("fieldName"), body.required("op").toLowerCase()];
    if (op === "replace") continue;
    if (op !== "array_append" && op !== "array_remove")
      throw refused(`unknown op ${excerpt(op)} of fieldOps: use REPLACE, ARRAY_APPEND or ARRAY_REMOVE`);
    changes.set(name, op);
  }
  return changes;
}

function collectionOf(context: ProxyContext, body: Body, request: FastifyRequest) {
  return resolveCollection(
    context,
    databaseOf({ dbName: body.text("dbName") }, request.call),
    body.required("collectionName"),
  );
}
