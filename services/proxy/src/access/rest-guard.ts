import { headerOf, S3Refusal } from "@sluice/volumes";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { databaseOf } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import { idOfJob } from "../http/described-job.ts";
import { optionsOf } from "../http/import-options.ts";
import type { RouteGuard } from "../http/routes/route-facts.ts";
import type { RawService, VolumeService } from "../uploads/raw-service.ts";
import { type AccessControl, type Caller, checkVolumeRight, mayAnywhere } from "./access-control.ts";
import { AccessRefused } from "./access-refused.ts";
import { auditRoutes } from "./audit-calls.ts";
import { restCredentials } from "./credentials.ts";
import { checkJob, checkMethod, type GuardDeps, noteChange } from "./guarded-calls.ts";
import { saidBy } from "./said-by.ts";

/** By route, since a path has many spellings. */
function isPublic({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.route?.guard.kind === "public";
}

/** Asks who calls before anything of a body is read, and what they may do before anything is done. */
export function guardRoutes(app: FastifyInstance, { access, context, log, audit }: GuardDeps): void {
  if (audit) auditRoutes(app, audit);
  app.addHook("onRequest", async (request) => {
    if (!isPublic(request)) request.call.caller = await access.caller(request.call.credentials);
  });
  app.addHook("preHandler", async (request) => {
    if (!isPublic(request)) await check(request, access, context);
  });
  // Before the answer goes: who has it may count on the change.
  app.addHook("preSerialization", async ({ routeOptions, call: { caller } }, _reply, answer) => {
    const { changesAccess, summary = "" } = routeOptions.config.route ?? {};
    if (changesAccess && caller && (answer as { code?: number } | null)?.code === 0)
      noteChange(summary, {}, caller, { access, log });
    return answer;
  });
}

/** Whether who has made a request that goes on may still make it. */
export async function mayGoOn(request: FastifyRequest, { access, context }: GuardDeps): Promise<boolean> {
  try {
    request.call.caller = await access.caller(request.call.credentials);
    await check(request, access, context);
    return true;
  } catch (error) {
    if (error instanceof AccessRefused) return false;
    throw error;
  }
}

async function check(request: FastifyRequest, access: AccessControl, context: ProxyContext) {
  const { caller } = request.call;
  // A path that there is not has nothing to keep.
  if (request.is404) return;
  if (!caller) throw AccessRefused.unknownCaller("user hasn't authenticated");
  const route = request.routeOptions.url ?? "";
  const guard = request.routeOptions.config.route?.guard;
  const body: RestBody = saidBy(request);
  const dbName = databaseOf(body, request.call);
  switch (guard?.kind) {
    case "open":
    case "calls":
      return;
    case "anywhere":
      if (mayAnywhere(caller, guard.privilege)) return;
      throw AccessRefused.denied(guard.privilege, caller.user, dbName);
    case "job":
      if (guard.orOpen && body.jobId === undefined) return;
      return checkJob(idOfJob(body.jobId), guard, caller, { access, context });
    case "volume":
      return checkVolume(request, guard, caller, access);
    case "method":
      return checkMethod(guard.method, { ...body, options: optionsOf(request) }, dbName, caller, { access, context });
    default:
      access.checkAdmin(caller, route);
  }
}

function checkVolume(
  { params, body, routeOptions }: FastifyRequest,
  { right, forPut }: Extract<RouteGuard, { kind: "volume" }>,
  caller: Caller,
  access: AccessControl,
): void {
  const said = (typeof body === "object" && body !== null ? body : {}) as VolumeBody;
  const inPath = (params as { readonly name?: string }).name;
  const name = inPath ?? String(said.volumeName || said.stageName || "");
  if (name === "") {
    access.checkAdmin(caller, routeOptions.url ?? "");
    return;
  }
  // Both where they differ, which the route refuses.
  const names = inPath === undefined && said.stageName ? [name, String(said.stageName)] : [name];
  const isPut = String(said.method ?? "").toUpperCase() === "PUT";
  for (const one of names) checkVolumeRight(caller, one, isPut && forPut ? forPut : right);
}

/** The same of bodies of volumes. */
interface VolumeBody {
  readonly volumeName?: unknown;
  readonly stageName?: unknown;
  readonly method?: unknown;
}

/** What guards look at in a body. */
interface RestBody {
  readonly dbName?: string;
  readonly collectionName?: string;
  readonly jobId?: string;
}

/** Files of volumes, which have a server of their own: for who has a right to the volume. */
export function forVolumes(service: VolumeService, access: AccessControl): RawService {
  return {
    ...service,
    answer: async (request) => {
      try {
        const caller = await access.caller(restCredentials(headerOf(request.headers, "authorization")));
        request.identified({ user: caller.user });
        checkVolumeRight(caller, service.volumeOf(request.url), service.rightFor(request.method));
      } catch (error) {
        throw error instanceof AccessRefused ? new S3Refusal("AccessDenied", error.message) : error;
      }
      return service.answer(request);
    },
  };
}
