import { okStatus } from "@sluice/rpc";
import { databaseOf } from "../call-context.ts";
import type { ImportRequests } from "../jobs/import-requests.ts";
import type { Operations } from "./operations.ts";

/** The start of an import; its state and the list are forwarded as they are. */
export function importOperations(requests: ImportRequests): Operations {
  return {
    import: async (request, call) => {
      const { collectionName, partitionName, rowBased, files, options, idempotencyKey } = request;
      const dbName = databaseOf(request, call);
      const about = { dbName, collectionName, partitionName, rowBased, files, groups: [], options, idempotencyKey };
      const { jobId, warning } = await requests.submit(about, call);
      return { status: { ...okStatus(), extraInfo: { ...(warning && { warnings: warning }) } }, tasks: [jobId] };
    },
  };
}
