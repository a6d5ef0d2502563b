import { timingSafeEqual } from "node:crypto";
import { constants } from "node:http2";
import {
  status as grpcStatus,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from "@grpc/grpc-js";
import { streamOf } from "./request-budget.ts";
import type { CallOfHandler } from "./served-methods.ts";

/** Header by which a server that talks to known callers alone knows them. */
const CALLER_TOKEN = "sluice-caller-token";

const missing = "this port answers processes of its cluster alone, and the call does not say that it comes from one";
const other =
  "this port answers processes of its cluster alone, and the call comes from one with another internal-secret";

/** Headers of calls to a server that demands `token`; none where there is none. */
export function callerHeaders(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { [CALLER_TOKEN]: token };
}

/**
 * Refuses calls that do not carry the token, whatever they call, as UNAUTHENTICATED and before their request is read.
 * @param onRefused told of each, with where it came from and the words
 */
export function demandToken(
  token: string,
  onRefused: (path: string, peer: string, reason: string) => void,
): ServerInterceptor {
  const refusal = tokenRefusal(token);
  return ({ path }, call) => {
    const listener = new ServerListenerBuilder().withOnReceiveMetadata((metadata, next) => {
      const details = refusal({ metadata });
      if (details === undefined) return next(metadata);
      onRefused(path, call.getPeer(), details);
      call.sendStatus({ code: grpcStatus.UNAUTHENTICATED, details });
      // The caller need not send its request, which nobody reads. Source: RFC 9113 §8.1.
      setImmediate(() => streamOf(call).close(constants.NGHTTP2_NO_ERROR));
    });
    return new ServerInterceptingCall(call, { start: (next) => next(listener.build()) });
  };
}

/** Why a call is refused; undefined where it carries the token. Compared in a time that does not tell how much of it is right. */
export function tokenRefusal(token: string): (call: Pick<CallOfHandler, "metadata">) => string | undefined {
  const expected = Buffer.from(token);
  return ({ metadata }) => {
    const [given] = metadata.get(CALLER_TOKEN);
    if (given !== undefined) {
      const bytes = Buffer.from(given);
      if (bytes.length === expected.length && timingSafeEqual(bytes, expected)) return undefined;
    }
    const reason = given === undefined ? missing : other;
    return `${reason}: give all processes of a cluster the same setting internal-secret`;
  };
}
