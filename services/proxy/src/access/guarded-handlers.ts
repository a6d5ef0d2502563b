import { rolesOf } from "@sluice/access";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { GrpcError } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import { databaseOf, type ProxyContext } from "../context.ts";
import { listJobs } from "../http/list-jobs.ts";
import type { MilvusHandlers } from "../milvus-handlers.ts";
import { type AccessControl, type Caller, showsCollection, showsDatabase } from "./access-control.ts";
import { AccessRefused } from "./access-refused.ts";
import type { AuditLog } from "./audit-log.ts";
import { grpcCredentials } from "./credentials.ts";
import { noteCaller } from "./known-callers.ts";
import { accessChanges, rpcGuards } from "./rpc-demands.ts";

type Call = Parameters<typeof databaseOf>[1];
/** Requests as far as guards look into them. */
interface AnyRequest {
  readonly dbName?: string;
  readonly task?: bigint;
  readonly collectionId?: bigint;
  readonly collectionName?: string;
  readonly collectionID?: bigint;
  readonly username?: string;
  readonly user?: { readonly name: string };
  readonly options?: readonly { readonly key: string; readonly value: string }[];
  readonly entity?: { readonly role?: { readonly name: string }; readonly grantor?: object };
}
type AnyHandler = (request: AnyRequest, call: Call) => Promise<object> | object;

export interface GuardDeps {
  readonly access: AccessControl;
  readonly context: ProxyContext;
  readonly log: Logger;
  /** Undefined: calls are written nowhere. */
  readonly audit?: AuditLog;
}

/** Handlers that are called only by whom they are for; what changes users or grants is logged with who did it. */
export function guardedHandlers(handlers: MilvusHandlers, deps: GuardDeps): MilvusHandlers {
  const guarded = Object.entries(handlers as Record<string, AnyHandler>).map(([name, handler]) => [
    name,
    async (request: AnyRequest, call: Call) => {
      const caller = await admitted(name, request, call, deps);
      const answer = await handler(withGrantor(request, caller), call);
      if (accessChanges.has(name) && !(answer as { code?: number }).code) noteChange(name, request, caller, deps);
      return shownTo(caller, name, request, answer, call, deps);
    },
  ]);
  return Object.fromEntries(guarded) as MilvusHandlers;
}

/** @throws {GrpcError} UNAUTHENTICATED or PERMISSION_DENIED */
async function admitted(name: string, request: AnyRequest, call: Call, deps: GuardDeps): Promise<Caller> {
  try {
    const header = call.metadata.get("authorization")[0];
    const caller = await deps.access.caller(grpcCredentials(header === undefined ? undefined : String(header)));
    noteCaller(call, caller);
    await checkMethod(name, request, databaseOf(request, call), caller, deps);
    return caller;
  } catch (error) {
    if (!(error instanceof AccessRefused)) throw error;
    throw error.isUnknown ? GrpcError.unauthenticated(error.message) : GrpcError.permissionDenied(error.message);
  }
}

/** Whether a caller may call a method. @throws {AccessRefused} */
export async function checkMethod(
  name: string,
  request: AnyRequest,
  dbName: string,
  caller: Caller,
  deps: Pick<GuardDeps, "access" | "context">,
): Promise<void> {
  const guard = rpcGuards.get(name);
  if (guard?.kind === "open" || isAboutOneself(name, request, caller)) return;
  if (!guard) return deps.access.checkAdmin(caller, name[0].toUpperCase() + name.slice(1));
  if (guard.kind === "job") return checkJob(request.task ?? 0n, guard.anyOf, caller, deps);
  for (const named of await namesIn({ ...request, dbName }, deps.context)) {
    await deps.access.check(caller, guard.of({ dbName: named.dbName, request: named }), dbName);
    if (name === "describeCollection" && !showsCollection(caller, named.dbName, named.collectionName ?? ""))
      throw hidden(dbName, request.collectionName || String(idOf(request)));
  }
}

/** What nobody has told the caller of is not there: `has_collection` of clients asks for a description. */
function hidden(dbName: string, name: string): StatusError {
  const reason = `can't find collection[database=${excerpt(dbName, 255)}][collection=${excerpt(name, 255)}]`;
  return new StatusError(statusCodes.collectionNotFound, reason);
}

