import type { ObjectType } from "@sluice/access";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ProxyContext } from "../context.ts";
import { idOfJob } from "../http/described-job.ts";
import { type AccessControl, type Caller, mayAnywhere } from "./access-control.ts";
import { AccessRefused } from "./access-refused.ts";
import { restCredentials } from "./credentials.ts";
import { checkJob } from "./guarded-handlers.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who calls, where users are asked for. */
    caller?: Caller;
  }
}

/** What a route needs: a privilege on the collection that its body names, the collection of its job, or a list that is filtered. */
type RouteGuard =
  | { readonly kind: "collection"; readonly privilege: string; readonly object: ObjectType }
  | { readonly kind: "job"; readonly anyOf: readonly string[] }
  | { readonly kind: "anywhere"; readonly privilege: string }
  | { readonly kind: "open" };

const imports = "/v2/vectordb/jobs/import";
const ofJob: RouteGuard = { kind: "job", anyOf: ["Import"] };

/** By route. What is not here only root and the role admin may call. */
export const routeGuards: ReadonlyMap<string, RouteGuard> = new Map<string, RouteGuard>([
  [`${imports}/create`, { kind: "collection", privilege: "Import", object: "Collection" }],
  [`${imports}/inspect`, { kind: "anywhere", privilege: "Import" }],
  [`${imports}/list`, { kind: "open" }],
  [`${imports}/options.schema.json`, { kind: "open" }],
  ...[
    "describe",
    "get_progress",
    "getProgress",
    "commit",
    "abort",
    "cancel",
    "pause",
    "resume",
    "rollback",
    "errors",
  ].map((name) => [`${imports}/${name}`, ofJob] as const),
]);

/** What users reach by REST. Health and metrics are for who runs the server. */
const guardedPrefixes = ["/v1/", "/v2/", "/api/"];

/** Asks who calls before anything of a body is read, and what they may do before anything is done. */
export function guardRoutes(app: FastifyInstance, access: AccessControl, context: ProxyContext): void {
  app.decorateRequest("caller");
  app.addHook("onRequest", async (request, reply) => {
    if (!guardedPrefixes.some((prefix) => request.url.startsWith(prefix))) return;
    try {
      request.caller = await access.caller(restCredentials(request.headers.authorization));
    } catch (error) {
      if (!(error instanceof AccessRefused)) throw error;
      return reply.code(401).send({ code: 1800, status: 1800, message: "user hasn't authenticated" });
    }
  });
  app.addHook("preHandler", async (request, reply) => {
    try {
      if (request.caller) await check(request, request.caller, access, context);
    } catch (error) {
      if (!(error instanceof AccessRefused)) throw error;
      return reply.code(403).send({ code: 65535, status: 65535, message: error.message });
    }
  });
}

async function check(request: FastifyRequest, caller: Caller, access: AccessControl, context: ProxyContext) {
  const route = request.routeOptions.url ?? "";
  const guard = routeGuards.get(route);
  const body = (request.body ?? {}) as { dbName?: string; collectionName?: string; jobId?: string };
  const dbName = body.dbName || String(request.headers["db-name"] ?? "") || "default";
  switch (guard?.kind) {
    case "open":
      return;
    case "anywhere":
      if (mayAnywhere(caller, guard.privilege)) return;
      throw AccessRefused.denied(guard.privilege, caller.user, dbName);
    case "job":
      return checkJob(idOfJob(body.jobId), guard.anyOf, caller, { access, context });
    case "collection": {
      const { privilege, object } = guard;
      return access.check(caller, [[{ privilege, object, objectName: body.collectionName ?? "", dbName }]]);
    }
    default:
      access.checkAdmin(caller, route);
  }
}
