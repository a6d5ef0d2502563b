import type { ByteBudget } from "@sluice/async";
import { withoutSchemas } from "@sluice/cluster";
import { didYouMean, excerpt, isExpected, StatusError, unexpectedReason } from "@sluice/errors";
import { statusOf } from "@sluice/rpc";
import type { CallObserver, Logger } from "@sluice/telemetry";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { z } from "zod";
import { AccessRefused } from "../access/access-refused.ts";
import { countBodies } from "./body-budget.ts";
import { MAX_BODY_DEPTH, tooDeepAt } from "./body-depth.ts";
import { answerBrokenRequest } from "./broken-requests.ts";
import { refuseCrossSite } from "./cross-site.ts";
import { errorStatuses } from "./error-status.ts";
import { RestCall } from "./rest-call.ts";
import { restCodes } from "./rest-codes.ts";
import { RouteTable, wrongVerb } from "./routes/route-table.ts";
import { tooLargeReason } from "./too-large.ts";
import { unservedCall } from "./unserved-paths.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The body as it came, for who has to know it exactly. */
    bodyText?: string;
  }
  interface FastifyInstance {
    /** Every route that is registered. */
    routeTable: RouteTable;
  }
}

/** Greatest body of a REST request: twice what the most files with the longest paths take. */
const MAX_BODY_BYTES = 8 << 20;
/** A client that sends its headers or its body more slowly than this holds a connection for nothing. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
/** A connection between two requests; pools of clients keep theirs for about a minute. */
const IDLE_MS = 75_000;

/** What bounds the requests of a server. */
export interface RestLimits {
  /** What the bodies of all requests may take together; unbounded unless given. */
  readonly budget?: ByteBudget;
  /** For tests: other times. */
  readonly headersMs?: number;
  readonly requestMs?: number;
}

/** An HTTP application whose every answer to POST is HTTP 200 with a `code`, as Milvus clients expect. */
export function openRestApp(log: Logger, onCall?: CallObserver, limits: RestLimits = {}): FastifyInstance {
  const app = bareApp(limits);
  app.decorate("routeTable", new RouteTable(app));
  app.decorateRequest("call");
  app.addHook("onRequest", async (request, reply) => {
    request.call = new RestCall(request, reply.raw);
  });
  refuseCrossSite(app);
  if (limits.budget) countBodies(app, limits.budget);
  readBodies(app);
  answerErrors(app, log);
  errorStatuses(app);
  app.addHook<unknown>("preSerialization", async (request, reply, answer) => {
    const { code = 0, message } = (answer ?? {}) as { code?: number; message?: string };
    onCall?.(request.routeOptions.url ?? "unknown path", code, reply.elapsedTime / 1000, message);
    return answer;
  });
  // Node begins to look after slow requests when a server listens. This one never does: its connections come from the port
  // that it shares with gRPC.
  app.addHook("onReady", async () => void app.server.emit("listening"));
  app.setNotFoundHandler(answerUnknownPath);
  return app;
}

function bareApp({ headersMs = HEADERS_MS, requestMs = REQUEST_MS }: RestLimits): FastifyInstance {
  return fastify({
    ...withoutSchemas,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: requestMs,
    keepAliveTimeout: IDLE_MS,
    // The last request of a connection is answered as any other, and closes it: Fastify's own 503 has no code that clients know.
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: answerBadUrl,
    http: { headersTimeout: headersMs, connectionsCheckingInterval: Math.min(1000, headersMs) },
    routerOptions: { ignoreTrailingSlash: true },
    rewriteUrl: ({ url = "/" }) => url.replace(/^\/{2,}/, "/"),
  }) as unknown as FastifyInstance;
}

/** A path that is not percent-encoded UTF-8, before any route is looked for. */
function answerBadUrl(
  { statusCode = 400, message }: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  void reply.code(statusCode).send({ code: statusCode, status: statusCode, message: excerpt(message, 300) });
}

