import { type AgentOptions, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import type { S3Options } from "./s3-options.ts";

/** A connection that is not open by then is given up. */
const connectMs = 5_000;

/**
 * Keepers of connections. The limit on opening one counts from its own beginning, not from that of a call, which may wait
 * long for a free one when the server is slow.
 */
export function openAgents({ caPem, maxSockets }: S3Options): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const options: AgentOptions = { keepAlive: true, maxSockets, scheduling: "lifo" };
  return {
    httpAgent: new PromptHttpAgent(options),
    httpsAgent: new PromptHttpsAgent({ ...options, ...(caPem !== undefined && { ca: caPem }) }),
  };
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
