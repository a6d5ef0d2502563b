import { isAdmin, rolesOf } from "@sluice/access";
import { excerpt } from "@sluice/errors";
import { checkStatus, type rootCoord } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import { databaseOf } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import { listJobs } from "../jobs/list-jobs.ts";
import type { AnyRequest, Interceptor } from "../operations/operations.ts";
import {
  type AccessControl,
  type Caller,
  listedScopeOf,
  scopeOf,
  showsCollection,
  showsDatabase,
  showsJob,
} from "./access-control.ts";
import { AccessRefused } from "./access-refused.ts";
import type { AuditLog } from "./audit-log.ts";
import {
  checkDatabaseKnown,
  HiddenJob,
  hiddenCollection,
  knownAliases,
  knowsByName,
  NONE_THERE,
  tellingOfCollections,
  tellingOfDatabases,
} from "./hidden-names.ts";
import { accessChanges, type Guard, rpcGuards, toReadBinlogs } from "./rpc-demands.ts";

/** What asking who may call what needs. */
export interface GuardDeps {
  readonly access: AccessControl;
  readonly context: ProxyContext;
  readonly log: Logger;
  /** Undefined: calls are written nowhere. */
  readonly audit?: AuditLog;
}

/** Finds out who calls. */
export function identified(access: AccessControl): Interceptor {
  return (next) => (request, call) => {
    const answer = (caller: Caller) => {
      call.caller = caller;
      return next(request, call);
    };
    const caller = access.caller(call.credentials);
    return caller instanceof Promise ? caller.then(answer) : answer(caller);
  };
}

/** Lets through what the caller may do, once it is known who that is; what changes users or grants is logged with who did it. */
export function guarded(deps: GuardDeps): Interceptor {
  return (next, method) => {
    const shown = accessChanges.has(method) || filteredLists.has(method) ? shownAnswer(method, deps) : undefined;
    return (request, call) => {
      const { caller } = call;
      if (!caller) throw AccessRefused.unknownCaller("user hasn't authenticated");
      const dbName = databaseOf(request, call);
      const answer = () => {
        const answered = next(withGrantor(request, caller), call);
        return shown ? shown(request, caller, dbName, answered) : answered;
      };
      if (method === "hasCollection" && request.collectionName)
        return knowsByName(caller, dbName, request.collectionName, deps.context).then((is) =>
          is ? answer() : NONE_THERE,
        );
      const checked = checkMethod(method, request, dbName, caller, deps);
      return checked ? checked.then(answer) : answer();
    };
  };
}

/** Of methods whose answers are not handed on as they are. */
function shownAnswer(method: string, deps: GuardDeps) {
  return async (request: AnyRequest, caller: Caller, dbName: string, answering: Promise<object> | object) => {
    const answer = await answering;
    if (accessChanges.has(method) && !(answer as { code?: number }).code) noteChange(method, request, caller, deps);
    return shownTo(caller, method, answer, dbName, deps);
  };
}

/**
 * Whether a caller may call a method.
 * @returns a promise only where something has to be asked for
 * @throws {AccessRefused}
 */
export function checkMethod(
  name: string,
  request: AnyRequest,
  dbName: string,
  caller: Caller,
  deps: Pick<GuardDeps, "access" | "context">,
): Promise<void> | undefined {
  const guard = rpcGuards.get(name);
  if (tellingOfDatabases.has(name)) checkDatabaseKnown(caller, dbName);
  if (name === "runAnalyzer" && request.collectionName)
    return checkKnown(caller, { ...request, dbName }, { ...request, dbName }, deps.context);
  if (guard?.kind === "open" || isAboutOneself(name, request, caller)) return undefined;
  if (!guard) {
    deps.access.checkAdmin(caller, name[0].toUpperCase() + name.slice(1));
    return undefined;
  }
  if (guard.kind === "job") return checkJob(request.task ?? 0n, guard, caller, deps);
  const named = { ...request, dbName };
  if (idOf(request) === 0n && !(tellingOfCollections.has(name) && request.collectionName))
    return deps.access.check(caller, guard.of({ dbName, request: named }), dbName);
  return checkNames(name, named, guard, caller, deps);
}

