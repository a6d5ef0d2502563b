import { GrpcError, statusIn, statusOf } from "@sluice/rpc";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type CallContext, databaseOf } from "../call-context.ts";
import type { AnyRequest, Interceptor } from "../operations/operations.ts";
import type { AuditEntry, AuditLog } from "./audit-log.ts";
import { HiddenJob } from "./hidden-names.ts";
import { saidBy } from "./said-by.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Of the answer's body. */
    answerCode: number;
    /** What is hidden from who asks is answered like what there is not. */
    isOfHidden: boolean;
  }
}

/** Writes calls down. Those that REST makes are written down as what was asked for there. */
export function audited(audit: AuditLog): Interceptor {
  return (next, name) => async (request, call) => {
    const note = (code: number, isDenied = false) => audit.note(entryOfCall(name, request, call, code, isDenied));
    try {
      const answer = await next(request, call);
      note(statusIn(answer).code ?? 0);
      return answer;
    } catch (error) {
      note(error instanceof GrpcError ? error.code : statusOf(error).code, isDenial(error));
      throw error;
    }
  };
}

function isDenial(error: unknown): boolean {
  return error instanceof GrpcError || error instanceof HiddenJob;
}

function entryOfCall(
  name: string,
  request: AnyRequest,
  call: CallContext,
  code: number,
  isDenied: boolean,
): AuditEntry {
  const { collectionName, oldName } = request;
  return {
    ...{ user: call.caller?.user ?? "", call: name, address: call.address },
    ...{ dbName: databaseOf(request, call), collectionName: collectionName || oldName, about: aboutOf(request) },
    ...(name.startsWith("operate") && grantOf(request)),
    ...{ outcome: outcomeOf(code, isDenied), code },
  };
}

function aboutOf({ username, roleName, entity, role, groupName, alias }: AnyRequest): string | undefined {
  return username || roleName || entity?.role?.name || entity?.name || role?.name || groupName || alias;
}

/** What is given to whom the line is about, or taken away. */
function grantOf({ type, username, roleName, entity, grantor }: AnyRequest): Partial<AuditEntry> {
  const change = type === 1 ? "revoke" : "grant";
  return { change, role: username && roleName, privilege: (entity?.grantor ?? grantor)?.privilege?.name };
}

/** The same of routes. */
export function auditRoutes(app: FastifyInstance, audit: AuditLog): void {
  app.decorateRequest("answerCode", 0);
  app.decorateRequest("isOfHidden", false);
  app.addHook("onError", async (request, _reply, error) => {
    request.isOfHidden = error instanceof HiddenJob;
  });
  app.addHook("preSerialization", async (request, _reply, answer) => {
    request.answerCode = (answer as { code?: number } | null)?.code ?? 0;
    return answer;
  });
  app.addHook("onResponse", async (request, reply) => {
    if (request.is404 || request.routeOptions.config.route?.guard.kind === "public") return;
    const isDenied = reply.statusCode === 401 || reply.statusCode === 403 || request.isOfHidden;
    audit.note(entryOfRequest(request, isDenied));
  });
}

/** Members that say what a request is about, besides a collection or a job. */
const aboutNames = ["userName", "roleName", "keyId", "privilegeGroupName", "aliasName"] as const;

function entryOfRequest(request: FastifyRequest, isDenied: boolean): AuditEntry {
  const body = saidBy(request);
  const text = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : undefined);
  const code = request.answerCode === 200 ? 0 : request.answerCode;
  return {
    ...{ user: request.call.caller?.user ?? "", call: request.routeOptions.url ?? "", address: request.call.address },
    ...{
      dbName: databaseOf({ dbName: text("dbName") }, request.call),
      collectionName: text("collectionName"),
      jobId: text("jobId"),
    },
    ...{ about: aboutNames.map(text).find((name) => name !== undefined), outcome: outcomeOf(code, isDenied), code },
    ...{ role: text("userName") && text("roleName"), privilege: text("privilege") },
  };
}

function outcomeOf(code: number, isDenied: boolean): AuditEntry["outcome"] {
  if (isDenied) return "denied";
  return code === 0 ? "done" : "failed";
}
