import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { isSafetySwitch, optionsJsonSchema } from "@sluice/jobs";
import { checkStatus, failureOfMessage, type importing, type rootCoord } from "@sluice/rpc";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { showsJob } from "../access/access-control.ts";
import type { ProxyContext } from "../context.ts";
import type { ImportRequests } from "../import-request.ts";
import { volumeGroups, volumeImportMembers } from "../volumes/volume-import.ts";
import { describedJob } from "./described-job.ts";
import { mayNameFiles, optionsBody, optionsOf } from "./import-options.ts";
import { inspectFiles } from "./inspect-files.ts";
import { jobOrderRoutes } from "./job-orders.ts";
import { rejectedRowRoutes } from "./rejected-rows.ts";
import { parseBody, restCodes } from "./rest.ts";
import { restoreBackupRoute } from "./restore-backup.ts";

const base = "/v2/vectordb/jobs/import";

/** Clients send null and "" for what they do not mean. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const positive = z.coerce.number().int().min(1).nullish();

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
const listBody = z.object({
  dbName: text,
  collectionName: text,
  clusterId: text,
  projectId: text,
  pageSize: positive,
  currentPage: positive,
  state: z.enum(["Pending", "Importing", "Uncommitted", "Committing", "Completed", "Failed", "RolledBack"]).nullish(),
  order: z.enum(["oldest", "newest"]).nullish(),
});

/** Clients send members beside ours, which mean nothing here; but who wants nothing to be written must not be passed over. */
function refuseSafetySwitch(body: object): void {
  const name = Object.keys(body).find(isSafetySwitch);
  if (name === undefined) return;
  const reason = `"${excerpt(name)}" beside the options is not known, and the import would write: say "options":{"dry_run":"true"} to check the files only`;
  throw new StatusError(statusCodes.invalidParameter, reason);
}