/** Some clients mislabel JSON as text, or send no type at all: every body is taken for JSON. */
function readBodies(app: FastifyInstance): void {
  app.decorateRequest("bodyText");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (request, body, done) => {
    const text = String(body);
    request.bodyText = text || "{}";
    const deepAt = tooDeepAt(text);
    if (deepAt >= 0)
      return done(malformed(`it is nested more than ${MAX_BODY_DEPTH} levels deep at character ${deepAt}`));
    try {
      done(null, text === "" ? undefined : JSON.parse(text));
    } catch (error) {
      done(malformed((error as Error).message));
    }
  });
}

function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error: Partial<FastifyError>, request, reply) => {
    if ((error as unknown) instanceof AccessRefused) return refuse(error as unknown as AccessRefused, reply);
    const shown = shownError(error, request);
    if (!isExpected(shown))
      log.error("call failed unexpectedly", { method: request.url, err: error, reason: unexpectedReason(error) });
    const { code, reason } = statusOf(shown);
    // Milvus's bulk writer for Go reads `status` alone.
    return reply.code(200).send({ code, status: code, message: reason });
  });
}

function answerUnknownPath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path] = request.url.split("?", 1);
  const unserved = request.method === "POST" ? unservedCall(path) : undefined;
  if (unserved) return reply.code(200).send({ code: unserved.code, status: unserved.code, message: unserved.message });
  const table = request.server.routeTable;
  const meant = didYouMean(path, table.paths);
  const message = `there is no ${request.method} ${excerpt(path)}${meant}: GET /v2/openapi.json lists the calls`;
  return wrongVerb(table, request, reply) ?? reply.code(404).send({ code: 404, status: 404, message });
}

/** In Milvus's codes and words. */
function refuse({ isUnknown, message }: AccessRefused, reply: FastifyReply): FastifyReply {
  if (isUnknown) return reply.code(401).send({ code: 1800, status: 1800, message: "user hasn't authenticated" });
  return reply.code(403).send({ code: 65535, status: 65535, message });
}

/** What the framework itself refuses, such as a body that is too large, is said in its words. */
export function shownError(
  error: Partial<FastifyError>,
  { routeOptions }: Pick<FastifyRequest, "routeOptions">,
): unknown {
  const isRefused =
    !isExpected(error) && !((error as unknown) instanceof AccessRefused) && (error.statusCode ?? 500) < 500;
  return isRefused ? new StatusError(restCodes.malformedBody, refusalOf(error, routeOptions.url)) : error;
}

function malformed(reason: string): StatusError {
  return new StatusError(restCodes.malformedBody, `can only accept json format request, error: ${reason}`);
}

function refusalOf({ code, message = "bad request" }: Partial<FastifyError>, route: string | undefined): string {
  return code === "FST_ERR_CTP_BODY_TOO_LARGE" ? tooLargeReason(route, MAX_BODY_BYTES) : message;
}

/** @throws {StatusError} 1802 when a body has no such member, or an empty one */
export function required<T>(value: T | undefined, name: string): T {
  if (value !== undefined && value !== "") return value;
  throw new StatusError(restCodes.missingParameter, `missing required parameters, error: ${name} is required`);
}

/** The body as the schema has it. @throws {StatusError} 1801 that names the member */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue.path.length > 0 ? `${excerpt(issue.path.join("."))}: ` : "";
  throw new StatusError(
    restCodes.malformedBody,
    `can only accept json format request, error: ${where}${excerpt(wordsOf(issue), 200)}`,
  );
}

/** Of a union that says nothing itself, what its first alternative expects. */
function wordsOf(issue: z.core.$ZodIssue): string {
  const isSilent = issue.code === "invalid_union" && issue.message === "Invalid input";
  const inner = isSilent ? issue.errors[0]?.[0] : undefined;
  return (inner ?? issue).message;
}
