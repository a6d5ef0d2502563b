import { own } from "./own.ts";
import { ALL, ANY, builtInGroups, type ObjectType } from "./privileges.ts";
import { KEY_CALLER, rolesOf } from "./roles-of.ts";

/** That a role may do something with an object. */
export interface Grant {
  readonly object: ObjectType;
  /** A collection, a user or a volume; `*` = any. */
  readonly objectName: string;
  /** `*` = any, as on volumes, which are of no database. */
  readonly dbName: string;
  /** Name of a privilege or of a group; `*` or `All` = everything on the object. */
  readonly privilege: string;
  /** Who gave it. */
  readonly grantor: string;
}

/** Somebody with a password, of which only a hash is kept. */
export interface User {
  readonly passwordHash: string;
  readonly description: string;
  readonly roles: readonly string[];
}

/** What whoever has it may do. Grants add up; nothing is taken away by one. */
export interface Role {
  readonly description: string;
  readonly grants: readonly Grant[];
  /** What its grants of `Import` reach: folders or files, as paths of imports are written; absent = every source. */
  readonly sources?: readonly string[];
}

/** What a program shows instead of a user and a password. */
export interface ApiKey {
  /** SHA-256 of its secret part, base64. */
  readonly secretHash: string;
  readonly description: string;
  readonly roles: readonly string[];
  /** The only volumes that its roles' grants reach; absent = all that these name. */
  readonly volumes?: readonly string[];
  /** Unix milliseconds. */
  readonly createdMs: number;
  /** Unix milliseconds from which on it opens nothing; absent = never. */
  readonly expiresMs?: number;
}

