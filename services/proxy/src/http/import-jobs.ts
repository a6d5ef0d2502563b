import { optionsJsonSchema } from "@sluice/jobs";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { scopeOf } from "../access/access-control.ts";
import { checkPermitted } from "../access/access-refused.ts";
import type { ProxyContext } from "../context.ts";
import type { ImportRequests } from "../jobs/import-requests.ts";
import { createBody, createImport, filesOf } from "./create-import.ts";
import { describedJob, idOfJob } from "./described-job.ts";
import { jobJson } from "./import-job-json.ts";
import { optionsOf } from "./import-options.ts";
import { inspectFiles } from "./inspect-files.ts";
import { jobOrderRoutes } from "./job-orders.ts";
import { listImportJobs, listImportJobsBody } from "./list-import-jobs.ts";
import { rejectedRowRoutes } from "./rejected-rows.ts";
import { parseBody } from "./rest.ts";
import { restoreBackupRoute } from "./restore-backup.ts";
import { passedOver } from "./routes/marked-members.ts";
import { asMethod, facts, ofJobAgain, ofJobProgress, open } from "./routes/route-facts.ts";
import { sourceLineRoute } from "./source-line.ts";

const base = "/v2/vectordb/jobs/import";

/** Clients send null and "" for what they do not mean. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

const jobBody = z.object({ jobId: text, collectionName: passedOver("the id says which") });
const needs = ["collectionName"];
const oneJob = { body: jobBody, needs: ["jobId"] };

/** Import jobs over REST, in the form of Milvus v2: HTTP 200 always, the outcome in `code`. */
export function importJobRoutes(app: FastifyInstance, context: ProxyContext, requests: ImportRequests): void {
  createRoutes(app, requests);
  retryRoute(app, context);
  viewRoutes(app, context);
  inspectRoutes(app, context);
  restoreBackupRoute(app, context);
  rejectedRowRoutes(app, context);
  sourceLineRoute(app, context);
  jobOrderRoutes(app, context);
}

function createRoutes(app: FastifyInstance, requests: ImportRequests): void {
  const creating = { body: createBody, needs };
  app.post(
    `${base}/create`,
    facts("Imports files; answers the job's id", asMethod("import"), creating),
    async (request) => idAnswer(await createImport(requests, request, optionsOf(request))),
  );
  app.post(
    `${base}/validate`,
    facts("Checks an import as a dry run, which writes nothing", asMethod("import"), creating),
    async (request) => {
      const options = optionsOf(request).filter(
        ({ key, value }) => key !== "dry_run" || value.toLowerCase() !== "true",
      );
      return idAnswer(await createImport(requests, request, [...options, { key: "dry_run", value: "true" }]));
    },
  );
}

function retryRoute(app: FastifyInstance, context: ProxyContext): void {
  app.post(`${base}/retry`, facts("Imports the files of a failed job again", ofJobAgain, oneJob), async (request) => {
    const { jobId: id } = parseBody(jobBody, request.body);
    const { status, jobId } = await context.root.retryJob({ jobId: idOfJob(id), scope: scopeOf(request.call.caller) });
    checkPermitted(status);
    return idAnswer(jobId);
  });
}

function viewRoutes(app: FastifyInstance, context: ProxyContext): void {
  for (const name of ["describe", "get_progress", "getProgress"])
    app.post(
      `${base}/${name}`,
      facts("A job with its files, attempts and failures", ofJobProgress, oneJob),
      async ({ body }) => ok(jobJson(await describedJob(context, parseBody(jobBody, body).jobId))),
    );
  app.post(
    `${base}/list`,
    facts("Jobs of a database or collection, by pages", open, { body: listImportJobsBody }),
    async (request) => ok(await listImportJobs(context, request)),
  );
}

function inspectRoutes(app: FastifyInstance, context: ProxyContext): void {
  // What the options may be, for editors and for who writes them by a program.
  app.get(`${base}/options.schema.json`, facts("What options of an import may be, as a JSON Schema", open), () =>
    optionsJsonSchema(),
  );
  const guard = { kind: "anywhere", privilege: "Import" } as const;
  app.post(
    `${base}/inspect`,
    facts("What files hold, and which collection would take them", guard, { body: createBody }),
    async (request) => {
      const { groups, options } = filesOf(parseBody(createBody, request.body));
      const given = [...optionsOf(request), ...options];
      return ok(await inspectFiles(context, groups, given, scopeOf(request.call.caller)));
    },
  );
}

function ok(data: unknown) {
  return { code: 0, data };
}

function idAnswer(jobId: bigint) {
  return ok({ jobId: String(jobId) });
}
