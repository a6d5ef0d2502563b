import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, type rootCoord } from "@sluice/rpc";
import type { ProxyContext } from "../context.ts";
import { restCodes } from "./rest-codes.ts";

/** Ids are int64. */
const GREATEST_ID = 2n ** 63n - 1n;

/** The id that a body has. @throws {StatusError} in Milvus's words for one that is missing, or no id */
export function idOfJob(id: string | null | undefined): bigint {
  if (!id) throw new StatusError(restCodes.missingParameter, "missing required parameters, error: jobId is required");
  if (/^\d{1,19}$/.test(id) && BigInt(id) <= GREATEST_ID) return BigInt(id);
  throw new StatusError(statusCodes.invalidParameter, `parse job id failed: "${excerpt(id)}" is no number below 2^63`);
}

/** The job that a body names. @throws {StatusError} as `idOfJob`, and when there is no such job */
export async function describedJob(context: ProxyContext, id: string | null | undefined): Promise<rootCoord.JobEntry> {
  const { status, job } = await context.root.describeJob({ jobId: idOfJob(id), scope: undefined });
  checkStatus(status);
  return job as rootCoord.JobEntry;
}
