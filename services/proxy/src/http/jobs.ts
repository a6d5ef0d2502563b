import { checkStatus, type rootCoord } from "@sluice/rpc";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { listJobs } from "../jobs/list-jobs.ts";
import { describedJob } from "./described-job.ts";
import { headerOf } from "./request-headers.ts";
import { parseBody } from "./rest.ts";
import { admin, facts } from "./routes/route-facts.ts";
import { timeText } from "./time-text.ts";

const listQuery = z.object({
  dbName: z.string().default(""),
  collectionName: z.string().default(""),
  type: z.enum(["IMPORT", "EXPORT", "COPY", "MERGE"]).optional(),
  currentPage: z.coerce.number().int().min(1).default(1),
  pageSize: z.coerce.number().int().min(1).max(100).default(10),
});

/** Jobs of every kind, as Zilliz Cloud shows them. */
export function jobRoutes(app: FastifyInstance, context: ProxyContext): void {
  app.get<{ Params: { readonly id: string } }>(
    "/v2/jobs/:id",
    facts("A job of any kind", admin),
    async ({ params }) => ({
      code: 0,
      data: jobJson(await describedJob(context, idText(params.id))),
    }),
  );
  app.get("/v2/jobs", facts("Jobs of a kind or of all, by pages", admin, { query: listQuery }), async (request) => {
    const { type, currentPage, pageSize, dbName, collectionName } = parseBody(listQuery, request.query);
    const { jobs, count } = await listJobs(context, {
      ...{ kind: type?.toLowerCase() ?? "any", dbName: dbName || headerOf(request, "db-name"), collectionName },
      ...{ newestFirst: true, limit: pageSize, offset: (currentPage - 1) * pageSize },
    });
    return { code: 0, data: { count, currentPage, pageSize, jobs: jobs.map(jobJson) } };
  });
  app.post<{ Params: { readonly id: string } }>(
    "/v2/jobs/:id/cancel",
    facts("Ends a job of any kind", admin),
    async ({ params }) => {
      const { jobId } = await describedJob(context, idText(params.id));
      checkStatus(await context.root.orderJob({ jobId, order: "cancel" }));
      return { code: 0, data: {} };
    },
  );
}

/** Ids of Zilliz Cloud begin with a word. */
function idText(id: string): string {
  return id.replace(/^job-/, "");
}

/** States of import jobs in the words of jobs in general. */
const statuses: Readonly<Record<string, string>> = {
  Pending: "PENDING",
  Importing: "IN_PROGRESS",
  Uncommitted: "IN_PROGRESS",
  Committing: "IN_PROGRESS",
  Completed: "SUCCESSFUL",
  Failed: "FAILED",
  RolledBack: "CANCELED",
};

function jobJson(job: rootCoord.JobEntry) {
  const isCancelled = job.state === "Failed" && job.reason.startsWith(`the ${job.kind} job was cancelled`);
  return {
    ...{ jobId: String(job.jobId), type: job.kind.toUpperCase(), collectionName: job.collectionName },
    status: isCancelled ? "CANCELED" : statuses[job.state],
    progress: String(job.progressPercent),
    ...{ startTime: timeText(job.createdMs), endTime: timeText(job.completedMs), reason: job.reason },
    ...(job.warnings.length > 0 && { warnings: job.warnings }),
    ...(job.outcome && { details: JSON.parse(job.outcome) }),
  };
}
