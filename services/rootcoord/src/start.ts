import { openPeerServer } from "@sluice/cluster";
import {
  type GrpcServer,
  okStatus,
  type RootCoordPublicServer,
  RootCoordPublicService,
  rootCoord,
  served,
} from "@sluice/rpc";
import type { CollectionId } from "@sluice/schema";
import { observeCalls } from "@sluice/telemetry";
import { accessHandlers } from "./access/access-handlers.ts";
import { CollectionNames, createDdlHandlers, type Ddl, type RootCoordHandlers } from "./ddl/index.ts";
import { type Foundation, openFoundation } from "./foundation.ts";
import type { IdAllocator } from "./id-allocator.ts";
import { openJobs } from "./jobs/open-jobs.ts";
import type { RootCoordDeps } from "./root-coord-deps.ts";
import type { RootCoordSettings } from "./settings.ts";
import type { TsoService } from "./tso-service.ts";
import type { OpenVolumes } from "./volumes/open-volumes.ts";

/** A rootcoord that leads, until it is disposed. */
export interface RunningRootCoord extends AsyncDisposable {
  readonly address: string;
}

/** Starts the rootcoord: names, numbers, jobs. Its records are read before it answers the first call. */
export async function startRootCoord(settings: RootCoordSettings, deps: RootCoordDeps): Promise<RunningRootCoord> {
  await using cleanup = new AsyncDisposableStack();
  const foundation = await openFoundation(settings, deps, cleanup);
  const { ids, tso, volumes } = foundation;
  const { ddl, names } = openDdl(deps, foundation, (id) => jobs.wakeJobsOf(id));
  const jobs = openJobs(settings, { ...deps, ...foundation, ddl, names }, cleanup);
  const access = accessHandlers(
    foundation.access,
    async (dbName, name) => (await ddl.findCollection(dbName, name).catch(() => undefined))?.name ?? name,
  );
  const handlers = { ...ddl.handlers, ...access, ...jobs.handlers, ...numberHandlers(ids, tso) };
  const server = cleanup.use(openServer(settings, handlers, volumes, deps));
  cleanup.use(jobs.changes);
  const address = await server.listen(settings.host, settings.port);
  const running = cleanup.move();
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Collections, and their names by which jobs are shown. */
function openDdl(
  { store, queryNodes }: RootCoordDeps,
  { ids, tso, models, rowCounts, book }: Foundation,
  onDropped: (id: bigint) => void,
): { readonly ddl: Ddl; readonly names: CollectionNames } {
  const onRenamed = (id: CollectionId, name: string) => names.renamed(id, name);
  const openJobs = (id: bigint) => book.openJobsOf(id);
  const ddl = createDdlHandlers({
    ...{ store, ids, tso, models, queryNodes, rowCounts, openJobs, onDropped, onRenamed, now: Date.now },
  });
  const names = new CollectionNames(async (id) => (await ddl.getCollection(id))?.name);
  return { ddl, names };
}

/** What the rootcoord answers services and, by way of proxies, clients; and volumes beside it. */
function openServer(
  settings: RootCoordSettings,
  handlers: RootCoordHandlers,
  volumes: OpenVolumes,
  { log, metrics }: RootCoordDeps,
): GrpcServer {
  const internal = served<rootCoord.RootCoordServer>(rootCoord.RootCoordService, handlers);
  const ofClients = served<RootCoordPublicServer>(RootCoordPublicService, handlers);
  return openPeerServer(
    { services: [internal, ofClients, volumes.service], log, onCall: observeCalls(metrics) },
    settings,
  );
}

function numberHandlers(ids: IdAllocator, tso: TsoService): Pick<RootCoordHandlers, "allocIds" | "allocTimestamp"> {
  return {
    allocIds: async ({ count }) => ({ status: okStatus(), first: await ids.allocate(Number(count)) }),
    allocTimestamp: async () => ({ status: okStatus(), timestamp: await tso.allocate(1) }),
  };
}
