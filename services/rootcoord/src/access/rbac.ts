import {
  type AccessPolicy,
  ADMIN_ROLE,
  builtInGroups,
  grantByLevel,
  grantOfObject,
  isPasswordHash,
  PUBLIC_ROLE,
  ROOT,
  withGrant,
  withGroup,
  withMembers,
  withRole,
  withRoleSources,
  withUser,
  withUserRole,
} from "@sluice/access";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type milvus, okStatus } from "@sluice/rpc";
import type { RootCoordHandlers } from "../ddl/handlers.ts";
import type { AccessBook } from "./access-book.ts";
import { grantMessage, grantOfMessage, groupMessages } from "./grants.ts";

/** Calls that `rbacHandlers` answers: all users, roles and grants out, and back in. */
export type RbacMethod = "backupRbac" | "restoreRbac";

/** The object of grants that say what a role is confined to. */
const SOURCE = "Source";
const isDefault = (role: string) => role === ADMIN_ROLE || role === PUBLIC_ROLE;

/** All users, roles and grants but root and the two roles that are always there: out as a message, and in again. */
export function rbacHandlers(book: AccessBook): Pick<RootCoordHandlers, RbacMethod> {
  return {
    backupRbac: async () => ({ status: okStatus(), RBACMeta: backup(await book.policy()) }),
    restoreRbac: async ({ RBACMeta: meta }) => {
      if (!meta) throw new StatusError(statusCodes.invalidParameter, "restoring needs RBAC_meta, which backup gives");
      // One change: all of it, or, where anything is refused, nothing.
      await book.change((policy) => restored(policy, meta));
      return okStatus();
    },
  };
}

function backup({ users, roles, groups }: AccessPolicy): milvus.RBACMeta {
  const named = (names: readonly string[]) => names.map((name) => ({ name, description: roles[name].description }));
  return {
    users: Object.entries(users)
      .filter(([name]) => name !== ROOT)
      .map(([user, { passwordHash, roles: held }]) => ({ user, password: passwordHash, roles: named(held) })),
    roles: named(Object.keys(roles).filter((name) => !isDefault(name))),
    grants: Object.entries(roles).flatMap(([name, { grants, sources }]) =>
      isDefault(name) ? [] : [...grants.map((grant) => grantMessage(name, grant)), ...sourceMessages(name, sources)],
    ),
    privilegeGroups: groupMessages(Object.entries(groups)),
  };
}

/**
 * What a role is confined to, as grants: clients that carry a backup keep what they do not know of these, and a service that knows
 * of no such object refuses to restore the role without its confinement.
 */
function sourceMessages(role: string, sources: readonly string[] | undefined): milvus.GrantEntity[] {
  if (!sources) return [];
  // Of nothing at all there is one as well.
  return (sources.length > 0 ? sources : [""]).map((objectName) => ({
    ...{ role: { name: role, description: "" }, object: { name: SOURCE }, objectName, dbName: "*" },
    grantor: { user: { name: ROOT }, privilege: { name: "Import" } },
  }));
}

/** @throws {StatusError} 1100 for what exists, and what is no such thing */
function restored(before: AccessPolicy, meta: milvus.RBACMeta): AccessPolicy {
  let policy = before;
  for (const { groupName, privileges } of meta.privilegeGroups) {
    policy = withGroup(policy, groupName);
    const names = privileges.map(({ name }) => name);
    policy = withMembers(policy, groupName, names, true);
  }
  for (const { name, description } of meta.roles) policy = withRole(policy, name, description);
  for (const { user, password, roles } of meta.users) {
    policy = withUser(policy, user, { passwordHash: restoredHash(user, password), description: "" });
    for (const { name } of roles) policy = withUserRole(policy, user, name, true);
  }
  const [sources, grants] = [meta.grants.filter(isSource), meta.grants.filter((entity) => !isSource(entity))];
  for (const entity of grants) policy = withRestoredGrant(policy, entity);
  for (const [role, entities] of Map.groupBy(sources, (entity) => entity.role?.name ?? "")) {
    const prefixes = entities.map(({ objectName }) => objectName).filter((prefix) => prefix !== "");
    policy = withRoleSources(policy, role, prefixes);
  }
  return policy;
}

function isSource({ object }: milvus.GrantEntity): boolean {
  return object?.name === SOURCE;
}

/** Of a Milvus the hash is another one, which nobody can turn into ours. */
function restoredHash(user: string, hash: string): string {
  if (isPasswordHash(hash)) return hash;
  throw new StatusError(
    statusCodes.invalidParameter,
    `the password of user ${excerpt(user)} is no hash of this server: create the user with a new password`,
  );
}

function withRestoredGrant(policy: AccessPolicy, entity: milvus.GrantEntity): AccessPolicy {
  const grant = grantOfMessage(entity);
  if (!grant)
    throw new StatusError(statusCodes.invalidParameter, "a grant without object or privilege: invalid parameter");
  const { privilege, dbName, objectName: collectionName, grantor } = grant;
  const isGroup = Object.hasOwn(policy.groups, privilege) || builtInGroups.has(privilege);
  const byLevel = { privilege, dbName, collectionName, grantor };
  const checked = isGroup ? grantByLevel(policy, byLevel) : grantOfObject(policy, grant);
  return withGrant(policy, entity.role?.name ?? "", checked);
}
