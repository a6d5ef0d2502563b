import { StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, type common } from "@sluice/rpc";
import { SegmentGone } from "@sluice/segment";

// That a segment has been replaced and swept while it was read crosses from node to node: who answers the call reads anew.

/** @throws what `read` throws, and where a segment is gone what `present` knows again */
export async function tellingGone<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SegmentGone)) throw error;
    throw new StatusError(statusCodes.segmentNotFound, error.reason, { cause: error });
  }
}

/** The answer of another node. @throws {SegmentGone}; what else it refused with */
export function present<A extends { readonly status: common.Status | undefined }>(answer: A): A {
  if (answer.status?.code === statusCodes.segmentNotFound) throw new SegmentGone("internal", answer.status.reason);
  checkStatus(answer.status);
  return answer;
}
