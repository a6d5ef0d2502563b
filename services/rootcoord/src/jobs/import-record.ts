import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import type { ImportSpec } from "@sluice/jobs";
import type { JobId } from "@sluice/schema";
import { currentTraceParent } from "@sluice/telemetry";

/** What a job has of the collection that it imports into, and what every new one begins with. */
export function newImportJob(
  jobId: JobId,
  collection: CollectionRecord,
  createdMs: number,
): Omit<
  JobRecord,
  | ("spec" | "groups" | "partitionIds" | "partitionName" | "deadlineMs" | "timestamp")
  | ("idempotencyKey" | "requestDigest")
> {
  return {
    ...{ jobId, kind: "import", state: "pending", createdMs },
    collectionId: collection.collectionId,
    collectionName: collection.name,
    dbName: collection.dbName,
    vchannels: collection.vchannels,
    schema: collection.storedSchema,
    properties: collection.properties,
    ...{ completedMs: 0, rowCount: 0, segmentIds: [], autoIds: [] },
    traceParent: currentTraceParent(),
  };
}

/** Unix milliseconds after which the job fails; 0 = never. */
export function deadlineOf({ timeoutMs }: ImportSpec, createdMs: number): number {
  return timeoutMs > 0 ? createdMs + timeoutMs : 0;
}
