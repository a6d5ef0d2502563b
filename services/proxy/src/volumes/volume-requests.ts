import { StatusError } from "@sluice/errors";
import { volumeCodes } from "@sluice/volumes";
import { z } from "zod";

/** Clients send null and "" for what they do not mean. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

/** A number of a query. */
const numberOf = (most: number, given: number) =>
  z.preprocess((value) => (value === "" ? undefined : value), z.coerce.number().int().min(1).max(most).default(given));

/** The name of a volume under either word; Zilliz Cloud called volumes stages until November 2025. */
export const names = { volumeName: text, stageName: text };

/** Body of `volumes/create`, as Zilliz Cloud has it. */
export const createVolumeBody = z.object({
  ...names,
  projectId: text,
  regionId: text,
  type: text,
  storageIntegrationId: text,
  path: text,
  description: text,
});
/** Body of a change of a volume; what is absent stays. */
export const alterVolumeBody = z.object({ description: z.string().nullish(), status: text });
/** Body of `volumes/apply`: credentials for uploads below a path. */
export const applyVolumeBody = z.object({
  ...names,
  path: text,
  options: z.object({ sdk: z.unknown(), scene: z.unknown() }).partial().nullish(),
});
/** Query of a list of files; `pageToken` is what the page before has answered. */
export const listFilesQuery = z.object({
  prefix: text,
  delimiter: z
    .enum(["/", ""])
    .optional()
    .transform((value) => value || undefined),
  pageSize: numberOf(1000, 100),
  pageToken: text,
});
/** Body that begins an upload in parts. */
export const beginUploadBody = z.object({ path: z.string() });
/** Body that ends an upload in parts; without a list all parts that came are taken. */
export const completeUploadBody = z.object({
  parts: z
    .array(z.object({ partNumber: z.number().int().min(1).max(10_000), etag: z.string() }))
    .min(1)
    .nullish(),
});
/** Seconds of a week: longest that S3 signs links for. */
const MAX_LINK_S = 7 * 86_400;
/** Body that asks for a link for one file; `expiresIn` in seconds. */
export const presignBody = z.object({
  method: text,
  path: z.string(),
  expiresIn: z.number().int().min(1).max(MAX_LINK_S).nullish(),
  maxBytes: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullish(),
});
/** Query of the removal of a volume; with `force` also while jobs read it, which fail then. */
export const dropVolumeQuery = z.object({ force: z.enum(["true", "false"]).optional() });
/** Options as those of an import. */
export const inspectBody = z.object({ path: z.string(), options: z.record(z.string(), z.unknown()).nullish() });
/** Query of a list of volumes; pages count from 1. */
export const listVolumesQuery = z.object({
  projectId: text,
  type: text,
  currentPage: numberOf(Number.MAX_SAFE_INTEGER, 1),
  pageSize: numberOf(100, 10),
});

/** @throws {StatusError} 63242 for two names */
export function nameOf({
  volumeName,
  stageName,
}: {
  volumeName?: string | undefined;
  stageName?: string | undefined;
}): string {
  if (volumeName && stageName && volumeName !== stageName)
    throw new StatusError(
      volumeCodes.invalidName,
      `volumeName "${volumeName}" and stageName "${stageName}" differ: give one`,
    );
  return volumeName ?? stageName ?? "";
}
