import {
  decodedPassword,
  hashPassword,
  isPassword,
  userOf,
  withCredential,
  withoutUser,
  withUser,
  withUserRole,
} from "@sluice/access";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type common, milvus, okStatus } from "@sluice/rpc";
import type { RootCoordHandlers } from "../ddl/handlers.ts";
import type { AccessBook } from "./access-book.ts";

/** Calls that `userHandlers` answers; Milvus calls a user's password a credential. */
export type UserMethod =
  | "createCredential"
  | "updateCredential"
  | "deleteCredential"
  | "listCredUsers"
  | "operateUserRole"
  | "selectUser";

/** Users and the roles they have. Source: around-import §1.2. */
export function userHandlers(book: AccessBook): Pick<RootCoordHandlers, UserMethod> {
  return {
    createCredential: async ({ username, password, description = "" }) => {
      const passwordHash = await hashPassword(decodedPassword(password));
      await book.change((policy) => withUser(policy, username, { passwordHash, description }));
      return okStatus();
    },
    updateCredential: (request) => update(book, request),
    deleteCredential: async ({ username }) => {
      await book.change((policy) => withoutUser(policy, username));
      return okStatus();
    },
    listCredUsers: async () => ({ status: okStatus(), usernames: Object.keys((await book.policy()).users) }),
    operateUserRole: async ({ username, roleName, type }) => {
      const isAdded = type === milvus.OperateUserRoleType.AddUserToRole;
      await book.change((policy) => withUserRole(policy, username, roleName, isAdded));
      return okStatus();
    },
    selectUser: async ({ user, includeRoleInfo }) => {
      const { users } = await book.policy();
      const chosen = Object.entries(users).filter(([name]) => !user || user.name === name);
      const results = chosen.map(([name, { roles, description }]) => ({
        user: { name },
        roles: includeRoleInfo ? roles.map((role) => ({ name: role, description: "" })) : [],
        description,
      }));
      return { status: okStatus(), results };
    },
  };
}

/** The old password is asked for whoever calls: a session that was left open must not be enough. */
async function update(book: AccessBook, request: milvus.UpdateCredentialRequest): Promise<common.Status> {
  const { username, oldPassword, newPassword, description } = request;
  if (newPassword === "") {
    await book.change((policy) => withCredential(policy, username, { description }));
    return okStatus();
  }
  const { passwordHash: known } = userOf(await book.policy(), username);
  if (!(await isPassword(Buffer.from(oldPassword, "base64").toString("utf8"), known)))
    throw new StatusError(statusCodes.notAuthenticated, `old password not correct for ${excerpt(username)}`);
  const passwordHash = await hashPassword(decodedPassword(newPassword));
  await book.change((policy) => {
    if (userOf(policy, username).passwordHash !== known)
      throw new StatusError(statusCodes.notAuthenticated, `old password not correct for ${excerpt(username)}`);
    return withCredential(policy, username, { passwordHash, ...(description !== undefined && { description }) });
  });
  return okStatus();
}
