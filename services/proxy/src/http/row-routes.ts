import type { FastifyInstance, FastifyRequest } from "fastify";
import { type ProxyContext, resolveCollection } from "../context.ts";
import { rowsOfBody } from "../rows/rest-rows.ts";
import type { RowCalls } from "../rows/row-calls.ts";
import { Body } from "./catalog/body.ts";
import { int64Of } from "./catalog/entity-routes.ts";
import { databaseOf } from "./request-headers.ts";
import { bodyOf } from "./routes/members.ts";
import { asMethod, facts } from "./routes/route-facts.ts";

const base = "/v2/vectordb/entities/";
const rowsBody = bodyOf("dbName collectionName! partitionName data!");

/** Single rows over REST, in the form of Milvus v2. Source: around-import §2.5. */
export function rowRoutes(app: FastifyInstance, context: ProxyContext, rows: RowCalls): void {
  app.post(`${base}insert`, facts("Inserts rows", asMethod("insert"), { body: rowsBody }), async (request) => {
    const body = new Body(request);
    const collection = await collectionOf(context, body, request);
    const written = await rows.insert(collection, body.text("partitionName"), (schema) =>
      rowsOfBody(schema, request.bodyText ?? ""),
    );
    const int64 = int64Of(request);
    const insertIds = written.keys.map((key) => (typeof key === "bigint" ? int64(key) : key));
    return { code: 0, cost: 0, data: { insertCount: written.rowCount, insertIds } };
  });
}

function collectionOf(context: ProxyContext, body: Body, request: FastifyRequest) {
  return resolveCollection(context, databaseOf(body.text("dbName"), request), body.required("collectionName"));
}
