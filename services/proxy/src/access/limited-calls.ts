import { StatusError } from "@sluice/errors";
import type { Interceptor } from "../operations/operations.ts";
import type { CallRates } from "./call-rates.ts";

/** Milvus's, which clients repeat with pauses. Source: client contract §1.6. */
const RATE_LIMITED = 8;
const REASON = "request is rejected by limiter, please retry later: rate limit exceeded";
/** What clients find out by whether a server is there: refused, they would leave it. */
const probes: ReadonlySet<string> = new Set(["connect", "checkHealth", "getVersion", "getComponentStates"]);

/** Refuses a client that calls too often: a user, or, where nobody is asked, a host. */
export function limited(rates: CallRates): Interceptor {
  return (next, method) => {
    if (!rates.areLimited || probes.has(method)) return next;
    return (request, call) => {
      if (rates.admits(call.caller?.user ?? call.host)) return next(request, call);
      throw new StatusError(RATE_LIMITED, REASON);
    };
  };
}
