import type { ByteBudget } from "@sluice/async";
import { type Presence, version } from "@sluice/cluster";
import { StatusError } from "@sluice/errors";
import type { CallObserver, Logger, Metrics } from "@sluice/telemetry";
import { type CloudIds, volumeCodes } from "@sluice/volumes";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { CallRates } from "../access/call-rates.ts";
import type { GuardDeps } from "../access/guarded-calls.ts";
import { guardRoutes, mayGoOn } from "../access/rest-guard.ts";
import { serveConsole } from "../console/console-routes.ts";
import type { ProxyContext } from "../context.ts";
import type { ImportRequests } from "../jobs/import-requests.ts";
import type { Operations } from "../operations/operations.ts";
import type { RowCalls } from "../rows/row-calls.ts";
import type { PartUploads } from "../volumes/part-uploads.ts";
import type { VolumeOperations } from "../volumes/volume-operations.ts";
import { apiKeyRoutes } from "./api-key-routes.ts";
import { catalogRoutes } from "./catalog/index.ts";
import { publicCalls } from "./catalog/public-call.ts";
import { refuseOtherPlaces } from "./cloud-ids.ts";
import { clusterRoutes } from "./cluster.ts";
import { JobEvents } from "./events/job-events.ts";
import { exportCopyRoutes } from "./export-copy-jobs.ts";
import { importJobRoutes } from "./import-jobs.ts";
import { jobRoutes } from "./jobs.ts";
import { managementRoutes } from "./management-routes.ts";
import { mergeJobRoutes } from "./merge-jobs.ts";
import { firstImportRoutes, v1ImportRoutes } from "./old-import-routes.ts";
import { openRestApp } from "./rest.ts";
import { restCodes } from "./rest-codes.ts";
import { roleSourceRoutes } from "./role-source-routes.ts";
import { refuseMembers } from "./routes/check-members.ts";
import { openApi } from "./routes/openapi.ts";
import { facts, forAll, open } from "./routes/route-facts.ts";
import { rowRoutes } from "./row-routes.ts";
import type { RunningRequests } from "./running-requests.ts";
import { volumeFileRoutes } from "./volume-files.ts";
import { volumeRoutes } from "./volumes.ts";

/** What REST stands on. */
export interface RestDeps {
  readonly context: ProxyContext;
  readonly requests: ImportRequests;
  readonly rows: RowCalls;
  /** As who may call them does. */
  readonly operations: Operations;
  /** Asked who may call what; undefined where nobody is asked. */
  readonly guards: GuardDeps | undefined;
  readonly volumes: VolumeOperations;
  readonly partUploads: PartUploads;
  readonly budget: ByteBudget;
  readonly rates: CallRates;
  /** Requests that are waited for at the end. */
  readonly running: RunningRequests;
  /** Processes of the cluster that live now. */
  readonly members: () => readonly Presence[];
  readonly readiness: () => { readonly status: number; readonly body: unknown };
  /** By what clients of Zilliz Cloud call this server; undefined = by any names. */
  readonly cloudIds?: CloudIds | undefined;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** REST with all its routes, for connections that somebody else accepts. */
export async function openRest(deps: RestDeps, onCall: CallObserver): Promise<FastifyInstance & AsyncDisposable> {
  const { context, requests, rows, guards, running, log } = deps;
  const app = openRestApp(log, onCall, { budget: deps.budget });
  running.watch(app);
  if (guards) guardRoutes(app, guards);
  limitRoutes(app, deps.rates);
  refuseMembers(app);
  if (deps.cloudIds) refuseOtherPlaces(app, deps.cloudIds);
  operatorRoutes(app, deps);
  app.get("/v2/openapi.json", facts("This document", open), () => openApi(app.routeTable.entries, version));
  importJobRoutes(app, context, requests);
  exportCopyRoutes(app, context);
  apiKeyRoutes(app, context);
  roleSourceRoutes(app, context);
  const callOf = publicCalls(deps.operations, guards);
  catalogRoutes(app, callOf, context);
  v1ImportRoutes(app, context, requests);
  firstImportRoutes(app, callOf);
  rowRoutes(app, context, rows);
  mergeJobRoutes(app, context);
  jobRoutes(app, context);
  volumeRoutes(app, context, deps.volumes);
  volumeFileRoutes(app, deps.volumes, deps.partUploads);
  clusterRoutes(app, deps.members);
  managementRoutes(app, context);
  await serveConsole(app);
  const stillAllowed = async (request: FastifyRequest) => !guards || mayGoOn(request, guards);
  const events = new JobEvents(context, log, stillAllowed);
  events.routes(app);
  // Streams go on for ever unless they are ended.
  app.addHook("preClose", async () => {
    events[Symbol.dispose]();
    await running.idle();
  });
  await app.ready();
  return app;
}

/** Of volumes and stages, which have codes of their own. */
const VOLUME_ROUTE = /^\/v2\/(volumes|stages)(\/|$)/;

/** After callers are known. Source of codes and words: client contract §2, stages §2.4. */
function limitRoutes(app: FastifyInstance, rates: CallRates): void {
  app.addHook("preHandler", async (request, reply) => {
    const isPublic = request.routeOptions.config.route?.guard.kind === "public";
    if (isPublic || rates.admits(request.call.caller?.user ?? request.call.host)) return;
    reply.header("retry-after", "1");
    const isOfVolumes = VOLUME_ROUTE.test(request.routeOptions.url ?? "");
    const code = isOfVolumes ? volumeCodes.rateLimited : restCodes.rateLimited;
    throw new StatusError(code, "request is rejected by limiter: send it again later");
  });
}

/** For who runs the server. */
function operatorRoutes(app: FastifyInstance, { readiness, metrics }: RestDeps): void {
  app.get("/healthz", facts("Whether the process lives", forAll), async () => "OK");
  app.get("/readyz", facts("Whether it takes requests, or what it waits for", forAll), async (_request, reply) => {
    const { status, body } = readiness();
    return reply.code(status).send(body);
  });
  app.get("/metrics", facts("Metrics, for Prometheus", forAll), async (_request, reply) => {
    const { contentType, body } = await metrics.expose();
    return reply.type(contentType).send(body);
  });
}
