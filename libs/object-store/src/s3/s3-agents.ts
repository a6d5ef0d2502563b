import { type AgentOptions, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP, connect as netConnect, type OnReadOpts, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import { ReachableAddresses } from "../sources/reachable-addresses.ts";
import type { S3Options } from "./s3-options.ts";

/** A connection that is not open by then is given up. */
const connectMs = 5_000;

/**
 * Keepers of connections. The limit on opening one counts from its own beginning, not from that of a call, which may wait
 * long for a free one when the server is slow.
 * @throws {AddressRefused} for an endpoint that is an address out of `reachable`
 */
export function openAgents(s3: S3Options): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  checkHost(s3);
  const options: AgentOptions = {
    ...{ keepAlive: true, maxSockets: s3.maxSockets, scheduling: "lifo" },
    ...lookupOf(s3),
  };
  return {
    httpAgent: new PromptHttpAgent(options),
    httpsAgent: new PromptHttpsAgent({ ...options, ...trustOf(s3) }),
  };
}

/** Opens a connection whose bytes are written to memory of the caller. */
export type OpenSocket = (onread: OnReadOpts) => Socket;

/** Connections to one place by the same rules as those of the agents. @throws as `openAgents` */
export function socketOpener(
  s3: S3Options,
  { isTls, hostname, port }: { readonly isTls: boolean; readonly hostname: string; readonly port: number },
): OpenSocket {
  checkHost(s3);
  const host = hostname.replace(/^\[|\]$/g, "");
  const place = { host, port, ...lookupOf(s3) };
  // A certificate is of a name, or of an address that needs no name.
  const tls = { ...place, ...trustOf(s3), ALPNProtocols: ["http/1.1"], ...(isIP(host) === 0 && { servername: host }) };
  return (onread) => {
    // Node's types do not know `onread` of TLS, its documentation does.
    const socket = isTls ? tlsConnect({ ...tls, onread } as ConnectionOptions) : netConnect({ ...place, onread });
    return within(socket, isTls ? "secureConnect" : "connect").setNoDelay(true);
  };
}

function lookupOf({ reachable }: S3Options) {
  return reachable && { lookup: new ReachableAddresses(reachable).lookup };
}

function trustOf({ caPem }: S3Options) {
  return caPem === undefined ? undefined : { ca: caPem };
}

/** An address is never resolved, so it is looked at here. @throws {AddressRefused} */
function checkHost({ reachable, endpoint }: S3Options): void {
  if (reachable && endpoint !== undefined) new ReachableAddresses(reachable).check(new URL(endpoint).hostname);
}

class PromptHttpAgent extends HttpAgent {
  override createConnection(...args: Parameters<HttpAgent["createConnection"]>): Duplex | null | undefined {
    return within(super.createConnection(...args), "connect");
  }
}

class PromptHttpsAgent extends HttpsAgent {
  override createConnection(...args: Parameters<HttpsAgent["createConnection"]>): Duplex | null | undefined {
    return within(super.createConnection(...args), "secureConnect");
  }
}

function within<S extends Duplex | null | undefined>(socket: S, opened: string): S {
  const timer = setTimeout(() => {
    const error = Object.assign(new Error(`no connection after ${connectMs} ms`), { code: "ETIMEDOUT" });
    socket?.destroy(error);
  }, connectMs);
  const done = () => clearTimeout(timer);
  socket?.once(opened, done).once("close", done);
  return socket;
}
