import { isExpected } from "@sluice/errors";
import { statusOf } from "@sluice/rpc";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { databaseOf } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import type { ImportRequests } from "../jobs/import-requests.ts";
import { listJobs } from "../jobs/list-jobs.ts";
import type { CallOf } from "./catalog/public-call.ts";
import { createBody, createImport } from "./create-import.ts";
import { describedJob } from "./described-job.ts";
import { optionsOf } from "./import-options.ts";
import { v1JobJson, v1JobSummaryJson } from "./old-import-json.ts";
import { parseBody, shownError } from "./rest.ts";
import { restCodes } from "./rest-codes.ts";
import { asMethod, facts, ofJobProgress, open } from "./routes/route-facts.ts";

const base = "/v1/vector/collections/import";
/** Success in the form of the time before Milvus 2.4.8. Source: client contract §4.1. */
const OK = 200;
/** `commonpb.ErrorCode_IllegalArgument`. */
const ILLEGAL_ARGUMENT = 5;

const jobQuery = z.object({ jobId: z.string().optional(), clusterId: z.string().optional() });
const listQuery = z.object({
  ...{ clusterId: z.string().optional(), dbName: z.string().optional(), collectionName: z.string().optional() },
  pageSize: z.coerce.number().int().min(1).max(1000).default(10),
  currentPage: z.coerce.number().int().min(1).default(1),
});

/** Imports as pymilvus asks for them up to 2.4.7. */
export function v1ImportRoutes(app: FastifyInstance, context: ProxyContext, requests: ImportRequests): void {
  const creating = facts("Imports files or objects; of older clients", asMethod("import"), {
    ...{ body: createBody, needs: ["collectionName"] },
  });
  app.post(base, creating, async (request) => {
    const jobId = await createImport(requests, request, optionsOf(request));
    return { code: OK, data: { jobId: String(jobId) } };
  });
  app.get(`${base}/get`, facts("A job; of older clients", ofJobProgress, { query: jobQuery }), async ({ query }) => {
    const job = await describedJob(context, parseBody(jobQuery, query).jobId);
    return { code: OK, data: v1JobJson(job) };
  });
  app.get(`${base}/list`, facts("Jobs, by pages; of older clients", open, { query: listQuery }), async (request) => {
    const { dbName, collectionName, pageSize, currentPage } = parseBody(listQuery, request.query);
    const about = { kind: "import", dbName: databaseOf({ dbName }, request.call), collectionName };
    const page = { limit: pageSize, offset: (currentPage - 1) * pageSize };
    const { jobs, count } = await listJobs(context, { ...about, ...page, newestFirst: true }, request.call.caller);
    const tasks = jobs.map(v1JobSummaryJson);
    // Its reference calls them tasks in one place and records in another.
    return { code: OK, data: { tasks, records: tasks, count, currentPage, pageSize } };
  });
}

const texts = z.array(z.string()).nullish();
const text = z.string().nullish();
const id = z.union([z.int(), z.string().regex(/^\d{1,19}$/)]);
/** Messages of gRPC in JSON; names with underlines or without, as protobuf reads both. */
const importBody = z.object({
  ...{ db_name: text, dbName: text, collection_name: text, collectionName: text },
  ...{ partition_name: text, partitionName: text, row_based: z.boolean().nullish(), rowBased: z.boolean().nullish() },
  ...{ files: texts, options: z.array(z.object({ key: z.string(), value: z.string() })).nullish() },
});
const stateQuery = z.object({ task: id });
const tasksQuery = z.object({
  ...{ db_name: text, dbName: text, collection_name: text, collectionName: text },
  limit: z.coerce.number().int().min(0).default(0),
});

/**
 * Imports as the first REST of Milvus has them: messages of gRPC in JSON, also in the body of a GET; in its query as well, where more
 * clients can put them. What is no message is answered by HTTP 400 and a bare status. Source: Milvus, httpserver/handler.go, wrapper.go.
 */
export function firstImportRoutes(app: FastifyInstance, callOf: CallOf): void {
  app.addHttpMethod("GET", { hasBody: true, overrideExisting: true });
  const errorHandler = firstFormRefusal;
  const given = ({ query, body }: FastifyRequest) => ({ ...(query as object), ...(body as object | undefined) });
  app.post(
    "/api/v1/import",
    { ...facts("Imports files; the first form", asCalls("import"), { body: importBody }), errorHandler },
    async (request) => {
      const message = importMessage(parseBody(importBody, request.body));
      return plainJson(await callOf(request)("import", message));
    },
  );
  app.get(
    "/api/v1/import/state",
    { ...facts("A job; the first form", asCalls("getImportState"), { query: stateQuery }), errorHandler },
    async (request) => {
      const { task } = parseBody(stateQuery, given(request));
      return plainJson(await callOf(request)("getImportState", { task: BigInt(task) }));
    },
  );
  app.get(
    "/api/v1/import/tasks",
    { ...facts("Jobs; the first form", asCalls("listImportTasks"), { query: tasksQuery }), errorHandler },
    async (request) => {
      const query = parseBody(tasksQuery, given(request));
      return plainJson(await callOf(request)("listImportTasks", { ...named(query), limit: BigInt(query.limit) }));
    },
  );
}

function importMessage(body: z.infer<typeof importBody>) {
  return {
    ...named(body),
    partitionName: body.partitionName ?? body.partition_name ?? "",
    rowBased: body.rowBased ?? body.row_based ?? false,
    ...{ files: body.files ?? [], options: body.options ?? [] },
  };
}

function named(given: z.infer<typeof importBody> | z.infer<typeof tasksQuery>) {
  return {
    dbName: given.dbName ?? given.db_name ?? "",
    collectionName: given.collectionName ?? given.collection_name ?? "",
  };
}

/** In a status; a request that is no message by HTTP 400 and a bare one. @throws what is for nobody's eyes, and what rights refuse */
function firstFormRefusal(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const shown = shownError(error, request);
  if (!isExpected(shown)) throw error;
  const { code, errorCode, reason } = statusOf(shown);
  if (code !== restCodes.malformedBody)
    return reply.code(200).send({ status: { error_code: errorCode, code, reason } });
  return reply.code(400).send({ error_code: ILLEGAL_ARGUMENT, reason });
}

function asCalls(method: string) {
  return { kind: "calls", methods: [method] } as const;
}

/** A message as Go prints it: names with underlines, numbers as numbers, and what is empty left out, but for the status. */
function plainJson(message: object): object {
  const members = Object.entries(message).map(([name, value]) => [underlined(name), plainValue(value)] as const);
  return Object.fromEntries(members.filter(([name, value]) => name === "status" || !isEmpty(value)));
}

function underlined(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length === 0 : !value;
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plainValue);
  return typeof value === "object" && value !== null ? plainJson(value) : value;
}
