import { StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, type rootCoord } from "@sluice/rpc";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { databaseOf } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import { idempotencyKeyOf } from "../jobs/idempotency.ts";
import { listJobs } from "../jobs/list-jobs.ts";
import { describedJob, idOfJob } from "./described-job.ts";
import { movementJson } from "./import-job-json.ts";
import { headerOf } from "./request-headers.ts";
import { parseBody } from "./rest.ts";
import { warn } from "./routes/check-members.ts";
import { passedOver } from "./routes/marked-members.ts";
import { admin, facts } from "./routes/route-facts.ts";
import { timeText } from "./time-text.ts";

const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const jobBody = z.object({ jobId: text, collectionName: passedOver("the id says which") });
const oneJob = { body: jobBody, needs: ["jobId"] };

/** What users tell such jobs to do, as imports. */
const orders = ["cancel", "pause", "resume"] as const;

/** A kind of job that has routes of its own, in the form of those of imports. */
export interface JobKindRoutes {
  /** As in paths and in the job's record. */
  readonly kind: string;
  /** Of a job under way, for `Importing`. */
  readonly working: string;
  /** Of the rows that are done. */
  readonly rowsName: string;
  /** What `create` does. */
  readonly summary: string;
  readonly body: z.ZodType;
  readonly needs: readonly string[];
  /** Records a job, or says what it would do. @param key that makes a repeated request the first one */
  create(request: FastifyRequest, key: string): Promise<rootCoord.NewJobResponse & { readonly estimate?: string }>;
}

/** `create`, `describe`, `list`, `cancel`, `pause`, `resume` below `/v2/vectordb/jobs/KIND/`. */
export function jobKindRoutes(app: FastifyInstance, context: ProxyContext, routes: JobKindRoutes): void {
  createRoute(app, routes);
  describeRoutes(app, context, routes);
  listRoute(app, context, routes);
  orderRoutes(app, context, routes);
}

function baseOf({ kind }: JobKindRoutes): string {
  return `/v2/vectordb/jobs/${kind}`;
}

function createRoute(app: FastifyInstance, routes: JobKindRoutes): void {
  const { summary, body, needs } = routes;
  app.post(`${baseOf(routes)}/create`, facts(summary, admin, { body, needs }), async (request) => {
    const key = idempotencyKeyOf(headerOf(request, "idempotency-key"), request.call.caller?.user);
    const { status, jobId, estimate } = await routes.create(request, key);
    checkStatus(status);
    warn(request, status?.extraInfo.warnings);
    return { code: 0, data: estimate ? JSON.parse(estimate) : { jobId: String(jobId) } };
  });
}

function describeRoutes(app: FastifyInstance, context: ProxyContext, routes: JobKindRoutes): void {
  const about = facts(`A job of kind ${routes.kind}`, admin, oneJob);
  for (const name of ["describe", "get_progress", "getProgress"])
    app.post(`${baseOf(routes)}/${name}`, about, async (request) => ({
      code: 0,
      data: jobJson(await jobNamed(context, routes, parseBody(jobBody, request.body).jobId), routes),
    }));
}

function listRoute(app: FastifyInstance, context: ProxyContext, routes: JobKindRoutes): void {
  const { kind, working } = routes;
  const state = z.enum(["Pending", working, "Completed", "Failed"]).nullish();
  const page = { limit: z.number().int().min(1).nullish(), offset: z.number().int().min(0).nullish() };
  const listBody = z.object({ dbName: text, collectionName: text, state, ...page });
  const about = facts(`Jobs of kind ${kind}, by pages`, admin, { body: listBody });
  app.post(`${baseOf(routes)}/list`, about, async (request) => {
    const body = parseBody(listBody, request.body ?? {});
    const { jobs, count } = await listJobs(context, {
      ...{ kind, dbName: databaseOf(body, request.call), collectionName: body.collectionName },
      ...{ states: body.state ? [body.state === working ? "Importing" : body.state] : [], newestFirst: true },
      ...{ limit: body.limit ?? undefined, offset: body.offset ?? 0 },
    });
    return { code: 0, data: { records: jobs.map((job) => jobJson(job, routes)), count } };
  });
}

function orderRoutes(app: FastifyInstance, context: ProxyContext, routes: JobKindRoutes): void {
  for (const order of orders) {
    const about = facts(`Tells a job of kind ${routes.kind} to ${order}`, admin, oneJob);
    app.post(`${baseOf(routes)}/${order}`, about, async (request) => {
      const { jobId } = parseBody(jobBody, request.body);
      await jobNamed(context, routes, jobId);
      checkStatus(await context.root.orderJob({ jobId: idOfJob(jobId), order }));
      return { code: 0, data: {} };
    });
  }
}

async function jobNamed(
  context: ProxyContext,
  { kind }: JobKindRoutes,
  id: string | undefined,
): Promise<rootCoord.JobEntry> {
  const job = await describedJob(context, id);
  if (job.kind === kind) return job;
  throw new StatusError(statusCodes.invalidParameter, `job ${job.jobId} is of kind ${job.kind}, not ${kind}`);
}

function jobJson(job: rootCoord.JobEntry, { working, rowsName }: JobKindRoutes) {
  return {
    ...{ jobId: String(job.jobId), collectionName: job.collectionName },
    ...{ createTime: timeText(job.createdMs), completeTime: timeText(job.completedMs) },
    state: job.state === "Importing" ? working : job.state,
    progress: job.progressPercent,
    ...(job.state === "Failed" && { progressAtFailure: job.progressAtFailure }),
    [rowsName]: Number(job.importedRows),
    ...(job.paused && { paused: true }),
    ...movementJson(job),
    ...(job.reason && { reason: job.reason }),
    ...(job.warnings.length > 0 && { warnings: job.warnings }),
    ...JSON.parse(job.outcome || "{}"),
  };
}
