import type { Socket } from "node:net";
import { ByteBudget } from "@sluice/async";
import { connectPeer, isLoopback, type Presence, TlsDoor } from "@sluice/cluster";
import { SettingsError } from "@sluice/config";
import { ModelServers } from "@sluice/embedding";
import type { ObjectStore } from "@sluice/object-store";
import { type Address, dataCoord, openGrpcServer, PassingQueryClient, RootCoordClient, volume } from "@sluice/rpc";
import { type CallObserver, type Logger, logCalls, type Metrics, observeCalls } from "@sluice/telemetry";
import { AccessControl } from "./access/access-control.ts";
import { AuditLog } from "./access/audit-log.ts";
import { CallRates } from "./access/call-rates.ts";
import { forAdmins } from "./access/rest-guard.ts";
import { watchedUploads } from "./access/watched-uploads.ts";
import type { ProxyContext } from "./context.ts";
import { grpcDoor, restDoor } from "./doors.ts";
import { clientTelemetryService, milvusService } from "./grpc/milvus-service.ts";
import { newerMethods } from "./grpc/newer-methods.ts";
import { openRest } from "./http/open-rest.ts";
import { RunningRequests } from "./http/running-requests.ts";
import { ImportRequests } from "./jobs/import-requests.ts";
import { milvusOperations } from "./operations/milvus-operations.ts";
import { PortMux } from "./port-mux.ts";
import { RowCalls } from "./rows/row-calls.ts";
import type { ProxySettings } from "./settings.ts";
import { tlsFilesOf, tlsRefused } from "./tls-files.ts";
import { ContentWriter } from "./uploads/content-writer.ts";
import { fileService } from "./uploads/file-service.ts";
import { openUploads } from "./uploads/open-uploads.ts";
import { partService } from "./uploads/part-service.ts";
import type { RawService } from "./uploads/raw-service.ts";
import { s3Service } from "./uploads/s3-service.ts";
import { ticketed } from "./uploads/ticketed.ts";
import { UploadGateway } from "./uploads/upload-gateway.ts";
import { uploadMetrics } from "./uploads/upload-metrics.ts";
import { PartUploads } from "./volumes/part-uploads.ts";
import { type VolumeClient, VolumeOperations } from "./volumes/volume-operations.ts";

