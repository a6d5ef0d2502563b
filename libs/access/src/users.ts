import { StatusError } from "@sluice/errors";
import { checkDescription, checkRoleName, checkSourcePrefix, checkUserName } from "./names.ts";
import { own } from "./own.ts";
import { type AccessPolicy, ADMIN_ROLE, PUBLIC_ROLE, ROOT, type Role, type User } from "./policy.ts";
import { invalid, noSuchRole, shown } from "./refusals.ts";

// Each answers the policy with one thing changed; the same object where nothing is to change. Source: around-import §1.2, §1.3.

const MAX_USERS = 100;
const MAX_ROLES = 10;
/** Of one role: all roles are in one record. */
const MAX_SOURCES = 64;
/** Milvus: the service is busy with as many as it takes. */
const LIMIT_REACHED = 9;
const DEFAULT_OBJECT = 1401;

/** @throws {StatusError} 1100, 9 */
export function withUser(policy: AccessPolicy, name: string, user: Omit<User, "roles">): AccessPolicy {
  checkUserName(name);
  checkDescription(user.description);
  if (own(policy.users, name)) throw invalid(`user already exists: ${shown(name)}`);
  if (Object.keys(policy.users).length >= MAX_USERS)
    throw new StatusError(LIMIT_REACHED, "unable to add user because the number of users has reached the limit");
  return withUsers(policy, { ...policy.users, [name]: { ...user, roles: [] } });
}

/** @throws {StatusError} 1100 for a user that there is not, or when nothing is changed */
export function withCredential(policy: AccessPolicy, name: string, change: Partial<Omit<User, "roles">>): AccessPolicy {
  if (change.passwordHash === undefined && change.description === undefined)
    throw invalid("must update either password or description");
  checkDescription(change.description ?? "");
  const user = userOf(policy, name);
  return withUsers(policy, { ...policy.users, [name]: { ...user, ...change } });
}

/** One that there is not is gone already. @throws {StatusError} 1401 for root */
export function withoutUser(policy: AccessPolicy, name: string): AccessPolicy {
  if (name === ROOT) throw new StatusError(DEFAULT_OBJECT, "root user cannot be deleted");
  if (!own(policy.users, name)) return policy;
  const { [name]: _gone, ...users } = policy.users;
  return withUsers(policy, users);
}

/** @throws {StatusError} 1100, 9 */
export function withRole(policy: AccessPolicy, name: string, description: string): AccessPolicy {
  checkRoleName(name);
  checkDescription(description);
  if (own(policy.roles, name)) throw invalid(`role [${shown(name)}] already exists`);
  if (Object.keys(policy.roles).length >= MAX_ROLES)
    throw new StatusError(LIMIT_REACHED, "unable to create role because the number of roles has reached the limit");
  return { ...policy, roles: { ...policy.roles, [name]: { description, grants: [] } } };
}

/** A role that is for something else than before. @throws {StatusError} 1100 */
export function withRoleDescription(policy: AccessPolicy, name: string, description: string): AccessPolicy {
  const role = roleOf(policy, name);
  checkDescription(description);
  return { ...policy, roles: { ...policy.roles, [name]: { ...role, description } } };
}

/** A role whose grants of `Import` reach these sources alone, or all again. @throws {StatusError} 1100 */
export function withRoleSources(
  policy: AccessPolicy,
  name: string,
  sources: readonly string[] | undefined,
): AccessPolicy {
  if (name === ADMIN_ROLE) throw invalid(`the role "${ADMIN_ROLE}" may do everything: confine another one`);
  const { sources: _before, ...role } = roleOf(policy, name);
  for (const source of sources ?? []) checkSourcePrefix(source);
  if ((sources?.length ?? 0) > MAX_SOURCES) throw invalid(`a role is confined to ${MAX_SOURCES} sources at most`);
  const confined = sources === undefined ? role : { ...role, sources: [...new Set(sources)] };
  return { ...policy, roles: { ...policy.roles, [name]: confined } };
}

/** @throws {StatusError} 1401 for admin and public; 1100 for unknown ones, and for those with grants unless `isForced` */
export function withoutRole(policy: AccessPolicy, name: string, isForced: boolean): AccessPolicy {
  if (name === ADMIN_ROLE || name === PUBLIC_ROLE)
    throw new StatusError(DEFAULT_OBJECT, `the role[${name}] is a default role, which can't be dropped`);
  if (roleOf(policy, name).grants.length > 0 && !isForced)
    throw invalid("fail to drop the role that it has privileges. Use REVOKE API to revoke privileges");
  const { [name]: _gone, ...roles } = policy.roles;
  const users = Object.entries(policy.users).map(([user, record]) => {
    return [user, { ...record, roles: record.roles.filter((role) => role !== name) }] as const;
  });
  const keys = Object.entries(policy.keys ?? {}).map(([id, key]) => {
    return [id, { ...key, roles: key.roles.filter((role) => role !== name) }] as const;
  });
  const held = { users: Object.fromEntries(users), ...(keys.length > 0 && { keys: Object.fromEntries(keys) }) };
  return { ...policy, roles, ...held };
}

/** A user with a role more, or less. @throws {StatusError} 1100 */
export function withUserRole(policy: AccessPolicy, name: string, role: string, isAdded: boolean): AccessPolicy {
  roleOf(policy, role);
  const user = userOf(policy, name);
  if (user.roles.includes(role) === isAdded) return policy;
  const roles = isAdded ? [...user.roles, role] : user.roles.filter((other) => other !== role);
  return withUsers(policy, { ...policy.users, [name]: { ...user, roles } });
}

function withUsers(policy: AccessPolicy, users: AccessPolicy["users"]): AccessPolicy {
  return { ...policy, users };
}

/** @throws {StatusError} 1100 */
export function userOf({ users }: AccessPolicy, name: string): User {
  const user = own(users, name);
  if (!user) throw invalid(`user "${shown(name)}" not found`);
  return user;
}

/** @throws {StatusError} 1100 */
function roleOf({ roles }: AccessPolicy, name: string): Role {
  const role = own(roles, name);
  if (!role) throw noSuchRole();
  return role;
}
