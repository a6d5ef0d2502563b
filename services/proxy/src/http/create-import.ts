import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { isImportOption, isSafetySwitch } from "@sluice/jobs";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { databaseOf } from "../call-context.ts";
import type { ImportRequests } from "../jobs/import-requests.ts";
import { inVolumeOf, volumeGroups, volumeImportMembers } from "../volumes/volume-import.ts";
import { mayNameFiles, optionsBody } from "./import-options.ts";
import { type ObjectUrls, objectUrlMembers, objectUrlsOf } from "./object-urls.ts";
import { headerOf } from "./request-headers.ts";
import { parseBody, required } from "./rest.ts";
import { restCodes } from "./rest-codes.ts";
import { warn } from "./routes/check-members.ts";

/** Clients send null and "" for what they do not mean. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

const error = 'expected a list of lists of paths, as in "files":[["books.jsonl"]]';
/** Files as imports and merges take them: a list of paths for each table. */
export const pathLists = z.array(z.array(z.string(), { error }), { error });

/** Body of `jobs/import/create`: files by path, by URLs of a bucket, or of a volume. */
export const createBody = z.object({
  dbName: text,
  collectionName: text,
  partitionName: text,
  files: pathLists.nullish(),
  ...objectUrlMembers,
  ...volumeImportMembers,
  options: optionsBody,
});

type Options = readonly { readonly key: string; readonly value: string }[];

/** Clients send members beside ours, which mean nothing here; but what is an option among the options is none beside them. */
function refuseOptions(body: object): void {
  const name = Object.keys(body).find(
    (key) => isSafetySwitch(key) || (isImportOption(key) && !(key in createBody.shape)),
  );
  if (name === undefined) return;
  const reason = isSafetySwitch(name)
    ? `"${excerpt(name)}" beside the options is not known, and the import would write: say "options":{"dry_run":"true"} to check the files only`
    : `"${excerpt(name)}" is an option: say "options":{"${excerpt(name)}":…}`;
  throw new StatusError(statusCodes.invalidParameter, reason);
}

/**
 * As Milvus refuses it in bodies; the rootcoord has the rule for all doors.
 * @throws {StatusError} 1801 for another word than true and false: what is taken for true makes rows visible
 */
function checkAutoCommit(options: Options): void {
  const given = options.find(({ key }) => key === "auto_commit");
  if (!given || /^(true|false)$/i.test(given.value)) return;
  const reason = `options.auto_commit must be one of "true" or "false", found "${excerpt(given.value)}"`;
  throw new StatusError(restCodes.malformedBody, `can only accept json format request, error: ${reason}`);
}

/** Takes the request of an import. @returns the job's id */
export async function createImport(
  requests: ImportRequests,
  request: FastifyRequest,
  options: Options,
): Promise<bigint> {
  const body = parseBody(createBody, request.body);
  refuseOptions(request.body ?? {});
  checkAutoCommit(options);
  const collectionName = required(body.collectionName, "collectionName");
  const about = { dbName: databaseOf(body, request.call), collectionName, partitionName: body.partitionName ?? "" };
  const { groups, options: more } = filesOf(body);
  const named = options.map((option) => inVolumeOf(body, option));
  const idempotencyKey = headerOf(request, "idempotency-key");
  const call = { ...about, rowBased: false, files: [], groups, options: [...named, ...more], idempotencyKey };
  const { jobId, warning } = await requests.submit(call, request.call);
  warn(request, warning);
  return jobId;
}

/** What is to be read; exactly one of the ways to say it. */
export function filesOf(body: z.infer<typeof createBody>): ObjectUrls {
  const ways = [
    { name: "files", isGiven: Boolean(body.files?.length) },
    { name: "a volume", isGiven: volumeGroups(body) !== undefined },
    { name: "object URLs", isGiven: Boolean(body.objectUrl || body.objectUrls?.length) },
  ].filter(({ isGiven }) => isGiven);
  if (ways.length > 1) {
    const reason = `the request names ${ways.map(({ name }) => name).join(" and ")}: name one kind`;
    throw new StatusError(statusCodes.invalidParameter, reason);
  }
  const inVolume = volumeGroups(body);
  if (inVolume) return { groups: inVolume, options: [] };
  if (body.objectUrl || body.objectUrls?.length) return objectUrlsOf(body);
  if (body.files) return { groups: body.files, options: [] };
  if (mayNameFiles(body.options)) return { groups: [], options: [] };
  throw new StatusError(restCodes.missingParameter, "missing required parameters, error: files is required");
}