async function checkNames(
  name: string,
  request: InDatabase,
  guard: Extract<Guard, { kind: "demands" }>,
  caller: Caller,
  { access, context }: Pick<GuardDeps, "access" | "context">,
): Promise<void> {
  for (const named of await namesIn(request, context)) {
    await access.check(caller, guard.of({ dbName: named.dbName, request: named }), request.dbName);
    if (tellingOfCollections.has(name)) await checkKnown(caller, named, request, context);
  }
}

/**
 * @param named by the names that it has
 * @param asked as the caller has called it: of others nothing is told
 * @throws {StatusError} 100 for a collection that no role of the caller knows of
 */
async function checkKnown(caller: Caller, named: InDatabase, asked: InDatabase, context: ProxyContext): Promise<void> {
  if (await knowsByName(caller, named.dbName, named.collectionName ?? "", context)) return;
  throw hiddenCollection(asked.dbName, asked.collectionName || String(idOf(asked)));
}

/** Everybody may change the own password, and see the own roles and what they grant. */
function isAboutOneself(name: string, { username, user, entity }: AnyRequest, { user: self, policy }: Caller): boolean {
  if (name === "updateCredential") return username === self;
  if (name === "selectUser") return user?.name === self;
  return name === "selectGrant" && rolesOf(policy, self).includes(entity?.role?.name ?? "");
}

/**
 * Jobs of other kinds than imports are the admins' alone, by whatever call they are named.
 * @param anyOf privileges on its collection
 * @param isAgain it is to be carried out once more, which needs what the first time did
 * @throws {AccessRefused} where lists show the job; else {ImportError} as for one that there is not
 */
export async function checkJob(
  jobId: bigint,
  { anyOf, isAgain }: { readonly anyOf: readonly string[]; readonly isAgain?: boolean },
  caller: Caller,
  { access, context }: Pick<GuardDeps, "access" | "context">,
): Promise<void> {
  const scope = scopeOf(caller, anyOf);
  const { status, job, isOutside } = await context.root.describeJob({ jobId, scope });
  // Here, so that nothing that a handler looks at first tells such a job from a hidden one.
  checkStatus(status);
  const { kind, dbName, collectionName: objectName, binlogs } = job as rootCoord.JobEntry;
  if (kind !== "import" && !isAdmin(caller.policy, caller.user)) throw new HiddenJob(jobId);
  const demands = anyOf.map((privilege) => ({ privilege, object: "Collection", objectName, dbName }) as const);
  try {
    await access.check(caller, isAgain && binlogs ? [demands, [toReadBinlogs]] : [demands]);
    if (isOutside) throw AccessRefused.outside(jobId, scope?.prefixes ?? []);
  } catch (error) {
    throw (await isListed(job as rootCoord.JobEntry, caller, context)) ? error : new HiddenJob(jobId);
  }
}

async function isListed(job: rootCoord.JobEntry, caller: Caller, context: ProxyContext): Promise<boolean> {
  if (!showsJob(caller, job)) return false;
  return !(await context.root.describeJob({ jobId: job.jobId, scope: listedScopeOf(caller) })).isOutside;
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
  return request.grantor ? { ...request, grantor: { ...request.grantor, ...name } } : request;
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

/** What is shown to no caller whole. */
const filteredLists: ReadonlySet<string> = new Set([
  ...["showCollections", "listDatabases", "listImportTasks", "listAliases"],
]);

/** Lists without what no role of the caller knows of. */
async function shownTo(
  caller: Caller,
  name: string,
  answer: object,
  dbName: string,
  { context }: GuardDeps,
): Promise<object> {
  if (name === "showCollections")
    return filtered(answer, "collectionNames", (collection) => showsCollection(caller, dbName, String(collection)));
  if (name === "listDatabases")
    return filtered(answer, "dbNames", (database) => showsDatabase(caller, String(database)));
  if (name === "listAliases") {
    const { aliases } = answer as { aliases: string[] };
    return { ...answer, aliases: await knownAliases(caller, dbName, aliases, context) };
  }
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
