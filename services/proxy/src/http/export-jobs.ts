import { randomUUID } from "node:crypto";
import { StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, type rootCoord } from "@sluice/rpc";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { OWN_KEYS } from "../import-request.ts";
import { describedJob, idOfJob } from "./described-job.ts";
import { databaseOf, headerOf, timeText } from "./import-jobs.ts";
import { parseBody, restCodes } from "./rest.ts";

const base = "/v2/vectordb/jobs/export";

const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const names = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const createBody = z.strictObject({
  dbName: text,
  collectionName: text,
  partitionNames: names,
  filter: text,
  outputFields: names,
  format: text,
  to: text,
});
const jobBody = z.object({ jobId: text });
const listBody = z.object({ dbName: text, collectionName: text });

/** What users tell exports to do, as imports. */
const orders = ["cancel", "pause", "resume"] as const;

/** Exports over REST, in the form of import jobs. */
export function exportJobRoutes(app: FastifyInstance, context: ProxyContext): void {
  app.post(`${base}/create`, async (request) => {
    const { dbName, collectionName, to, ...body } = parseBody(createBody, request.body);
    if (!collectionName) throw missing("collectionName");
    if (!to) throw missing("to");
    const { status, jobId } = await context.root.export({
      ...{ dbName: databaseOf(dbName, request), collectionName, to },
      ...{ partitionNames: body.partitionNames, filter: body.filter ?? "", outputFields: body.outputFields },
      format: body.format ?? "",
      // The call may reach the rootcoord twice, when one dies after it has recorded the job.
      idempotencyKey: headerOf(request, "idempotency-key") || `${OWN_KEYS}${randomUUID()}`,
    });
    checkStatus(status);
    return { code: 0, data: { jobId: String(jobId) } };
  });
  for (const name of ["describe", "get_progress", "getProgress"])
    app.post(`${base}/${name}`, async (request) => ({
      code: 0,
      data: exportJson(await exportNamed(context, parseBody(jobBody, request.body).jobId)),
    }));
  app.post(`${base}/list`, async (request) => {
    const body = parseBody(listBody, request.body ?? {});
    const { status, jobs } = await context.root.listJobs({
      ...{ dbName: databaseOf(body.dbName, request), collectionName: body.collectionName ?? "", kind: "export" },
      ...{ limit: 0n, states: [], newestFirst: true },
    });
    checkStatus(status);
    return { code: 0, data: { records: jobs.map(exportJson), count: jobs.length } };
  });
  for (const order of orders)
    app.post(`${base}/${order}`, async (request) => {
      const { jobId } = parseBody(jobBody, request.body);
      await exportNamed(context, jobId);
      checkStatus(await context.root.orderJob({ jobId: idOfJob(jobId), order }));
      return { code: 0, data: {} };
    });
}

function missing(name: string): StatusError {
  return new StatusError(restCodes.missingParameter, `missing required parameters, error: ${name} is required`);
}

async function exportNamed(context: ProxyContext, id: string | undefined): Promise<rootCoord.JobEntry> {
  const job = await describedJob(context, id);
  if (job.kind === "export") return job;
  throw new StatusError(statusCodes.invalidParameter, `job ${job.jobId} is no export: it is an ${job.kind}`);
}

function exportJson(job: rootCoord.JobEntry) {
  return {
    ...{ jobId: String(job.jobId), collectionName: job.collectionName },
    ...{ createTime: timeText(job.createdMs), completeTime: timeText(job.completedMs) },
    state: job.state === "Importing" ? "Exporting" : job.state,
    progress: job.progressPercent,
    ...(job.state === "Failed" && { progressAtFailure: job.progressAtFailure }),
    exportedRows: Number(job.importedRows),
    ...(job.paused && { paused: true }),
    ...(job.reason && { reason: job.reason }),
    ...(job.warnings.length > 0 && { warnings: job.warnings }),
    ...JSON.parse(job.outcome || "{}"),
  };
}
