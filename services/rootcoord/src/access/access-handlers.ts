import { okStatus } from "@sluice/rpc";
import type { RootCoordHandlers } from "../ddl/handlers.ts";
import type { AccessBook } from "./access-book.ts";
import { type GrantMethod, grantHandlers, type RealName } from "./grants.ts";
import { type KeyMethod, keyHandlers } from "./keys.ts";
import { type RbacMethod, rbacHandlers } from "./rbac.ts";
import { type RoleMethod, roleHandlers } from "./roles.ts";
import { type UserMethod, userHandlers } from "./users.ts";

/** Calls about users, roles, grants and API keys, as `accessHandlers` answers them. */
export type AccessMethod = UserMethod | RoleMethod | GrantMethod | RbacMethod | KeyMethod | "getAccessPolicy";

/** Everything about users and what they may do. */
export function accessHandlers(book: AccessBook, realName: RealName): Pick<RootCoordHandlers, AccessMethod> {
  return {
    ...userHandlers(book),
    ...roleHandlers(book),
    ...grantHandlers(book, realName),
    ...rbacHandlers(book),
    ...keyHandlers(book),
    getAccessPolicy: async () => ({ status: okStatus(), policy: JSON.stringify(await book.policy()) }),
  };
}
