import { type AccessPolicy, withoutRole, withRole, withRoleDescription, withRoleSources } from "@sluice/access";
import { type milvus, okStatus } from "@sluice/rpc";
import type { RootCoordHandlers } from "../ddl/handlers.ts";
import type { AccessBook } from "./access-book.ts";

/** Calls that `roleHandlers` answers; `setRoleSources` says below which paths its users' jobs may read. */
export type RoleMethod = "createRole" | "alterRole" | "dropRole" | "selectRole" | "setRoleSources";

/** Source: around-import §1.2. */
export function roleHandlers(book: AccessBook): Pick<RootCoordHandlers, RoleMethod> {
  return {
    createRole: async ({ entity }) => {
      await book.change((policy) => withRole(policy, entity?.name ?? "", entity?.description ?? ""));
      return okStatus();
    },
    alterRole: async ({ roleName, description }) => {
      await book.change((policy) => withRoleDescription(policy, roleName, description));
      return okStatus();
    },
    setRoleSources: async ({ roleName, scope }) => {
      await book.change((policy) => withRoleSources(policy, roleName, scope?.prefixes));
      return okStatus();
    },
    dropRole: async ({ roleName, forceDrop }) => {
      await book.change((policy) => withoutRole(policy, roleName, forceDrop));
      return okStatus();
    },
    selectRole: async ({ role, includeUserInfo }) => {
      const policy = await book.policy();
      const names = Object.keys(policy.roles).filter((name) => !role || role.name === name);
      return { status: okStatus(), results: names.map((name) => roleResult(policy, name, includeUserInfo)) };
    },
  };
}

function roleResult({ users, roles }: AccessPolicy, name: string, withUsers: boolean): milvus.RoleResult {
  const holders = Object.keys(users).filter((user) => users[user].roles.includes(name));
  return {
    role: { name, description: roles[name].description },
    users: withUsers ? holders.map((user) => ({ name: user })) : [],
  };
}
