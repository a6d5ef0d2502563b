import { type CallOfHandler, milvus, okStatus, type ServedService, served, unreadFieldsService } from "@sluice/rpc";
import type { AnyOperation, Operations } from "../operations/operations.ts";
import { GrpcCall } from "./grpc-call.ts";

/** Milvus's service over gRPC: each operation with the context of its call. */
export function milvusService(operations: Operations): ServedService {
  const handlers = Object.entries(operations as Readonly<Record<string, AnyOperation>>).map(([name, run]) => [
    name,
    (request: object, call: CallOfHandler) => run(request, new GrpcCall(call)),
  ]);
  return { ...served<milvus.MilvusServiceServer>(unreadFieldsService, Object.fromEntries(handlers)), instead };
}

const oneGroup = "all querynodes are one group, and share the segments among them";
/** Of methods that have no operation. */
const instead = {
  ...{ createResourceGroup: oneGroup, dropResourceGroup: oneGroup, updateResourceGroups: oneGroup },
  ...{ transferNode: oneGroup, transferReplica: oneGroup, loadBalance: oneGroup },
  calcDistance: "search, or compute distances in the client",
  listIndexedSegment: "searches compare every row, and build no index",
  replicateMessage: "copy a collection by POST /v2/vectordb/jobs/copy/create",
  getComponentStates: "ask GET /readyz of its processes",
};

/** Newer Node clients report here every ten seconds; nothing is kept, and no command is given back. */
export function clientTelemetryService(): ServedService {
  return served<milvus.ClientTelemetryServiceServer>(milvus.ClientTelemetryServiceService, {
    clientHeartbeat: () => milvus.ClientHeartbeatResponse.fromPartial({ status: okStatus() }),
  });
}
