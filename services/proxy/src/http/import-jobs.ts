import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { isSafetySwitch, optionsJsonSchema } from "@sluice/jobs";
import { checkStatus } from "@sluice/rpc";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import type { ImportRequests } from "../import-request.ts";
import { volumeGroups, volumeImportMembers } from "../volumes/volume-import.ts";
import { describedJob, idOfJob } from "./described-job.ts";
import { jobJson } from "./import-job-json.ts";
import { mayNameFiles, optionsBody, optionsOf } from "./import-options.ts";
import { inspectFiles } from "./inspect-files.ts";
import { jobOrderRoutes } from "./job-orders.ts";
import { listImportJobs, listImportJobsBody } from "./list-import-jobs.ts";
import { rejectedRowRoutes } from "./rejected-rows.ts";
import { databaseOf, headerOf } from "./request-headers.ts";
import { parseBody, required, restCodes } from "./rest.ts";
import { restoreBackupRoute } from "./restore-backup.ts";
import { asMethod, facts, ofJob, open } from "./routes/route-facts.ts";

const base = "/v2/vectordb/jobs/import";

/** Clients send null and "" for what they do not mean. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

const createBody = z.object({
  dbName: text,
  collectionName: text,
  partitionName: text,
  files: z.array(z.array(z.string())).nullish(),
  objectUrl: text,
  objectUrls: z.array(z.unknown()).nullish(),
  ...volumeImportMembers,
  options: optionsBody,
});
const jobBody = z.object({ jobId: text });
const needs = ["collectionName"];
const oneJob = { body: jobBody, needs: ["jobId"] };
/** Clients send members beside ours, which mean nothing here; but who wants nothing to be written must not be passed over. */
function refuseSafetySwitch(body: object): void {
  const name = Object.keys(body).find(isSafetySwitch);
  if (name === undefined) return;
  const reason = `"${excerpt(name)}" beside the options is not known, and the import would write: say "options":{"dry_run":"true"} to check the files only`;
  throw new StatusError(statusCodes.invalidParameter, reason);
}

/** Import jobs over REST, in the form of Milvus v2: HTTP 200 always, the outcome in `code`. */
export function importJobRoutes(app: FastifyInstance, context: ProxyContext, requests: ImportRequests): void {
  app.post(
    `${base}/create`,
    facts("Imports files; answers the job's id", asMethod("import"), { body: createBody, needs }),
    (request, reply) => created(requests, request, reply, optionsOf(request)),
  );
  app.post(
    `${base}/validate`,
    facts("Checks an import as a dry run, which writes nothing", asMethod("import"), { body: createBody, needs }),
    (request, reply) => {
      const options = optionsOf(request).filter(
        ({ key, value }) => key !== "dry_run" || value.toLowerCase() !== "true",
      );
      return created(requests, request, reply, [...options, { key: "dry_run", value: "true" }]);
    },
  );
  app.post(`${base}/retry`, facts("Imports the files of a failed job again", ofJob, oneJob), async (request) => {
    const { status, jobId } = await context.root.retryJob({ jobId: idOfJob(parseBody(jobBody, request.body).jobId) });
    checkStatus(status);
    return { code: 0, data: { jobId: String(jobId) } };
  });
  for (const name of ["describe", "get_progress", "getProgress"]) {
    app.post(
      `${base}/${name}`,
      facts("A job with its files, attempts and failures", ofJob, oneJob),
      async (request) => ({
        code: 0,
        data: jobJson(await describedJob(context, parseBody(jobBody, request.body).jobId)),
      }),
    );
  }
  // What the options may be, for editors and for who writes them by a program.
  app.get(`${base}/options.schema.json`, facts("What options of an import may be, as a JSON Schema", open), () =>
    optionsJsonSchema(),
  );
  app.post(
    `${base}/list`,
    facts("Jobs of a database or collection, by pages", open, { body: listImportJobsBody }),
    async (request) => ({ code: 0, data: await listImportJobs(context, request) }),
  );
  app.post(
    `${base}/inspect`,
    facts(
      "What files hold, and which collection would take them",
      { kind: "anywhere", privilege: "Import" },
      { body: createBody },
    ),
    async (request) => {
      const groups = groupsOf(parseBody(createBody, request.body));
      return { code: 0, data: await inspectFiles(context, groups, optionsOf(request)) };
    },
  );
  restoreBackupRoute(app, context);
  rejectedRowRoutes(app, context);
  jobOrderRoutes(app, context);
}

async function created(
  requests: ImportRequests,
  request: FastifyRequest,
  reply: FastifyReply,
  options: { key: string; value: string }[],
) {
  const body = parseBody(createBody, request.body);
  refuseSafetySwitch(request.body ?? {});
  const collectionName = required(body.collectionName, "collectionName");
  const about = { dbName: databaseOf(body.dbName, request), collectionName, partitionName: body.partitionName ?? "" };
  const idempotencyKey = headerOf(request, "idempotency-key");
  const jobId = await requests.submit(
    { ...about, rowBased: false, files: [], groups: groupsOf(body), options, idempotencyKey },
    {
      identity: `rest/${headerOf(request, "authorization")}/${request.ip}`,
      isGone: () => reply.raw.destroyed && !reply.raw.writableFinished,
    },
  );
  return { code: 0, data: { jobId: String(jobId) } };
}

function groupsOf(body: z.infer<typeof createBody>): string[][] {
  const inVolume = volumeGroups(body);
  if (inVolume && body.files?.length)
    throw new StatusError(
      statusCodes.invalidParameter,
      "the request names files of a volume, and others: name one kind",
    );
  if (inVolume) return inVolume;
  const other = body.objectUrl ? "objectUrl" : body.objectUrls?.length ? "objectUrls" : undefined;
  if (other)
    throw new StatusError(
      statusCodes.invalidParameter,
      `import from '${other}' is not supported by this server: give 'files'`,
    );
  if (!body.files && mayNameFiles(body.options)) return [];
  if (!body.files)
    throw new StatusError(restCodes.missingParameter, "missing required parameters, error: files is required");
  return body.files;
}
