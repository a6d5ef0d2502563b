import { checkGroupName } from "./names.ts";
import { own } from "./own.ts";
import type { AccessPolicy, Grant } from "./policy.ts";
import { ALL, ANY, builtInGroups, companions, type ObjectType, type PrivilegeLevel, privileges } from "./privileges.ts";
import { invalid, shown } from "./refusals.ts";

// Grants and groups of privileges. As in users.ts, each answers the policy with one thing changed. Source: around-import §1.3.

/** Of all roles together: some 100 bytes each, in one record. */
const MAX_GRANTS = 4096;
const objectTypes: readonly string[] = ["Collection", "Global", "User", "Volume"] satisfies ObjectType[];

/** What is granted or revoked, in the first form: by the object. @throws {StatusError} 1100 */
export function grantOfObject(policy: AccessPolicy, grant: Omit<Grant, "object"> & { readonly object: string }): Grant {
  if (!objectTypes.includes(grant.object)) throw invalid("the object entity in the request is nil or invalid");
  if (grant.objectName === "") throw invalid("the object name in the request is empty");
  const { privilege } = grant;
  if (own(policy.groups, privilege)) throw invalid(`can not operate the custom privilege group [${privilege}]`);
  if (builtInGroups.has(privilege)) throw invalid(`can not operate the built-in privilege group [${privilege}]`);
  const isKnown = isAll(privilege) || privileges.get(privilege)?.object === grant.object;
  if (!isKnown) throw invalid(`not found the privilege name[${shown(privilege)}] in object[${grant.object}]`);
  const object = grant.object as ObjectType;
  return { ...grant, object, ...(object === "Volume" && { dbName: ANY }) };
}

/** Whether a privilege, or a group of them, is about volumes: what is granted in the second form names one in the place of a collection. */
export function isOnVolumes(policy: AccessPolicy, privilege: string): boolean {
  return levelOf(policy, privilege) === "volume";
}

/** The same in the second form: by privilege or group, database and collection. @throws {StatusError} 1100 */
export function grantByLevel(
  policy: AccessPolicy,
  grant: {
    readonly privilege: string;
    readonly dbName: string;
    readonly collectionName: string;
    readonly grantor: string;
  },
): Grant {
  const { privilege, dbName, collectionName: objectName, grantor } = grant;
  const level = levelOf(policy, privilege);
  checkLevel(level, grant);
  if (level === "volume") return { object: "Volume", objectName: objectName || ANY, dbName: ANY, privilege, grantor };
  const object = privileges.get(privilege)?.object ?? "Global";
  return { object, objectName, dbName, privilege, grantor };
}

function checkLevel(
  level: PrivilegeLevel,
  { privilege, dbName, collectionName }: { privilege: string; dbName: string; collectionName: string },
): void {
  if (level === "cluster" && (dbName !== ANY || collectionName !== ANY))
    throw invalid(`dbName and collectionName should be * for the cluster level privilege: ${privilege}`);
  if (level === "database" && collectionName !== ANY)
    throw invalid(`collectionName should be * for the database level privilege: ${privilege}`);
  if (level === "collection" && dbName === ANY && collectionName !== ANY)
    throw invalid(`please specify database name for the collection level privilege: ${privilege}`);
}

function levelOf({ groups }: AccessPolicy, privilege: string): PrivilegeLevel {
  const known = privileges.get(privilege)?.level ?? builtInGroups.get(privilege)?.level;
  if (known) return known;
  const members = own(groups, privilege);
  const [member] = members ?? [];
  if (member !== undefined) return privileges.get(member)?.level ?? "cluster";
  if (isAll(privilege) || members) return "collection";
  throw invalid(`not found the privilege name[${shown(privilege)}]`);
}

function isAll(privilege: string): boolean {
  return privilege === ALL || privilege === ANY;
}

/** A role that may do something more, with what belongs to it. @throws {StatusError} 1100 */
export function withGrant(policy: AccessPolicy, role: string, grant: Grant): AccessPolicy {
  const before = grantsOfRole(policy, role);
  const added = withCompanions(grant).filter((one) => !before.some((other) => isSame(one, other)));
  const total = Object.values(policy.roles).reduce((sum, { grants }) => sum + grants.length, added.length);
  if (total > MAX_GRANTS) throw invalid(`there are ${MAX_GRANTS} grants already: use * or groups of privileges`);
  return withGrants(policy, role, [...before, ...added]);
}

/** @throws {StatusError} 1100 */
export function withoutGrant(policy: AccessPolicy, role: string, grant: Grant): AccessPolicy {
  const gone = withCompanions(grant);
  const left = grantsOfRole(policy, role).filter((one) => !gone.some((other) => isSame(one, other)));
  return withGrants(policy, role, left);
}

function grantsOfRole({ roles }: AccessPolicy, role: string): readonly Grant[] {
  const found = own(roles, role);
  if (!found) throw invalid(`the role "${shown(role)}" does not exist`);
  return found.grants;
}

function withGrants(policy: AccessPolicy, role: string, grants: readonly Grant[]): AccessPolicy {
  return { ...policy, roles: { ...policy.roles, [role]: { ...policy.roles[role], grants } } };
}

function withCompanions(grant: Grant): Grant[] {
  return [grant, ...(companions[grant.privilege] ?? []).map((privilege) => ({ ...grant, privilege }))];
}

function isSame(a: Grant, b: Grant): boolean {
  return a.object === b.object && a.objectName === b.objectName && a.dbName === b.dbName && a.privilege === b.privilege;
}

/** An empty group. @throws {StatusError} 1402, 1100 */
export function withGroup(policy: AccessPolicy, name: string): AccessPolicy {
  checkGroupName(name);
  if (privileges.has(name) || builtInGroups.has(name) || isAll(name))
    throw invalid(`privilege group name [${name}] is defined by built in privileges or privilege groups in system`);
  if (own(policy.groups, name)) throw invalid(`privilege group name [${name}] is defined by users`);
  return { ...policy, groups: { ...policy.groups, [name]: [] } };
}

/** One that there is not is gone already. @throws {StatusError} 1100 while a role has it */
export function withoutGroup(policy: AccessPolicy, name: string): AccessPolicy {
  if (!own(policy.groups, name)) return policy;
  const user = Object.entries(policy.roles).find(([, { grants }]) =>
    grants.some(({ privilege }) => privilege === name),
  );
  if (user) throw invalid(`privilege group [${name}] is used by role [${user[0]}], Use REVOKE API to revoke it first`);
  const { [name]: _gone, ...groups } = policy.groups;
  return { ...policy, groups };
}

/** A group with privileges more, or less; those of a built-in group may be added by its name. @throws {StatusError} 1100 */
export function withMembers(
  policy: AccessPolicy,
  name: string,
  members: readonly string[],
  isAdded: boolean,
): AccessPolicy {
  const before = own(policy.groups, name);
  if (!before) throw invalid(`there is no privilege group name [${shown(name)}] to operate`);
  const named = members.flatMap((member) => membersOf(policy, member));
  const after = isAdded ? [...new Set([...before, ...named])] : before.filter((member) => !named.includes(member));
  if (new Set(after.map((member) => privileges.get(member)?.level)).size > 1)
    throw invalid("privileges are not the same privilege level");
  return { ...policy, groups: { ...policy.groups, [name]: after } };
}

function membersOf({ groups }: AccessPolicy, name: string): readonly string[] {
  if (privileges.has(name)) return [name];
  const members = builtInGroups.get(name)?.members ?? own(groups, name);
  if (members) return members;
  throw invalid(`there is no privilege name or privilege group name [${shown(name)}] defined in system to operate`);
}
