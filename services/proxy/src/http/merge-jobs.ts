import { StatusError } from "@sluice/errors";
import { checkStatus, type rootCoord } from "@sluice/rpc";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { databaseOf } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import { idempotencyKeyOf } from "../jobs/idempotency.ts";
import { pathLists } from "./create-import.ts";
import { jobKindRoutes } from "./job-kind-routes.ts";
import { fieldMessage, newFieldBody } from "./merge-fields.ts";
import { mergeFiles, mergeSourceBody } from "./merge-source.ts";
import { headerOf } from "./request-headers.ts";
import { parseBody } from "./rest.ts";
import { restCodes } from "./rest-codes.ts";
import { warn } from "./routes/check-members.ts";
import { refused } from "./routes/marked-members.ts";
import { admin, facts } from "./routes/route-facts.ts";

/** Clients send null and "" for what they do not mean. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

/** What is to be done by who wants the source to have the fields itself. */
const instead = "a merge makes a collection of its own; point an alias to it (swapAlias)";

const mergeBody = z.object({
  dbName: text,
  collectionName: text,
  destDbName: text,
  destCollectionName: text,
  dataSource: mergeSourceBody.nullish(),
  /** Files as an import names them, instead of a data source. */
  files: pathLists.nullish(),
  mergeField: text,
  newFields: z.array(newFieldBody).nullish(),
  options: z
    .object({
      onDuplicateKey: text,
      onUnmatchedFileRow: text,
      minMatchRatio: z.coerce.number().nullish(),
      dryRun: z.union([z.boolean(), z.enum(["true", "false"])]).nullish(),
      mode: z.literal("newCollection", { error: `only "newCollection" is supported: ${instead}` }).nullish(),
      swapAlias: text,
      update: refused(
        "is not supported by merges: they add fields, and values of those that are there change by upserts",
      ),
      /** Of the files, as an import has them. */
      files: z.record(z.string(), z.unknown()).nullish(),
    })
    .strict()
    .nullish(),
});

const about = {
  summary: "Makes a collection with more fields, which files fill",
  body: mergeBody,
  needs: ["collectionName", "destCollectionName"],
} as const;

/**
 * Merges over REST, as Zilliz Cloud has them, with more: types of fields, formats of files, what is to become of bad matches; and in
 * the form of import jobs.
 */
export function mergeJobRoutes(app: FastifyInstance, context: ProxyContext): void {
  const create = (request: FastifyRequest, key: string) => context.root.merge(mergeRequest(request, key));
  jobKindRoutes(app, context, { ...about, kind: "merge", working: "Merging", rowsName: "mergedRows", create });
  app.post("/v2/etl/merge", facts(about.summary, admin, about), async (request) => {
    const { status, jobId } = await create(
      request,
      idempotencyKeyOf(headerOf(request, "idempotency-key"), request.call.caller?.user),
    );
    checkStatus(status);
    warn(request, status?.extraInfo.warnings);
    return { code: 0, data: { jobId: String(jobId) } };
  });
}

function mergeRequest(request: FastifyRequest, idempotencyKey: string): rootCoord.MergeRequest {
  const body = parseBody(mergeBody, request.body);
  const { collectionName, destCollectionName, options } = body;
  if (!collectionName) throw missing("collectionName");
  if (!destCollectionName) throw missing("destCollectionName");
  const { fileGroups, options: fileOptions } = mergeFiles(body);
  const dbName = databaseOf(body, request.call);
  const dryRun = String(options?.dryRun ?? false);
  const given = { ...options?.files, ...fileOptions, ...(dryRun === "true" && { dry_run: "true" }) };
  return {
    ...{ dbName, collectionName, targetDbName: body.destDbName ?? dbName, targetCollectionName: destCollectionName },
    ...{ fileGroups, mergeField: body.mergeField ?? "", newFields: (body.newFields ?? []).map(fieldMessage) },
    onDuplicateKey: options?.onDuplicateKey ?? "",
    onUnmatchedFileRow: options?.onUnmatchedFileRow ?? "",
    minMatchRatio: options?.minMatchRatio ?? 0,
    alias: options?.swapAlias ?? "",
    options: Object.entries(given).map(([key, value]) => ({ key, value: textOf(value) })),
    idempotencyKey,
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function missing(name: string): StatusError {
  return new StatusError(restCodes.missingParameter, `missing required parameters, error: ${name} is required`);
}