export interface ProxyDeps {
  readonly rootCoordAddress: Address;
  readonly dataCoordAddress: Address;
  readonly queryNodeAddress: Address;
  /** Where files of volumes lie; undefined: this proxy takes none. */
  readonly uploads: ObjectStore | undefined;
  /** What `/readyz` answers, of the process that it is part of. */
  readonly readiness: () => { readonly status: number; readonly body: string };
  /** Processes of the cluster that live now. */
  readonly members: () => readonly Presence[];
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface RunningProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** Greatest request of a client, as Milvus sets it (`proxy.grpc.serverMaxRecvSize`). */
const MAX_REQUEST_BYTES = 64 << 20;
/** Of all requests that are read or answered at a time, by gRPC and REST together. A message counts twice while it comes, so that the greatest fits. */
const REQUEST_BUDGET_BYTES = 132 << 20;
/** A flood of connections is told of so often. */
const REFUSED_LOG_MS = 10_000;

/** Starts the front door: the public gRPC service and REST on one port. */
export async function startProxy(settings: ProxySettings, deps: ProxyDeps): Promise<RunningProxy> {
  await using cleanup = new AsyncDisposableStack();
  const context: ProxyContext = {
    root: cleanup.use(connectPeer(RootCoordClient, deps.rootCoordAddress, settings)),
    data: cleanup.use(connectPeer(dataCoord.DataCoordClient, deps.dataCoordAddress, settings)),
    query: cleanup.use(connectPeer(PassingQueryClient, deps.queryNodeAddress, settings)),
    models: new ModelServers(settings),
    isRead: () => deps.members().some(({ role }) => role === "querynode"),
  };
  const requests = new ImportRequests(context);
  const rows = new RowCalls(context, settings.embeddingWaitMs);
  const access = settings.authorizationEnabled ? new AccessControl(context, deps.log) : undefined;
  const audited = auditOf(settings, deps.log);
  const guards = access && { access, context, log: deps.log, ...audited };
  const rates = new CallRates(settings.requestRate);
  if (!access && !isLoopback(settings.host))
    deps.log.warn("everybody who reaches this port may do everything: set authorization-enabled", {
      host: settings.host,
    });
  // Disposed of after the servers: calls that run get their answers before the sockets go.
  const sockets = cleanup.use(new PortMux());
  const logged = logCalls(deps.log);
  const budget = new ByteBudget(REQUEST_BUDGET_BYTES);
  const operations = milvusOperations(context, requests, rows);
  const grpc = cleanup.use(
    openGrpcServer({
      services: [milvusService(grpcDoor(operations, rates, guards)), newerMethods(), clientTelemetryService()],
      reflection: true,
      maxRequestBytes: MAX_REQUEST_BYTES,
      requestBudget: budget,
      log: deps.log,
      onCall: observers(observeCalls(deps.metrics), logged),
    }),
  );
  const volumes = cleanup.use(connectPeer(volume.VolumeCoordClient, deps.rootCoordAddress, settings));
  const { log, metrics, readiness, members } = deps;
  const running = new RunningRequests();
  const rest = { context, requests, rows, guards, budget, rates, running, log, metrics, readiness, members };
  const counted = uploadMetrics(deps.metrics);
  const writer = new ContentWriter(volumes, deps.uploads, counted.onStored);
  const ofRest = {
    operations: restDoor(operations, guards),
    volumes: new VolumeOperations(volumes, settings.uploadEndpoint),
    partUploads: new PartUploads(volumes, writer),
  };
  const app = cleanup.use(await openRest({ ...rest, ...ofRest }, logged));
  const uploads = openUploads(app.server, {
    services: uploadServices(volumes, writer, access).map((service) => watchedUploads(service, { rates, ...audited })),
    ...{ log, running },
    onCall: observers(counted.onCall, logged),
  });
  let toldMs = -REFUSED_LOG_MS;
  const refused = () => {
    if (performance.now() - toldMs < REFUSED_LOG_MS) return;
    toldMs = performance.now();
    deps.log.warn("connections are refused: there are too many");
  };
  const inTheClear = {
    grpc: (socket: Socket) => grpc.inject(socket),
    http: (socket: Socket) => void app.server.emit("connection", socket),
    uploads,
    onRefused: () => refused(),
  };
  const tls = (socket: Socket) => door.accept(socket);
  const inside = { ...inTheClear, tls };
  const doorOptions = { log: deps.log, inside: (socket: Socket) => sockets.accept(socket, inside) };
  const door = cleanup.use(await TlsDoor.open(tlsFilesOf(settings), doorOptions).catch(tlsRefused));
  const targets = settings.tlsClientCa === undefined ? inside : { ...onlyTls, onRefused: refused, tls };
  cleanup.defer(() => sockets.stopListening());
  const port = await sockets.listen(settings.host, settings.port, targets);
  const open = cleanup.move();
  return { host: settings.host, port, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Bodies that are no JSON, each for who may send it. */
function uploadServices(
  volumes: VolumeClient,
  writer: ContentWriter,
  access: AccessControl | undefined,
): readonly RawService[] {
  const guarded = (service: RawService) => (access ? forAdmins(service, access) : service);
  const files = fileService(volumes, writer);
  const ofFiles = ticketed(files, volumes, guarded(files));
  return [s3Service(new UploadGateway(volumes, writer)), ofFiles, guarded(partService(volumes, writer))];
}

/** @throws {SettingsError} where nobody is known by name */
function auditOf({ auditLog, auditReads, authorizationEnabled }: ProxySettings, log: Logger): { audit?: AuditLog } {
  if (auditLog === undefined) return {};
  if (authorizationEnabled) return { audit: new AuditLog(auditLog, auditReads, log) };
  throw new SettingsError(["setting audit-log needs authorization-enabled: without it nobody is known by name"]);
}

const destroy = (socket: Socket) => void socket.destroy();
/** Where clients have to show who they are, nobody gets in without. */
const onlyTls = { grpc: destroy, http: destroy, uploads: destroy };

function observers(...all: readonly CallObserver[]): CallObserver {
  return (...call) => {
    for (const observe of all) observe(...call);
  };
}
