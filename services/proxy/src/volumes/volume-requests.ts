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

export const createVolumeBody = z.object({
  ...names,
  projectId: text,
  regionId: text,
  type: text,
  storageIntegrationId: text,
  path: text,
  description: text,
});
export const alterVolumeBody = z.object({ description: z.string().nullish(), status: text });
export const applyVolumeBody = z.object({
  ...names,
  path: text,
  options: z.object({ sdk: z.unknown(), scene: z.unknown() }).partial().nullish(),
});
export const listFilesQuery = z.object({
  prefix: text,
  delimiter: z
    .enum(["/", ""])
    .optional()
    .transform((value) => value || undefined),
  pageSize: numberOf(1000, 100),
  pageToken: text,
});
export const beginUploadBody = z.object({ path: z.string() });
export const completeUploadBody = z.object({
  parts: z
    .array(z.object({ partNumber: z.number().int().min(1).max(10_000), etag: z.string() }))
    .min(1)
    .nullish(),
});
/** Seconds of a week: longest that S3 signs links for. */
const MAX_LINK_S = 7 * 86_400;
export const presignBody = z.object({
  method: text,
  path: z.string(),
  expiresIn: z.number().int().min(1).max(MAX_LINK_S).nullish(),
  maxBytes: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullish(),
});
export const dropVolumeQuery = z.object({ force: z.enum(["true", "false"]).optional() });
/** Options as those of an import. */
export const inspectBody = z.object({ path: z.string(), options: z.record(z.string(), z.unknown()).nullish() });
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
