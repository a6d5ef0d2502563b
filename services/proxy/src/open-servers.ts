import type { Server } from "node:http";
import type { Socket } from "node:net";
import { connectPeer } from "@sluice/cluster";
import { type GrpcServer, openGrpcServer, volume } from "@sluice/rpc";
import { type CallObserver, observeCalls } from "@sluice/telemetry";
import { parseCloudIds } from "@sluice/volumes";
import type { AccessControl } from "./access/access-control.ts";
import { forVolumes } from "./access/rest-guard.ts";
import { watchedUploads } from "./access/watched-uploads.ts";
import { grpcDoor, restDoor } from "./doors.ts";
import type { FrontDoor } from "./front-door.ts";
import { clientTelemetryService, milvusService } from "./grpc/milvus-service.ts";
import { newerMethods } from "./grpc/newer-methods.ts";
import { openRest } from "./http/open-rest.ts";
import { RunningRequests } from "./http/running-requests.ts";
import type { ProxyDeps } from "./proxy-deps.ts";
import type { ProxySettings } from "./settings.ts";
import { ContentWriter } from "./uploads/content-writer.ts";
import { fileService } from "./uploads/file-service.ts";
import { openUploads } from "./uploads/open-uploads.ts";
import { partService } from "./uploads/part-service.ts";
import type { RawService, VolumeService } from "./uploads/raw-service.ts";
import { s3Service } from "./uploads/s3-service.ts";
import { ticketed } from "./uploads/ticketed.ts";
import { UploadGateway } from "./uploads/upload-gateway.ts";
import { uploadMetrics } from "./uploads/upload-metrics.ts";
import { PartUploads } from "./volumes/part-uploads.ts";
import { type VolumeClient, VolumeOperations } from "./volumes/volume-operations.ts";

/** Greatest request of a client, as Milvus sets it (`proxy.grpc.serverMaxRecvSize`). */
const MAX_REQUEST_BYTES = 64 << 20;

/** Milvus's service, for connections that somebody else accepts. */
export function openGrpc({ operations, rates, guards, budget, log, metrics, logged }: FrontDoor): GrpcServer {
  return openGrpcServer({
    services: [milvusService(grpcDoor(operations, rates, guards)), newerMethods(), clientTelemetryService()],
    reflection: true,
    maxRequestBytes: MAX_REQUEST_BYTES,
    requestBudget: budget,
    log,
    onCall: observers(observeCalls(metrics), logged),
  });
}

/** What connections of HTTP/1.1 are given to. */
export interface HttpServers {
  readonly rest: Server;
  /** Takes connections of uploaders. */
  readonly uploads: (socket: Socket) => void;
}

/** REST, and uploads beside it. What it opens is closed by `cleanup`. */
export async function openHttp(
  settings: ProxySettings,
  { rootCoordAddress, uploads: objects }: ProxyDeps,
  front: FrontDoor,
  cleanup: AsyncDisposableStack,
): Promise<HttpServers> {
  const volumes = cleanup.use(connectPeer(volume.VolumeCoordClient, rootCoordAddress, settings));
  const running = new RunningRequests();
  const counted = uploadMetrics(front.metrics);
  const writer = new ContentWriter(volumes, objects, counted.onStored);
  const ofRest = {
    operations: restDoor(front.operations, front.guards),
    volumes: new VolumeOperations(volumes, settings.uploadEndpoint),
    partUploads: new PartUploads(volumes, writer),
  };
  const app = cleanup.use(
    await openRest({ ...front, ...ofRest, running, cloudIds: parseCloudIds(settings.cloudIds) }, front.logged),
  );
  const uploads = openUploads(app.server, {
    services: uploadServices(volumes, writer, front.access).map((service) => watchedUploads(service, front)),
    ...{ log: front.log, running },
    onCall: observers(counted.onCall, front.logged),
  });
  return { rest: app.server, uploads };
}

/** Bodies that are no JSON, each for who may send it. */
function uploadServices(
  volumes: VolumeClient,
  writer: ContentWriter,
  access: AccessControl | undefined,
): readonly RawService[] {
  const guarded = (service: VolumeService) => (access ? forVolumes(service, access) : service);
  const files = fileService(volumes, writer);
  const ofFiles = ticketed(files, volumes, guarded(files));
  return [s3Service(new UploadGateway(volumes, writer)), ofFiles, guarded(partService(volumes, writer))];
}

function observers(...all: readonly CallObserver[]): CallObserver {
  return (...call) => {
    for (const observe of all) observe(...call);
  };
}
