import { type Handlers, milvus, okStatus, type ServedService, served } from "@sluice/rpc";
import { type GuardDeps, guardedHandlers } from "./access/guarded-handlers.ts";
import type { ProxyContext } from "./context.ts";
import { cheapTruthHandlers } from "./grpc/cheap-truths.ts";
import { forwardedHandlers } from "./grpc/forwarded.ts";
import { importHandlers } from "./grpc/imports.ts";
import { queryHandlers } from "./grpc/query.ts";
import { rowHandlers } from "./grpc/rows.ts";
import { analyzerHandlers } from "./grpc/run-analyzer.ts";
import { segmentHandlers } from "./grpc/segments.ts";
import { sessionHandlers } from "./grpc/session.ts";
import { statisticsHandlers } from "./grpc/statistics.ts";
import type { ImportRequests } from "./import-request.ts";
import type { RowCalls } from "./rows/row-calls.ts";

/** Of the public service, as far as they are there. */
export type MilvusHandlers = Partial<Handlers<milvus.MilvusServiceServer>>;

/**
 * Of the public service. A method without handler answers a failing Status, which no client retries.
 * @param guards asked who may call what, where users are asked for
 */
export function milvusHandlers(
  context: ProxyContext,
  requests: ImportRequests,
  rows: RowCalls,
  guards?: GuardDeps,
): MilvusHandlers {
  const handlers: MilvusHandlers = {
    ...forwardedHandlers(context),
    ...sessionHandlers(context),
    ...statisticsHandlers(context),
    ...importHandlers(requests),
    ...rowHandlers(context, rows),
    ...queryHandlers(context),
    ...analyzerHandlers(context),
    ...segmentHandlers(context),
    ...cheapTruthHandlers(),
  };
  return guards ? guardedHandlers(handlers, guards) : handlers;
}

export function milvusService(handlers: MilvusHandlers): ServedService {
  return served<milvus.MilvusServiceServer>(milvus.MilvusServiceService, handlers);
}

/** Newer Node clients report here every ten seconds; nothing is kept, and no command is given back. */
export function clientTelemetryService(): ServedService {
  return served<milvus.ClientTelemetryServiceServer>(milvus.ClientTelemetryServiceService, {
    clientHeartbeat: () => milvus.ClientHeartbeatResponse.fromPartial({ status: okStatus() }),
  });
}
