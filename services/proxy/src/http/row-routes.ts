import type { FastifyInstance, FastifyRequest } from "fastify";
import { type ProxyContext, resolveCollection } from "../context.ts";
import { type RowPurpose, refused } from "../rows/given-columns.ts";
import { rowsOfBody } from "../rows/rest-rows.ts";
import type { RowCalls } from "../rows/row-calls.ts";
import { Body } from "./catalog/body.ts";
import { int64Of, templates } from "./catalog/entity-routes.ts";
import { databaseOf } from "./request-headers.ts";
import { bodyOf } from "./routes/members.ts";
import { asMethod, facts } from "./routes/route-facts.ts";

const base = "/v2/vectordb/entities/";
const rowsBody = bodyOf("dbName collectionName! partitionName data!");
const deleteBody = bodyOf("dbName collectionName! partitionName filter! exprParams");

/** Single rows over REST, in the form of Milvus v2. Source: around-import §2.5. */
export function rowRoutes(app: FastifyInstance, context: ProxyContext, rows: RowCalls): void {
  const write = async (purpose: RowPurpose, request: FastifyRequest) => {
    const body = new Body(request);
    const collection = await collectionOf(context, body, request);
    const written = await rows.write(purpose, collection, body.text("partitionName"), (schema) =>
      rowsOfBody(purpose === "upsert" ? { ...schema, allowInsertAutoId: true } : schema, request.bodyText ?? ""),
    );
    const int64 = int64Of(request);
    return { count: written.rowCount, ids: written.keys.map((key) => (typeof key === "bigint" ? int64(key) : key)) };
  };
  app.post(`${base}insert`, facts("Inserts rows", asMethod("insert"), { body: rowsBody }), async (request) => {
    const { count, ids } = await write("insert", request);
    return { code: 0, cost: 0, data: { insertCount: count, insertIds: ids } };
  });
  const upserting = facts("Puts rows in the place of those with their keys", asMethod("upsert"), { body: rowsBody });
  app.post(`${base}upsert`, upserting, async (request) => {
    const body = new Body(request);
    if (body.flag("partialUpdate", false) || body.has("fieldOps"))
      throw refused("partialUpdate is not supported: upsert whole rows, read by entities/query before");
    const { count, ids } = await write("upsert", request);
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

function collectionOf(context: ProxyContext, body: Body, request: FastifyRequest) {
  return resolveCollection(context, databaseOf(body.text("dbName"), request), body.required("collectionName"));
}
