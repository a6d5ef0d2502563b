import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { databaseOf } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import { type JobPage, listJobs } from "../jobs/list-jobs.ts";
import { jobSummaryJson } from "./import-job-json.ts";
import { parseBody } from "./rest.ts";

const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const positive = z.coerce.number().int().min(1).nullish();
const state = z.enum(["Pending", "Importing", "Uncommitted", "Committing", "Completed", "Failed", "RolledBack"]);
const timeWords = "expected a time such as 2026-11-28T12:00:00Z, or Unix milliseconds";
/** RFC 3339, or Unix milliseconds. */
const time = z
  .union([z.iso.datetime({ offset: true, error: timeWords }), z.number(timeWords).int().min(0)], timeWords)
  .nullish()
  .transform((value) => (value == null ? undefined : new Date(value).getTime()));

/** Body of `jobs/import/list`, with the members of both Milvus and Zilliz Cloud. */
export const listImportJobsBody = z.object({
  dbName: text,
  collectionName: text,
  clusterId: text,
  projectId: text,
  pageSize: positive,
  currentPage: positive,
  state: z.union([state, z.array(state)]).nullish(),
  order: z.enum(["oldest", "newest"]).nullish(),
  createdFrom: time,
  createdBefore: time,
  limit: z.number().int().min(1).max(10_000).nullish(),
  offset: z.number().int().min(0).nullish(),
});
type ListBody = z.infer<typeof listImportJobsBody>;

/** Import jobs of a database or collection. */
export async function listImportJobs(context: ProxyContext, request: FastifyRequest) {
  const body = parseBody(listImportJobsBody, request.body ?? {});
  const { limit, offset } = pageOf(body);
  const query = {
    ...{ kind: "import", dbName: databaseOf(body, request.call), collectionName: body.collectionName },
    ...{ states: [body.state ?? []].flat(), newestFirst: body.order === "newest" },
    ...{ createdFromMs: body.createdFrom, createdBeforeMs: body.createdBefore, limit, offset },
  };
  return pageJson(body, await listJobs(context, query, request.call.caller));
}

/**
 * pymilvus always sends a `pageSize` of 10, which a Milvus of one's own ignores: only callers of a cloud mean it. Others say
 * `limit` and `offset`.
 */
function pageOf(body: ListBody): { limit?: number; offset: number } {
  if (!isOfCloud(body)) return { limit: body.limit ?? undefined, offset: body.offset ?? 0 };
  const size = body.pageSize ?? 10;
  return { limit: size, offset: ((body.currentPage ?? 1) - 1) * size };
}

function isOfCloud({ clusterId, projectId }: ListBody): boolean {
  return Boolean(clusterId || projectId);
}

function pageJson(body: ListBody, { jobs, count }: JobPage) {
  const records = jobs.map(jobSummaryJson);
  if (isOfCloud(body)) return { records, count, currentPage: body.currentPage ?? 1, pageSize: body.pageSize ?? 10 };
  if (body.limit == null) return { records, count, currentPage: 1, pageSize: records.length };
  return { records, count, limit: body.limit, offset: body.offset ?? 0 };
}