/** Who there is and what each may do: one record, so that whoever reads it sees one state. */
export interface AccessPolicy {
  readonly users: Readonly<Record<string, User>>;
  readonly roles: Readonly<Record<string, Role>>;
  /** By id; absent = none. */
  readonly keys?: Readonly<Record<string, ApiKey>>;
  /** Groups that users have made: the privileges in them. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/** The user that there always is; it may do everything. */
export const ROOT = "root";
/** May do everything. */
export const ADMIN_ROLE = "admin";
/** Everybody has it. */
export const PUBLIC_ROLE = "public";

/** What there is at first. @param rootHash hash of root's password */
export function initialPolicy(rootHash: string): AccessPolicy {
  const forAll = (object: ObjectType, privilege: string): Grant => ({
    ...{ object, privilege, objectName: ANY, dbName: ANY, grantor: ROOT },
  });
  const grants = [
    forAll("Global", "DescribeCollection"),
    forAll("Global", "ListAliases"),
    forAll("Collection", "IndexDetail"),
  ];
  return {
    users: { [ROOT]: { passwordHash: rootHash, description: "", roles: [] } },
    roles: { [ADMIN_ROLE]: { description: "", grants: [] }, [PUBLIC_ROLE]: { description: "", grants } },
    groups: {},
  };
}

/** What somebody wants to do. */
export interface Demand {
  readonly privilege: string;
  readonly object: ObjectType;
  /** `*` where it is about no single one. */
  readonly objectName: string;
  readonly dbName: string;
}

/** Whether a user may do everything: root, and who has the role admin. */
export function isAdmin(policy: AccessPolicy, user: string): boolean {
  return user === ROOT || rolesOf(policy, user).includes(ADMIN_ROLE);
}

/** The key of a caller who has shown one. */
export function keyOf({ keys = {} }: AccessPolicy, caller: string): ApiKey | undefined {
  return caller.startsWith(KEY_CALLER) ? own(keys, caller.slice(KEY_CALLER.length)) : undefined;
}

/** Whether any role of the user, or the one that everybody has, grants it. */
export function allows(policy: AccessPolicy, user: string, demand: Demand): boolean {
  return isAdmin(policy, user) || grantsOf(policy, user).some((grant) => covers(policy, grant, demand));
}

/** Whether any role of the user grants it on anything. */
export function grantsAnywhere(policy: AccessPolicy, user: string, privilege: string): boolean {
  const grantsIt = (grant: Grant) => !isOfVolumes(grant) && holds(policy, grant.privilege, privilege);
  return isAdmin(policy, user) || grantsOf(policy, user).some(grantsIt);
}

/**
 * What a user may import from, by the roles that grant `Import`, or what is asked for instead, on any collection; undefined = every
 * source. Whoever has several such roles may read what any of them may.
 */
export function readableSources(
  policy: AccessPolicy,
  user: string,
  privileges: readonly string[] = ["Import"],
): readonly string[] | undefined {
  if (isAdmin(policy, user)) return undefined;
  const grantsOne = (grant: Grant) => privileges.some((privilege) => isOnCollections(policy, grant, privilege));
  const granting = [...rolesOf(policy, user), PUBLIC_ROLE]
    .flatMap((name) => own(policy.roles, name) ?? [])
    .filter(({ grants }) => grants.some(grantsOne));
  const all = granting.map(({ sources }) => sources);
  return all.includes(undefined) ? undefined : [...new Set(all.flatMap((sources) => sources ?? []))];
}

/** What a role is confined to; undefined = every source. */
export function sourcesOfRole({ roles }: AccessPolicy, name: string): readonly string[] | undefined {
  return own(roles, name)?.sources;
}

/** Whether a role of the user's own grants anything on a collection: what no role knows of is not shown. */
export function knowsCollection(policy: AccessPolicy, user: string, dbName: string, collectionName: string): boolean {
  if (isAdmin(policy, user)) return true;
  return ownGrants(policy, user).some(
    (grant) =>
      grant.object !== "User" &&
      !isOfVolumes(grant) &&
      isOrAny(grant.dbName, dbName) &&
      isOrAny(grant.objectName, collectionName),
  );
}

/** Whether a role of the user's own grants anything in a database. */
export function knowsDatabase(policy: AccessPolicy, user: string, dbName: string): boolean {
  const isOfDatabase = (grant: Grant) => !isOfVolumes(grant) && isOrAny(grant.dbName, dbName);
  return isAdmin(policy, user) || ownGrants(policy, user).some(isOfDatabase);
}

/** Volumes are beside the databases: a grant on one says nothing of a collection of its name. */
function isOfVolumes({ object }: Grant): boolean {
  return object === "Volume";
}

function ownGrants(policy: AccessPolicy, user: string): Grant[] {
  return rolesOf(policy, user).flatMap((role) => own(policy.roles, role)?.grants ?? []);
}

/** Those of the user's roles, and of the role that everybody has. */
export function grantsOf(policy: AccessPolicy, user: string): Grant[] {
  return [...ownGrants(policy, user), ...(policy.roles[PUBLIC_ROLE]?.grants ?? [])];
}

function covers(policy: AccessPolicy, grant: Grant, demand: Demand): boolean {
  return (
    isAbout(policy, grant, demand.object) &&
    isOrAny(grant.dbName, demand.dbName) &&
    isOrAny(grant.objectName, demand.objectName) &&
    holds(policy, grant.privilege, demand.privilege)
  );
}

/** Whether a grant is of a privilege on collections, whichever: everything on users or on the whole is none. */
function isOnCollections(policy: AccessPolicy, grant: Grant, privilege: string): boolean {
  return isAbout(policy, grant, "Collection") && holds(policy, grant.privilege, privilege);
}

function isAbout(policy: AccessPolicy, { object, privilege }: Grant, wanted: ObjectType): boolean {
  const areOfOneKind = (object === "Volume") === (wanted === "Volume");
  return object === wanted || (areOfOneKind && isGroup(policy, privilege));
}

/** Privileges of a group may be about different kinds of objects. */
function isGroup({ groups }: AccessPolicy, privilege: string): boolean {
  return own(groups, privilege) !== undefined || builtInGroups.has(privilege);
}

/** Whether a granted privilege, or group of them, is or has another one. */
export function holds({ groups }: AccessPolicy, granted: string, wanted: string): boolean {
  if (granted === wanted || granted === ALL || granted === ANY) return true;
  return (own(groups, granted) ?? builtInGroups.get(granted)?.members ?? []).includes(wanted);
}

function isOrAny(granted: string, wanted: string): boolean {
  return granted === ANY || granted === wanted;
}
