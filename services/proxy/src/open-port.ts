import type { Socket } from "node:net";
import { TlsDoor } from "@sluice/cluster";
import type { GrpcServer } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import type { HttpServers } from "./open-servers.ts";
import type { PortMux, PortMuxTargets } from "./port-mux.ts";
import type { ProxySettings } from "./settings.ts";
import { tlsFilesOf, tlsRefused } from "./tls-files.ts";

/** Who gets the connections of the port. */
export interface PortServers extends HttpServers {
  readonly sockets: PortMux;
  readonly grpc: GrpcServer;
  readonly log: Logger;
}

/** A flood of connections is told of so often. */
const REFUSED_LOG_MS = 10_000;

/** Listens, in the clear and by TLS, as far as each is allowed. @returns the port */
export async function openPort(
  settings: ProxySettings,
  servers: PortServers,
  cleanup: AsyncDisposableStack,
): Promise<number> {
  const { sockets, log } = servers;
  const tls = (socket: Socket) => door.accept(socket);
  const inside = { ...targetsOf(servers), tls };
  const doorOptions = { log, inside: (socket: Socket) => sockets.accept(socket, inside) };
  const door = cleanup.use(await TlsDoor.open(tlsFilesOf(settings), doorOptions).catch(tlsRefused));
  const targets = settings.tlsClientCa === undefined ? inside : { ...inside, ...onlyTls };
  cleanup.defer(() => sockets.stopListening());
  return await sockets.listen(settings.host, settings.port, targets);
}

function targetsOf({ grpc, rest, uploads, log }: PortServers): Omit<PortMuxTargets, "tls"> {
  return {
    grpc: (socket) => grpc.inject(socket),
    http: (socket) => void rest.emit("connection", socket),
    uploads,
    onRefused: refusalLog(log),
  };
}

function refusalLog(log: Logger): () => void {
  let toldMs = -REFUSED_LOG_MS;
  return () => {
    if (performance.now() - toldMs < REFUSED_LOG_MS) return;
    toldMs = performance.now();
    log.warn("connections are refused: there are too many");
  };
}

const destroy = (socket: Socket) => void socket.destroy();
/** Where clients have to show who they are, nobody gets in without. */
const onlyTls = { grpc: destroy, http: destroy, uploads: destroy };
