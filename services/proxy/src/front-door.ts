import { ByteBudget } from "@sluice/async";
import { connectPeer, isLoopback } from "@sluice/cluster";
import { SettingsError } from "@sluice/config";
import { ModelServers } from "@sluice/embedding";
import { dataCoord, PassingQueryClient, RootCoordClient } from "@sluice/rpc";
import { type CallObserver, type Logger, logCalls } from "@sluice/telemetry";
import { AccessControl } from "./access/access-control.ts";
import { AuditLog } from "./access/audit-log.ts";
import { CallRates } from "./access/call-rates.ts";
import type { GuardDeps } from "./access/guarded-calls.ts";
import type { ProxyContext } from "./context.ts";
import { ImportRequests } from "./jobs/import-requests.ts";
import { milvusOperations } from "./operations/milvus-operations.ts";
import type { Operations } from "./operations/operations.ts";
import type { ProxyDeps } from "./proxy-deps.ts";
import { RowCalls } from "./rows/row-calls.ts";
import type { ProxySettings } from "./settings.ts";

/** What gRPC, REST and uploads share. */
export interface FrontDoor extends Pick<ProxyDeps, "log" | "metrics" | "readiness" | "members"> {
  readonly context: ProxyContext;
  readonly requests: ImportRequests;
  readonly rows: RowCalls;
  /** Whoever asks for them. */
  readonly operations: Operations;
  /** Who is who; undefined where nobody is asked. */
  readonly access: AccessControl | undefined;
  readonly audit?: AuditLog;
  /** Who may call what; undefined where nobody is asked. */
  readonly guards: GuardDeps | undefined;
  readonly rates: CallRates;
  readonly budget: ByteBudget;
  readonly logged: CallObserver;
}

/** Of all requests that are read or answered at a time, by gRPC and REST together. A message counts twice while it comes, so that the greatest fits. */
const REQUEST_BUDGET_BYTES = 132 << 20;

/** Connects to the services that calls are handed on to. What it opens is closed by `cleanup`. */
export function openFrontDoor(settings: ProxySettings, deps: ProxyDeps, cleanup: AsyncDisposableStack): FrontDoor {
  const { log, metrics, readiness, members } = deps;
  const context = connected(settings, deps, cleanup);
  const requests = new ImportRequests(context);
  const rows = new RowCalls(context, settings.embeddingWaitMs);
  const access = settings.authorizationEnabled ? new AccessControl(context, log) : undefined;
  const audited = auditOf(settings, log);
  if (!access && !isLoopback(settings.host))
    log.warn("everybody who reaches this port may do everything: set authorization-enabled", { host: settings.host });
  return {
    ...{ context, requests, rows, access, ...audited, log, metrics, readiness, members },
    operations: milvusOperations(context, requests, rows),
    guards: access && { access, context, log, ...audited },
    rates: new CallRates(settings.requestRate),
    budget: new ByteBudget(REQUEST_BUDGET_BYTES),
    logged: logCalls(log),
  };
}

function connected(settings: ProxySettings, deps: ProxyDeps, cleanup: AsyncDisposableStack): ProxyContext {
  return {
    root: cleanup.use(connectPeer(RootCoordClient, deps.rootCoordAddress, settings)),
    data: cleanup.use(connectPeer(dataCoord.DataCoordClient, deps.dataCoordAddress, settings)),
    query: cleanup.use(connectPeer(PassingQueryClient, deps.queryNodeAddress, settings)),
    models: new ModelServers(settings),
    isRead: () => deps.members().some(({ role }) => role === "querynode"),
  };
}

/** @throws {SettingsError} where nobody is known by name */
function auditOf({ auditLog, auditReads, authorizationEnabled }: ProxySettings, log: Logger): { audit?: AuditLog } {
  if (auditLog === undefined) return {};
  if (authorizationEnabled) return { audit: new AuditLog(auditLog, auditReads, log) };
  throw new SettingsError(["setting audit-log needs authorization-enabled: without it nobody is known by name"]);
}
