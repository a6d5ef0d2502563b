import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { ImportError, isExpected, StatusError, statusCodes, unexpectedReason } from "@sluice/errors";
import type { CallObserver, Logger } from "@sluice/telemetry";
import { type S3Code, S3Refusal, volumeCodes } from "@sluice/volumes";
import { refusalAnswer, type S3Answer } from "./s3-answers.ts";
import { isUploadPath, parseS3Request } from "./s3-request.ts";
import type { UploadGateway } from "./upload-gateway.ts";

/** A connection on which nothing comes for so long. Clients themselves wait 300 s. */
const IDLE_MS = 330_000;
const HEADERS_MS = 10_000;

/** Certificate chain and key, PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface UploadServerDeps {
  readonly gateway: UploadGateway;
  readonly log: Logger;
  readonly onCall: CallObserver;
  /** Takes requests of the same connections that are not for the bucket. */
  readonly others: (request: IncomingMessage, response: ServerResponse) => void;
}

/**
 * Serves the bucket of volumes on connections that come from elsewhere (`server.emit("connection", socket)`), with TLS where files
 * for it are given. Bodies have no time limit, only silence has: a large file over a slow line takes hours.
 */
export function openUploadServer({ gateway, log, onCall, others }: UploadServerDeps, tls?: TlsFiles): Server {
  const times = { requestTimeout: 0, headersTimeout: HEADERS_MS, keepAliveTimeout: IDLE_MS };
  const server = tls ? createTlsServer({ ...times, ...tls }) : createServer(times);
  server.setTimeout(IDLE_MS);
  const serve = (request: IncomingMessage, response: ServerResponse, goOn: () => void) => {
    if (!isUploadPath(request.url ?? "")) return others(request, response);
    void answer(request, response, goOn);
  };
  server.on("request", (request, response) => serve(request, response, () => undefined));
  // A body that would be refused need not be sent.
  server.on("checkContinue", (request, response) => serve(request, response, () => response.writeContinue()));
  return server;

  async function answer(request: IncomingMessage, response: ServerResponse, goOn: () => void): Promise<void> {
    const startedMs = performance.now();
    const requestId = randomBytes(8).toString("hex").toUpperCase();
    const gone = new AbortController();
    response.once("close", () => gone.abort(new S3Refusal("IncompleteBody", "the client has gone")));
    let reason: string | undefined;
    let given: S3Answer;
    try {
      const body = request.iterator({ destroyOnReturn: false });
      given = await gateway.answer(parseS3Request(request, { body, goOn, signal: gone.signal }));
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.code === "InternalError")
        log.error("an upload failed unexpectedly", { err: error, reason: refusal.message });
      reason = `${refusal.code}: ${refusal.message}`;
      given = refusalAnswer(refusal, request.url ?? "", requestId);
    }
    send(response, given, requestId, request.method === "HEAD");
    // What was not read of a refused body is dropped as it comes: a client hears nothing before it has sent all.
    request.resume();
    onCall(
      `uploads ${request.method}`,
      given.status < 400 ? 0 : given.status,
      (performance.now() - startedMs) / 1000,
      reason,
    );
  }
}

function send(response: ServerResponse, { status, headers, body }: S3Answer, requestId: string, isHead: boolean): void {
  response.writeHead(status, {
    ...(body !== undefined && { "content-type": "application/xml" }),
    ...(status !== 204 && { "content-length": String(Buffer.byteLength(body ?? "")) }),
    "x-amz-request-id": requestId,
    server: "Sluice",
    ...headers,
  });
  response.end(isHead ? undefined : body);
}

/** Codes of the rootcoord in the words of S3. */
const codes: Readonly<Record<number, S3Code>> = {
  [volumeCodes.notFound]: "NoSuchBucket",
  [volumeCodes.invalidKind]: "AccessDenied",
  [volumeCodes.notRunning]: "AccessDenied",
  [volumeCodes.pathRefused]: "InvalidArgument",
  [volumeCodes.tooLarge]: "EntityTooLarge",
  [volumeCodes.uploadNotFound]: "NoSuchUpload",
  [volumeCodes.fileExists]: "PreconditionFailed",
  [statusCodes.notReady]: "SlowDown",
};

function refusalOf(error: unknown): S3Refusal {
  if (error instanceof S3Refusal) return error;
  if (error instanceof StatusError && codes[error.code]) return new S3Refusal(codes[error.code], error.message);
  if (error instanceof ImportError && error.code === "object_store_unavailable")
    return new S3Refusal("SlowDown", "the storage of this server is away: try again later");
  return new S3Refusal("InternalError", isExpected(error) ? error.message : unexpectedReason(error));
}
