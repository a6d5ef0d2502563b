import { type AgentOptions, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
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
  const { caPem, maxSockets, reachable } = s3;
  const addresses = reachable && new ReachableAddresses(reachable);
  const lookup = addresses && { lookup: addresses.lookup };
  const options: AgentOptions = { keepAlive: true, maxSockets, scheduling: "lifo", ...lookup };
  return {
    httpAgent: new PromptHttpAgent(options),
    httpsAgent: new PromptHttpsAgent({ ...options, ...(caPem !== undefined && { ca: caPem }) }),
  };
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

function within(socket: Duplex | null | undefined, opened: string): Duplex | null | undefined {
  const timer = setTimeout(() => {
    const error = Object.assign(new Error(`no connection after ${connectMs} ms`), { code: "ETIMEDOUT" });
    socket?.destroy(error);
  }, connectMs);
  const done = () => clearTimeout(timer);
  socket?.once(opened, done).once("close", done);
  return socket;
}
