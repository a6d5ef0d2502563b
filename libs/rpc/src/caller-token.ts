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

/** More tokens than a call ever carries. */
const MAX_TOKENS = 4;

/** Headers of calls to servers that demand one of `tokens`; none where there is none. */
export function callerHeaders(tokens: readonly string[]): Readonly<Record<string, string>> {
  return tokens.length === 0 ? {} : { [CALLER_TOKEN]: tokens.join() };
}

/**
 * Refuses calls that carry none of the tokens, whatever they call, as UNAUTHENTICATED and before their request is read.
 * @param onRefused told of each, with where it came from and the words
 */
export function demandToken(
  tokens: readonly string[],
  onRefused: (path: string, peer: string, reason: string) => void,
): ServerInterceptor {
  const refusal = tokenRefusal(tokens);
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

/** Why a call is refused; undefined where it carries one of the tokens. Compared in a time that does not tell how much of one is right. */
export function tokenRefusal(tokens: readonly string[]): (call: Pick<CallOfHandler, "metadata">) => string | undefined {
  const expected = tokens.map((token) => Buffer.from(token));
  return ({ metadata }) => {
    const [given] = metadata.get(CALLER_TOKEN);
    const shown = given === undefined ? [] : String(given).split(",", MAX_TOKENS);
    if (shown.some((token) => isOneOf(Buffer.from(token), expected))) return undefined;
    const reason = given === undefined ? missing : other;
    return `${reason}: give all processes of a cluster the same setting internal-secret`;
  };
}

function isOneOf(token: Buffer, expected: readonly Buffer[]): boolean {
  return expected.some((one) => one.length === token.length && timingSafeEqual(one, token));
}