/** Import jobs over REST, in the form of Milvus v2: HTTP 200 always, the outcome in `code`. */
export function importJobRoutes(app: FastifyInstance, context: ProxyContext, requests: ImportRequests): void {
  app.post(`${base}/create`, async (request, reply) => {
    const body = parseBody(createBody, request.body);
    refuseSafetySwitch(request.body ?? {});
    if (!body.collectionName)
      throw new StatusError(
        restCodes.missingParameter,
        "missing required parameters, error: collectionName is required",
      );
    const groups = groupsOf(body);
    const jobId = await requests.submit(
      {
        dbName: databaseOf(body.dbName, request),
        collectionName: body.collectionName,
        partitionName: body.partitionName ?? "",
        rowBased: false,
        files: [],
        groups,
        options: optionsOf(request),
        idempotencyKey: headerOf(request, "idempotency-key"),
      },
      {
        identity: `rest/${headerOf(request, "authorization")}/${request.ip}`,
        isGone: () => reply.raw.destroyed && !reply.raw.writableFinished,
      },
    );
    return { code: 0, data: { jobId: String(jobId) } };
  });
  for (const name of ["describe", "get_progress", "getProgress"]) {
    app.post(`${base}/${name}`, async (request) => ({
      code: 0,
      data: jobJson(await describedJob(context, parseBody(jobBody, request.body).jobId)),
    }));
  }
  // What the options may be, for editors and for who writes them by a program.
  app.get(`${base}/options.schema.json`, () => optionsJsonSchema());
  app.post(`${base}/list`, async (request) => ({ code: 0, data: await list(context, request) }));
  app.post(`${base}/inspect`, async (request) => {
    const groups = groupsOf(parseBody(createBody, request.body));
    return { code: 0, data: await inspectFiles(context, groups, optionsOf(request)) };
  });
  restoreBackupRoute(app, context);
  rejectedRowRoutes(app, context);
  jobOrderRoutes(app, context);
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

export function databaseOf(inBody: string | undefined, request: FastifyRequest): string {
  return inBody || headerOf(request, "db-name") || "default";
}

export function headerOf(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

async function list(context: ProxyContext, request: FastifyRequest) {
  const body = parseBody(listBody, request.body ?? {});
  const dbName = databaseOf(body.dbName, request);
  const { status, jobs } = await context.root.listJobs({
    dbName,
    collectionName: body.collectionName ?? "",
    limit: 0n,
    states: body.state ? [body.state] : [],
    newestFirst: body.order === "newest",
    kind: "import",
  });
  checkStatus(status);
  const { caller } = request;
  const shown = caller ? jobs.filter((job) => showsJob(caller, job)) : jobs;
  const records = shown.map((job) => ({
    jobId: String(job.jobId),
    collectionName: job.collectionName,
    state: job.state,
    progress: job.progressPercent,
    createTime: timeText(job.createdMs),
    completeTime: timeText(job.completedMs),
    ...rowsJson(job, job.dryRun),
    ...(job.reason && { reason: job.reason }),
  }));
  // pymilvus always sends a page of 10, which a Milvus of one's own ignores: only callers of a cloud mean it.
  if (!body.clusterId && !body.projectId)
    return { records, count: records.length, currentPage: 1, pageSize: records.length };
  const size = body.pageSize ?? 10;
  const page = body.currentPage ?? 1;
  return {
    records: records.slice((page - 1) * size, page * size),
    count: records.length,
    currentPage: page,
    pageSize: size,
  };
}

function jobJson(job: rootCoord.JobEntry) {
  const { failure } = job;
  return {
    jobId: String(job.jobId),
    collectionName: job.collectionName,
    createTime: timeText(job.createdMs),
    completeTime: timeText(job.completedMs),
    state: job.state,
    progress: job.progressPercent,
    ...(job.state === "Failed" && { progressAtFailure: job.progressAtFailure }),
    ...rowsJson(job, job.dryRun),
    fileSize: Number(job.sizeBytes),
    ...(job.paused && { paused: true }),
    ...(job.rollbackRefusal && { rollbackRefused: job.rollbackRefusal }),
    ...(job.dryRun && { dryRun: true }),
    ...(job.corrects > 0n && { corrects: String(job.corrects) }),
    ...(job.correctedBy.length > 0 && { correctedBy: job.correctedBy.map(String) }),
    ...(job.checked && { checked: JSON.parse(job.checked) }),
    ...(job.reason && { reason: job.reason }),
    ...(job.warnings.length > 0 && { warnings: job.warnings }),
    ...(failure && { failure: placeOf(failure) }),
    details: job.details.map((detail) => ({
      fileName: `[${detail.paths.join(" ")}]`,
      fileSize: Number(detail.sizeBytes),
      progress: detail.progressPercent,
      startTime: timeText(detail.startedMs),
      completeTime: timeText(detail.completedMs),
      state: detail.state,
      ...rowsJson(detail, job.dryRun),
      ...(detail.reason && { reason: detail.reason }),
      ...(detail.nodeIds.length > 0 && { datanodes: detail.nodeIds.map(String) }),
      ...(detail.endedAttempts.length > 0 && { attempts: detail.endedAttempts.map(attemptJson) }),
      ...(detail.warnings.length > 0 && { warnings: detail.warnings }),
      ...(detail.rejectedReasonKeys.length > 0 && {
        rejectedFiles: { rows: detail.rejectedRowKeys, reasons: detail.rejectedReasonKeys },
      }),
      ...(detail.mapping && { mapping: JSON.parse(detail.mapping) }),
      ...(detail.rejected.length > 0 && { rejected: detail.rejected.map(rejectedJson) }),
    })),
  };
}

/** An attempt that made nothing, and why. */
function attemptJson({ attempt, nodeId, startedMs, endedMs, cause }: rootCoord.EndedAttempt) {
  const times = { startTime: timeText(startedMs), endTime: timeText(endedMs) };
  return { attempt: Number(attempt), datanode: String(nodeId), ...times, cause };
}

/** A row that was left out. */
function rejectedJson(row: importing.TaskFailure) {
  const { code: _, ...record } = failureOfMessage(row);
  return record;
}

/** A total that is projected from what was read so far says so; a dry run imports nothing. */
function rowsJson(
  rows: Pick<
    rootCoord.JobEntry,
    "importedRows" | "rejectedRows" | "duplicateRows" | "totalRows" | "totalRowsEstimated"
  >,
  isDryRun: boolean,
) {
  return {
    importedRows: isDryRun ? 0 : Number(rows.importedRows),
    ...(isDryRun && { checkedRows: Number(rows.importedRows) }),
    ...(rows.duplicateRows > 0n && { duplicateRows: Number(rows.duplicateRows) }),
    ...(rows.rejectedRows > 0n && { rejectedRows: Number(rows.rejectedRows) }),
    totalRows: Number(rows.totalRows),
    ...(rows.totalRowsEstimated && { totalRowsEstimated: true }),
  };
}

/** Its reason is the job's, in words that hold the place too. */
function placeOf(failure: importing.TaskFailure) {
  const { reason: _, ...place } = failureOfMessage(failure);
  return place;
}

/** RFC 3339 in whole seconds; "" while there is no time yet. */
export function timeText(ms: bigint): string {
  return ms > 0n ? new Date(Number(ms)).toISOString().replace(/\.\d+Z$/, "Z") : "";
}
