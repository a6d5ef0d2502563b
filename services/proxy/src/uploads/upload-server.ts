import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { CallObserver, Logger } from "@sluice/telemetry";
import { S3Refusal } from "@sluice/volumes";
import type { RunningRequests } from "../http/running-requests.ts";
import type { RawAnswer, RawService } from "./raw-service.ts";

/** A connection on which nothing comes for so long. Clients themselves wait 300 s. */
const IDLE_MS = 330_000;
const HEADERS_MS = 10_000;

/** What the door for S3 clients stands on. */
export interface UploadServerDeps {
  readonly services: readonly RawService[];
  readonly log: Logger;
  readonly onCall: CallObserver;
  /** Requests that are waited for at the end. */
  readonly running: RunningRequests;
  /** Takes requests of the same connections that are none of the services'. */
  readonly others: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Takes a request. @param goOn lets a client that waits for it send its body */
type Handler = (request: IncomingMessage, response: ServerResponse, goOn: () => void) => void;

/**
 * Serves on connections that come from elsewhere (`server.emit("connection", socket)`).
 * Bodies have no time limit, only silence has: a large file over a slow line takes hours.
 */
export function openUploadServer(handler: Handler): Server {
  const server = createServer({ requestTimeout: 0, headersTimeout: HEADERS_MS, keepAliveTimeout: IDLE_MS });
  server.setTimeout(IDLE_MS);
  attach(server, handler);
  return server;
}

/** Puts a handler in the place of what takes the requests of a server. */
export function attach(server: Server, handler: Handler): void {
  server.removeAllListeners("request");
  server.on("request", (request, response) => handler(request, response, () => undefined));
  // A body that would be refused need not be sent.
  server.on("checkContinue", (request, response) => handler(request, response, () => response.writeContinue()));
}

/** Finds the service of a request, answers by it, and tells of it. */
export function uploadHandler(deps: UploadServerDeps): Handler {
  return (request, response, goOn) => {
    const { method = "GET", url = "/", headers } = request;
    const service = deps.services.find((candidate) => candidate.matches(method, url, headers));
    if (service) void answer(deps, service, { request, response, goOn });
    else deps.others(request, response);
  };
}

/** A request that is answered. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly goOn: () => void;
}

async function answer(deps: UploadServerDeps, service: RawService, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const { method = "GET" } = request;
  const startedMs = performance.now();
  const requestId = randomBytes(8).toString("hex").toUpperCase();
  const { given, reason } = await answerOf(deps, service, exchange, requestId);
  await send(response, given, requestId, method === "HEAD");
  // What was not read of a refused body is dropped as it comes: a client hears nothing before it has sent all.
  request.resume();
  const code = given.status < 400 ? 0 : given.status;
  deps.onCall(`${service.name} ${method}`, code, (performance.now() - startedMs) / 1000, reason);
}

/** What the service answers, or how it words what was thrown. `reason`: of a refusal, for the log. */
async function answerOf(
  { log, running }: UploadServerDeps,
  service: RawService,
  { request, response, goOn }: Exchange,
  requestId: string,
): Promise<{ readonly given: RawAnswer; readonly reason?: string }> {
  const { method = "GET", url = "/", headers, socket } = request;
  const isLate = running.isEnding;
  if (!isLate) running.add(response);
  const gone = new AbortController();
  response.once("close", () => gone.abort(clientGone()));
  try {
    if (isLate) throw new S3Refusal("SlowDown", "the server is stopping: send the request again");
    const body = request.iterator({ destroyOnReturn: false });
    const caller = { address: socket.remoteAddress ?? "", identified: () => undefined, signal: gone.signal };
    return { given: await service.answer({ method, url, headers, body, goOn, ...caller }) };
  } catch (error) {
    const refusal = service.refuse(request.readableAborted ? lost(error) : error, url, requestId);
    if (refusal.isUnexpected) log.error("an upload failed unexpectedly", { err: error, reason: refusal.reason });
    return { given: refusal, reason: refusal.reason };
  }
}

function clientGone(): S3Refusal {
  return new S3Refusal("IncompleteBody", "the client has gone");
}

/** A connection that ends within a body is nobody's fault here. */
function lost(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code === "ECONNRESET" ? clientGone() : error;
}

async function send(response: ServerResponse, answer: RawAnswer, requestId: string, isHead: boolean): Promise<void> {
  const { status, headers, body } = answer;
  const length =
    typeof body === "object" || status === 204 ? {} : { "content-length": String(Buffer.byteLength(body ?? "")) };
  response.writeHead(status, { "x-amz-request-id": requestId, server: "Sluice", ...length, ...headers });
  if (typeof body !== "object") response.end(isHead ? undefined : body);
  // A client that has gone, or a store that failed midway: the connection ends, and the length tells.
  else await pipeline(body, response).catch(() => response.destroy());
}
