import { isExpected } from "@sluice/errors";
import { milvus, statusOf } from "@sluice/rpc";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import type { ImportRequests } from "../import-request.ts";
import type { PublicCalls } from "./catalog/public-calls.ts";
import { createBody, createImport } from "./create-import.ts";
import { describedJob } from "./described-job.ts";
import { jobJson, jobSummaryJson } from "./import-job-json.ts";
import { optionsOf } from "./import-options.ts";
import { listJobs } from "./list-jobs.ts";
import { databaseOf } from "./request-headers.ts";
import { parseBody } from "./rest.ts";
import { asMethod, facts, ofJob, open } from "./routes/route-facts.ts";

const base = "/v1/vector/collections/import";
/** Success in the form of the time before Milvus 2.4.8. Source: client contract §4.1. */
const OK = 200;

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
  app.post(base, creating, async (request, reply) => {
    const jobId = await createImport(requests, request, reply, optionsOf(request));
    return { code: OK, data: { jobId: String(jobId) } };
  });
  app.get(`${base}/get`, facts("A job; of older clients", ofJob, { query: jobQuery }), async ({ query }) => {
    const job = jobJson(await describedJob(context, parseBody(jobQuery, query).jobId));
    const fileName = job.details.map((detail) => detail.fileName).join(",");
    return { code: OK, data: { ...job, fileName, readyPercentage: job.progress / 100 } };
  });
  app.get(`${base}/list`, facts("Jobs, by pages; of older clients", open, { query: listQuery }), async (request) => {
    const { dbName, collectionName, pageSize, currentPage } = parseBody(listQuery, request.query);
    const about = { kind: "import", dbName: databaseOf(dbName, request), collectionName };
    const page = { limit: pageSize, offset: (currentPage - 1) * pageSize };
    const { jobs, count } = await listJobs(context, { ...about, ...page, newestFirst: true }, request.caller);
    return { code: OK, data: { tasks: jobs.map(jobSummaryJson), count, currentPage, pageSize } };
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

/** Imports as the first REST of Milvus had them. Source: import semantics §13. */
export function firstImportRoutes(app: FastifyInstance, calls: PublicCalls): void {
  const answering = async (run: () => Promise<object>) => {
    try {
      return plainJson(await run());
    } catch (error) {
      if (!isExpected(error)) throw error;
      const { code, errorCode, reason } = statusOf(error);
      return { status: { error_code: errorCode, code, reason } };
    }
  };
  app.post(
    "/api/v1/import",
    facts("Imports files; the first form", asCalls("import"), { body: importBody }),
    (request) =>
      answering(async () => {
        const body = parseBody(importBody, request.body);
        const message = milvus.ImportRequest.fromPartial({
          dbName: body.dbName ?? body.db_name ?? "",
          collectionName: body.collectionName ?? body.collection_name ?? "",
          partitionName: body.partitionName ?? body.partition_name ?? "",
          rowBased: body.rowBased ?? body.row_based ?? false,
          ...{ files: body.files ?? [], options: body.options ?? [] },
        });
        return calls.call(request, "import", message);
      }),
  );
  app.get(
    "/api/v1/import/state",
    facts("A job; the first form", asCalls("getImportState"), { query: stateQuery }),
    (request) =>
      answering(() => {
        const { task } = parseBody(stateQuery, request.query);
        return calls.call(request, "getImportState", milvus.GetImportStateRequest.fromPartial({ task: BigInt(task) }));
      }),
  );
  app.get(
    "/api/v1/import/tasks",
    facts("Jobs; the first form", asCalls("listImportTasks"), { query: tasksQuery }),
    (request) =>
      answering(() => {
        const query = parseBody(tasksQuery, request.query);
        const message = milvus.ListImportTasksRequest.fromPartial({
          dbName: query.dbName ?? query.db_name ?? "",
          collectionName: query.collectionName ?? query.collection_name ?? "",
          limit: BigInt(query.limit),
        });
        return calls.call(request, "listImportTasks", message);
      }),
  );
}

function asCalls(method: string) {
  return { kind: "calls", methods: [method] } as const;
}

/** A message as Go prints it: names with underlines, numbers as numbers, and what is empty left out, but for the status. */
function plainJson(message: object): object {
  const named = Object.entries(message).map(([name, value]) => [underlined(name), plainValue(value)] as const);
  return Object.fromEntries(named.filter(([name, value]) => name === "status" || !isEmpty(value)));
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
