import { StatusError } from "@sluice/errors";
import type { MilvusHandlers } from "../milvus-handlers.ts";
import type { CallRates } from "./call-rates.ts";
import { callerOf } from "./known-callers.ts";

/** Milvus's, which clients repeat with pauses. Source: client contract §1.6. */
const RATE_LIMITED = 8;
const REASON = "request is rejected by limiter, please retry later: rate limit exceeded";
/** What clients find out by whether a server is there: refused, they would leave it. */
const probes: ReadonlySet<string> = new Set(["connect", "checkHealth", "getVersion", "getComponentStates"]);

type AnyHandler = (request: object, call: object) => unknown;

/** Handlers that refuse a client which calls too often. Calls that REST makes were counted there. */
export function limitedHandlers(handlers: MilvusHandlers, rates: CallRates): MilvusHandlers {
  if (!rates.areLimited) return handlers;
  const limited = Object.entries(handlers as Record<string, AnyHandler>).map(([name, handler]) => [
    name,
    probes.has(name)
      ? handler
      : (request: object, call: object) => {
          if (!rates.admits(clientOf(call))) throw new StatusError(RATE_LIMITED, REASON);
          return handler(request, call);
        },
  ]);
  return Object.fromEntries(limited) as MilvusHandlers;
}

/** The user, or, where nobody is asked, the address without its port. */
function clientOf(call: object): string {
  const user = callerOf(call)?.user;
  if (user !== undefined) return user;
  const peer = "getPeer" in call ? String((call.getPeer as () => string)()) : "";
  return peer.replace(/:\d+$/, "");
}
