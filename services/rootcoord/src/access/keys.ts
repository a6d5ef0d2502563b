import { newKey, withKey, withoutKey } from "@sluice/access";
import { okStatus } from "@sluice/rpc";
import type { RootCoordHandlers } from "../ddl/handlers.ts";
import type { AccessBook } from "./access-book.ts";

export type KeyMethod = "createApiKey" | "revokeApiKey";

/** Keys of programs. */
export function keyHandlers(book: AccessBook): Pick<RootCoordHandlers, KeyMethod> {
  return {
    createApiKey: async ({ description, roles, ttlMs }) => {
      const { keyId, token, secretHash } = newKey();
      const createdMs = Date.now();
      const expires = ttlMs > 0n ? { expiresMs: createdMs + Number(ttlMs) } : {};
      const key = { secretHash, description, roles: [...new Set(roles)], createdMs, ...expires };
      await book.change((policy) => withKey(policy, keyId, key));
      return { status: okStatus(), keyId, token };
    },
    revokeApiKey: async ({ keyId }) => {
      await book.change((policy) => withoutKey(policy, keyId));
      return okStatus();
    },
  };
}
