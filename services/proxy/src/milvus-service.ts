import { milvus, okStatus, type ServedService, served, unreadFieldsService } from "@sluice/rpc";
import { auditedHandlers } from "./access/audit-calls.ts";
import type { CallRates } from "./access/call-rates.ts";
import { type GuardDeps, guardedHandlers } from "./access/guarded-handlers.ts";
import { limitedHandlers } from "./access/limited-handlers.ts";
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
import type { MilvusHandlers } from "./milvus-handlers.ts";
import { refusingHandlers } from "./refused-fields.ts";
import type { RowCalls } from "./rows/row-calls.ts";

/**
 * Of the public service. A method without handler answers a failing Status, which no client retries.
 * @param guards asked who may call what, where users are asked for
 */
export function milvusHandlers(
  context: ProxyContext,
  requests: ImportRequests,
  rows: RowCalls,
  rates: CallRates,
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
  const limited = limitedHandlers(refusingHandlers(handlers), rates);
  if (!guards) return limited;
  const guarded = guardedHandlers(limited, guards);
  return guards.audit ? auditedHandlers(guarded, guards.audit) : guarded;
}

export function milvusService(handlers: MilvusHandlers): ServedService {
  return served<milvus.MilvusServiceServer>(unreadFieldsService, handlers);
}

/** Newer Node clients report here every ten seconds; nothing is kept, and no command is given back. */
export function clientTelemetryService(): ServedService {
  return served<milvus.ClientTelemetryServiceServer>(milvus.ClientTelemetryServiceService, {
    clientHeartbeat: () => milvus.ClientHeartbeatResponse.fromPartial({ status: okStatus() }),
  });
}
