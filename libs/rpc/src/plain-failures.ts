import { constants, type IncomingHttpHeaders } from "node:http2";
import { status as grpcStatus, Metadata } from "@grpc/grpc-js";

/** A code, and words for people. */
export type Failed = readonly [code: grpcStatus, words: string];

/** What grpc-js's own calls fail with, without their stack. */
export function callError([code, details]: Failed): Error {
  const error = new Error(`${code} ${grpcStatus[code]}: ${details}`);
  return Object.assign(error, { code, details, metadata: new Metadata() });
}

const httpCodes: Readonly<Record<number, grpcStatus>> = {
  400: grpcStatus.INTERNAL,
  401: grpcStatus.UNAUTHENTICATED,
  403: grpcStatus.PERMISSION_DENIED,
  404: grpcStatus.UNIMPLEMENTED,
  429: grpcStatus.UNAVAILABLE,
  502: grpcStatus.UNAVAILABLE,
  503: grpcStatus.UNAVAILABLE,
  504: grpcStatus.UNAVAILABLE,
};

/** What the end of an answer says, where it is no success; without gRPC's status somebody else has answered. Source: gRPC's http-grpc-status-mapping. */
export function failureIn(trailers: IncomingHttpHeaders, httpStatus: number | undefined): Failed | undefined {
  const text = trailers["grpc-status"];
  if (text === undefined) return withoutStatus(httpStatus);
  const code = Number(text) as grpcStatus;
  return code === grpcStatus.OK ? undefined : [code, wordsOf(trailers)];
}

/** What an answer without gRPC's status says by its HTTP status. */
export function withoutStatus(httpStatus: number | undefined): Failed {
  if (httpStatus === undefined || httpStatus === 200) return [grpcStatus.INTERNAL, "Call ended without gRPC status"];
  return [httpCodes[httpStatus] ?? grpcStatus.UNKNOWN, `Received HTTP status code ${httpStatus}`];
}

function wordsOf({ "grpc-message": message = "" }: IncomingHttpHeaders): string {
  try {
    return decodeURI(String(message));
  } catch {
    return String(message);
  }
}

/** Errors of a connection that is lost. */
const lost: readonly (string | undefined)[] = ["ECONNRESET", "ETIMEDOUT", "EPIPE", "ERR_HTTP2_SESSION_ERROR"];

/** Why a stream was closed that has brought no end of an answer. */
export function whyClosed(
  rstCode: number,
  error: NodeJS.ErrnoException | undefined,
  httpStatus: number | undefined,
): Failed {
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM || lost.includes(error?.code))
    return [grpcStatus.UNAVAILABLE, error?.message ?? "Stream refused by server"];
  if (rstCode === constants.NGHTTP2_CANCEL) return [grpcStatus.CANCELLED, "Call cancelled"];
  if (rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM)
    return [grpcStatus.RESOURCE_EXHAUSTED, "Bandwidth exhausted or memory limit exceeded"];
  if (rstCode === constants.NGHTTP2_NO_ERROR) return withoutStatus(httpStatus);
  return [grpcStatus.INTERNAL, `Received RST_STREAM with code ${rstCode}: ${error?.message ?? ""}`];
}
