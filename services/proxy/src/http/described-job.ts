import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, type rootCoord } from "@sluice/rpc";
import type { ProxyContext } from "../context.ts";
import { restCodes } from "./rest.ts";

/** Ids are int64. */
const GREATEST_ID = 2n ** 63n - 1n;

/** The job that a body names. @throws {StatusError} in Milvus's words for an id that is missing, none, or unknown */
export async function describedJob(context: ProxyContext, id: string | null | undefined): Promise<rootCoord.JobEntry> {
  if (!id) throw new StatusError(restCodes.missingParameter, "missing required parameters, error: jobId is required");
  if (!/^\d{1,19}$/.test(id) || BigInt(id) > GREATEST_ID)
    throw new StatusError(
      statusCodes.invalidParameter,
      `parse job id failed: "${excerpt(id)}" is no number below 2^63`,
    );
  const { status, job } = await context.root.describeJob({ jobId: BigInt(id) });
  checkStatus(status);
  return job as rootCoord.JobEntry;
}
