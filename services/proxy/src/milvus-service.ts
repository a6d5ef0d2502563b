import { type CallOfHandler, milvus, okStatus, type ServedService, served, unreadFieldsService } from "@sluice/rpc";
import { audited } from "./access/audit-calls.ts";
import type { CallRates } from "./access/call-rates.ts";
import { type GuardDeps, guarded, identified } from "./access/guarded-calls.ts";
import { limited } from "./access/limited-calls.ts";
import type { ProxyContext } from "./context.ts";
import { cheapTruthOperations } from "./grpc/cheap-truths.ts";
import { forwardedOperations } from "./grpc/forwarded.ts";
import { GrpcCall } from "./grpc/grpc-call.ts";
import { importOperations } from "./grpc/imports.ts";
import { queryOperations } from "./grpc/query.ts";
import { rowOperations } from "./grpc/rows.ts";
import { analyzerOperations } from "./grpc/run-analyzer.ts";
import { segmentOperations } from "./grpc/segments.ts";
import { sessionOperations } from "./grpc/session.ts";
import { statisticsOperations } from "./grpc/statistics.ts";
import type { ImportRequests } from "./import-request.ts";
import { type AnyOperation, intercepted, type Operations } from "./operations.ts";
import { withoutRefusedFields } from "./refused-fields.ts";
import type { RowCalls } from "./rows/row-calls.ts";

/** Of Milvus's service. A method without operation answers a failing Status, which no client retries. */
export function milvusOperations(context: ProxyContext, requests: ImportRequests, rows: RowCalls): Operations {
  const operations: Operations = {
    ...forwardedOperations(context),
    ...sessionOperations(context),
    ...statisticsOperations(context),
    ...importOperations(requests),
    ...rowOperations(context, rows),
    ...queryOperations(context),
    ...analyzerOperations(context),
    ...segmentOperations(context),
    ...cheapTruthOperations(),
  };
  return intercepted(operations, [withoutRefusedFields]);
}

/** What calls of gRPC pass on their way in. @param guards asked who may call what, where users are asked for */
export function grpcDoor(operations: Operations, rates: CallRates, guards?: GuardDeps): Operations {
  const known = guards ? [identified(guards.access), guarded(guards)] : [];
  return intercepted(operations, [...(guards?.audit ? [audited(guards.audit)] : []), ...known, limited(rates)]);
}

/** The same of calls that REST makes, which has written down, identified and counted its request before. */
export function restDoor(operations: Operations, guards?: GuardDeps): Operations {
  return intercepted(operations, guards ? [guarded(guards)] : []);
}

export function milvusService(operations: Operations): ServedService {
  const handlers = Object.entries(operations as Readonly<Record<string, AnyOperation>>).map(([name, run]) => [
    name,
    (request: object, call: CallOfHandler) => run(request, new GrpcCall(call)),
  ]);
  return served<milvus.MilvusServiceServer>(unreadFieldsService, Object.fromEntries(handlers));
}

/** Newer Node clients report here every ten seconds; nothing is kept, and no command is given back. */
export function clientTelemetryService(): ServedService {
  return served<milvus.ClientTelemetryServiceServer>(milvus.ClientTelemetryServiceService, {
    clientHeartbeat: () => milvus.ClientHeartbeatResponse.fromPartial({ status: okStatus() }),
  });
}
