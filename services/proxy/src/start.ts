import { openFrontDoor } from "./front-door.ts";
import { openPort } from "./open-port.ts";
import { openGrpc, openHttp } from "./open-servers.ts";
import { PortMux } from "./port-mux.ts";
import type { ProxyDeps } from "./proxy-deps.ts";
import type { ProxySettings } from "./settings.ts";

/** A proxy that serves, until it is disposed; `port` is the one that it got where 0 was asked for. */
export interface RunningProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** Starts the front door: the public gRPC service and REST on one port. */
export async function startProxy(settings: ProxySettings, deps: ProxyDeps): Promise<RunningProxy> {
  await using cleanup = new AsyncDisposableStack();
  const front = openFrontDoor(settings, deps, cleanup);
  // Disposed of after the servers: calls that run get their answers before the sockets go.
  const sockets = cleanup.use(new PortMux());
  const grpc = cleanup.use(openGrpc(front));
  const http = await openHttp(settings, deps, front, cleanup);
  const port = await openPort(settings, { ...http, sockets, grpc, log: deps.log }, cleanup);
  const open = cleanup.move();
  return { host: settings.host, port, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
