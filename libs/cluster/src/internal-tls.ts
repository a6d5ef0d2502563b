import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { checkServerIdentity, createSecureContext, type TLSSocket } from "node:tls";
import { SettingsError } from "@sluice/config";
import type { GrpcServer, PeerCertificates } from "@sluice/rpc";
import { type Logger, silentLogger } from "@sluice/telemetry";
import type { ServerAddress } from "./role.ts";
import { TlsDoor } from "./tls-door.ts";

// I3. With internal-tls-cert, -key and -ca, calls between processes are encrypted, and both sides show a certificate that the
//     authority has signed for `PEER_NAME`: who shows none or another one, or speaks in the clear, is refused unread.

/** What certificates of processes are for: processes come and go under names and addresses that nobody knows before. */
export const PEER_NAME = "sluice-internal";

/** Files, PEM; all three or none. */
export type InternalTlsSettings = Pick<ServerAddress, "internalTlsCert" | "internalTlsKey" | "internalTlsCa">;
type OnStranger = (peer: string, reason: string) => void;

const NAMES = "settings internal-tls-cert, internal-tls-key, internal-tls-ca";

/** Undefined without. @throws {SettingsError} for some without the others, and for what cannot be used */
export function peerCertificatesOf(settings: InternalTlsSettings): PeerCertificates | undefined {
  const { internalTlsCert: cert, internalTlsKey: key, internalTlsCa: ca } = settings;
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined || ca === undefined)
    throw new SettingsError([`${NAMES}: give all three, or none`]);
  try {
    createSecureContext({ cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) });
  } catch (error) {
    throw new SettingsError([`${NAMES}: ${(error as Error).message}`]);
  }
  return { cert, key, ca };
}

/** The same server, behind TLS; clients within the process need none. */
export function behindTls(
  server: GrpcServer,
  { cert, key, ca: clientCa }: PeerCertificates,
  log: Logger = silentLogger,
  onStranger: OnStranger,
): GrpcServer {
  const open = new AsyncDisposableStack();
  const sockets = new Set<Socket>();
  // Disposed of in the other order: calls that run get their answers before the sockets go.
  open.defer(() => {
    for (const socket of sockets) socket.destroy();
  });
  open.use(server);
  const listen = async (host: string, port: number) => {
    const refuse = (socket: Socket, reason: string) => onStranger(peerOf(socket), `${reason}: see internal-tls-ca`);
    const inside = (socket: TLSSocket) => admit(socket, server, refuse);
    const door = open.use(await TlsDoor.open({ cert, key, clientCa }, { log, inside, onRefused: refuse }));
    const listener = createServer({ noDelay: true, keepAlive: true }, (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
      door.accept(socket);
    });
    listener.listen({ host, port });
    await once(listener, "listening");
    open.defer(() => void listener.close());
    return `${host}:${(listener.address() as AddressInfo).port}`;
  };
  return {
    listen: (host, port) => (host.startsWith("process:") ? server.listen(host, port) : listen(host, port)),
    inject: (socket) => server.inject(socket),
    setServing: (isServing) => server.setServing(isServing),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** The authority may have signed for others, too. */
function admit(socket: TLSSocket, server: GrpcServer, refuse: (socket: Socket, reason: string) => void): void {
  const stranger = checkServerIdentity(PEER_NAME, socket.getPeerCertificate());
  if (!stranger) server.inject(socket);
  else {
    refuse(socket, stranger.message);
    socket.destroy();
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
