import { StatusError, statusCodes } from "@sluice/errors";
import { milvus, okStatus, statusOf, statusOfCall } from "@sluice/rpc";
import type { CallContext } from "../call-context.ts";
import type { Operations } from "./operations.ts";

/** Names and ids of one call. */
const MAX_COLLECTIONS = 1024;

/** Calls that are several calls of another method: whoever may make these may make them at once. @param each those methods, guarded */
export function batches(each: Operations): Operations {
  return {
    batchDescribeCollection: async (request, call) => {
      const { dbName, collectionName: names, collectionID: ids } = request;
      const asked = [
        ...names.map((collectionName) => ({ dbName, collectionName })),
        ...ids.map((collectionID) => ({ dbName, collectionID })),
      ];
      if (asked.length > MAX_COLLECTIONS)
        throw new StatusError(
          statusCodes.invalidParameter,
          `${asked.length} collections in one call are more than ${MAX_COLLECTIONS}: invalid parameter`,
        );
      const responses: milvus.DescribeCollectionResponse[] = [];
      for (const one of asked)
        responses.push(await described(each, milvus.DescribeCollectionRequest.fromPartial(one), call));
      return { status: okStatus(), responses };
    },
  };
}

/** What is wrong with one collection stands in its own answer. */
async function described(
  { describeCollection }: Operations,
  request: milvus.DescribeCollectionRequest,
  call: CallContext,
): Promise<milvus.DescribeCollectionResponse> {
  try {
    const answer = await describeCollection?.(request, call);
    return answer ?? milvus.DescribeCollectionResponse.fromPartial({});
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const status = statusOfCall("DescribeCollection", statusOf(error));
    return milvus.DescribeCollectionResponse.fromPartial({ status });
  }
}
