import {
  type AccessPolicy,
  builtInGroups,
  type Grant,
  grantByLevel,
  grantOfObject,
  isOnVolumes,
  ROOT,
  withGrant,
  withGroup,
  withMembers,
  withoutGrant,
  withoutGroup,
} from "@sluice/access";
import { StatusError, statusCodes } from "@sluice/errors";
import { milvus, okStatus } from "@sluice/rpc";
import type { RootCoordHandlers } from "../ddl/handlers.ts";
import type { AccessBook } from "./access-book.ts";

/** Calls that `grantHandlers` answers: both forms of a grant, what is granted, and privilege groups. */
export type GrantMethod = PrivilegeMethod | GroupMethod | "selectGrant";

type PrivilegeMethod = "operatePrivilege" | "operatePrivilegeV2";
type GroupMethod = "createPrivilegeGroup" | "dropPrivilegeGroup" | "listPrivilegeGroups" | "operatePrivilegeGroup";

/** The name that an alias stands for; others as they are. */
export type RealName = (dbName: string, collectionName: string) => Promise<string>;

/** What roles may do, and groups of it. Source: around-import §1.2. */
export function grantHandlers(book: AccessBook, realName: RealName): Pick<RootCoordHandlers, GrantMethod> {
  return {
    ...privilegeHandlers(book, realName),
    ...groupHandlers(book),
    selectGrant: async ({ entity }) => ({ status: okStatus(), entities: selected(await book.policy(), entity) }),
  };
}

function privilegeHandlers(book: AccessBook, realName: RealName): Pick<RootCoordHandlers, PrivilegeMethod> {
  const operate = async (role: string, type: milvus.OperatePrivilegeType, grantIn: (p: AccessPolicy) => Grant) => {
    const change = type === milvus.OperatePrivilegeType.Grant ? withGrant : withoutGrant;
    await book.change((policy) => change(policy, role, grantIn(policy)));
    return okStatus();
  };
  return {
    operatePrivilege: async ({ entity, type }) => {
      const grant = entity && grantOfMessage(entity);
      if (!grant)
        throw new StatusError(statusCodes.invalidParameter, "the grant entity in the request is nil or invalid");
      const { object, dbName, objectName: given } = grant;
      const objectName = object === "Collection" ? await realName(dbName, given) : given;
      return operate(entity.role?.name ?? "", type, (policy) => grantOfObject(policy, { ...grant, objectName }));
    },
    operatePrivilegeV2: async ({ role, grantor, type, dbName, collectionName: given }) => {
      const privilege = grantor?.privilege?.name ?? "";
      const isVolume = isOnVolumes(await book.policy(), privilege);
      const collectionName = isVolume ? given : await realName(dbName, given);
      const grant = { privilege, dbName, collectionName, grantor: grantor?.user?.name || ROOT };
      return operate(role?.name ?? "", type, (policy) => grantByLevel(policy, grant));
    },
  };
}

function groupHandlers(book: AccessBook): Pick<RootCoordHandlers, GroupMethod> {
  return {
    createPrivilegeGroup: async ({ groupName }) => {
      await book.change((policy) => withGroup(policy, groupName));
      return okStatus();
    },
    dropPrivilegeGroup: async ({ groupName }) => {
      await book.change((policy) => withoutGroup(policy, groupName));
      return okStatus();
    },
    listPrivilegeGroups: async () => ({
      status: okStatus(),
      privilegeGroups: groupMessages([
        ...Object.entries((await book.policy()).groups),
        ...[...builtInGroups].map(([name, { members }]) => [name, members] as const),
      ]),
    }),
    operatePrivilegeGroup: async ({ groupName, privileges, type }) => {
      const isAdded = type === milvus.OperatePrivilegeGroupType.AddPrivilegesToGroup;
      const names = privileges.map(({ name }) => name);
      await book.change((policy) => withMembers(policy, groupName, names, isAdded));
      return okStatus();
    },
  };
}

/** Groups by name and privileges, as `ListPrivilegeGroups` and a backup of RBAC have them. */
export function groupMessages(groups: readonly (readonly [string, readonly string[]])[]): milvus.PrivilegeGroupInfo[] {
  return groups.map(([groupName, members]) => ({ groupName, privileges: members.map((name) => ({ name })) }));
}

/** The grants of a role, all of them or those that an object and a database have. @throws {StatusError} 1100 */
function selected(policy: AccessPolicy, entity: milvus.GrantEntity | undefined): milvus.GrantEntity[] {
  const name = entity?.role?.name ?? "";
  if (!Object.hasOwn(policy.roles, name))
    throw new StatusError(statusCodes.invalidParameter, `the role "${name.slice(0, 255)}" does not exist`);
  return policy.roles[name].grants
    .filter(({ object }) => !entity?.object?.name || entity.object.name === object)
    .filter(({ objectName }) => !entity?.objectName || entity.objectName === objectName)
    .filter(({ dbName }) => !entity?.dbName || entity.dbName === "*" || dbName === "*" || entity.dbName === dbName)
    .map((grant) => grantMessage(name, grant));
}

/** A role's grant as `SelectGrant` and a backup of RBAC have it, without the role's description. */
export function grantMessage(
  role: string,
  { object, objectName, dbName, privilege, grantor }: Grant,
): milvus.GrantEntity {
  return {
    ...{ role: { name: role, description: "" }, object: { name: object }, objectName, dbName },
    grantor: { user: { name: grantor }, privilege: { name: privilege } },
  };
}

/** Undefined where there is no object, or no privilege. */
export function grantOfMessage(entity: milvus.GrantEntity): (Omit<Grant, "object"> & { object: string }) | undefined {
  const { object, objectName, grantor, dbName } = entity;
  if (!object || !grantor?.privilege) return undefined;
  return {
    ...{ object: object.name, objectName, dbName: dbName || "default" },
    ...{ privilege: grantor.privilege.name, grantor: grantor.user?.name || ROOT },
  };
}