/** Everybody may change the own password, and see the own roles and what they grant. */
function isAboutOneself(name: string, { username, user, entity }: AnyRequest, { user: self, policy }: Caller): boolean {
  if (name === "updateCredential") return username === self;
  if (name === "selectUser") return user?.name === self;
  const roles = rolesOf(policy, self);
  return name === "selectGrant" && roles.includes(entity?.role?.name ?? "");
}

/** A job that there is not is nobody's: the handler says so. @throws {AccessRefused} */
export async function checkJob(
  jobId: bigint,
  anyOf: readonly string[],
  caller: Caller,
  { access, context }: Pick<GuardDeps, "access" | "context">,
): Promise<void> {
  const { job } = await context.root.describeJob({ jobId });
  if (!job) return;
  const { dbName, collectionName: objectName } = job;
  const demands = anyOf.map((privilege) => ({ privilege, object: "Collection", objectName, dbName }) as const);
  await access.check(caller, [demands]);
}

type InDatabase = AnyRequest & { readonly dbName: string };

/**
 * The request with each collection that it names. An id is found in whatever database: that one's grants count. Where name and
 * id are given, handlers differ in which of them they follow, so that both are asked for.
 */
async function namesIn(request: InDatabase, { root }: ProxyContext): Promise<InDatabase[]> {
  const collectionId = idOf(request);
  if (collectionId === 0n) return [request];
  const found = await root.resolveCollection({ dbName: "", collectionName: "", collectionId });
  const byId = { ...request, collectionName: found.collectionName, dbName: found.dbName || request.dbName };
  return request.collectionName ? [request, byId] : [byId];
}

function idOf({ collectionId, collectionID }: AnyRequest): bigint {
  return collectionId || collectionID || 0n;
}

/** Grants say who gave them. */
function withGrantor(request: AnyRequest, { user }: Caller): AnyRequest {
  const name = { user: { name: user } };
  if (request.entity?.grantor)
    return { ...request, entity: { ...request.entity, grantor: { ...request.entity.grantor, ...name } } };
  if ("grantor" in request && request.grantor)
    return { ...request, grantor: { ...request.grantor, ...name } } as AnyRequest;
  return request;
}

/** What was read of users and grants counts no more; the log says who has changed them. */
export function noteChange(
  method: string,
  { username, entity }: AnyRequest,
  { user }: Caller,
  { access, log }: Pick<GuardDeps, "access" | "log">,
): void {
  access.forget();
  const about = username ?? entity?.role?.name;
  log.info("users or grants changed", { method, user: excerpt(user), ...(about && { about: excerpt(about) }) });
}

/** Lists without what no role of the caller knows of. */
async function shownTo(
  caller: Caller,
  name: string,
  request: AnyRequest,
  answer: object,
  call: Call,
  { context }: GuardDeps,
): Promise<object> {
  const dbName = databaseOf(request, call);
  if (name === "showCollections")
    return filtered(answer, "collectionNames", (collection) => showsCollection(caller, dbName, String(collection)));
  if (name === "listDatabases")
    return filtered(answer, "dbNames", (database) => showsDatabase(caller, String(database)));
  if (name !== "listImportTasks") return answer;
  const { jobs } = await listJobs(context, { kind: "import", dbName: "" }, caller);
  const shown = new Set(jobs.map(({ jobId }) => jobId));
  return filtered(answer, "tasks", (task) => shown.has((task as { id: bigint }).id));
}

/** Lists that stand side by side lose the same places. */
function filtered(answer: object, by: string, isShown: (item: unknown) => boolean): object {
  const lists = answer as Record<string, unknown>;
  const deciding = lists[by] as readonly unknown[];
  const kept = deciding.map(isShown);
  const entries = Object.entries(lists).map(([key, value]) => {
    const isBeside = Array.isArray(value) && value.length === deciding.length;
    return [key, isBeside ? value.filter((_, i) => kept[i]) : value] as const;
  });
  return Object.fromEntries(entries);
}
