import { newKey, withKey, withoutKey } from "@sluice/access";
import { okStatus } from "@sluice/rpc";
import type { RootCoordHandlers } from "../ddl/handlers.ts";
import type { AccessBook } from "./access-book.ts";

/** Calls that `keyHandlers` answers. */
export type KeyMethod = "createApiKey" | "revokeApiKey";

/** Keys of programs. */
export function keyHandlers(book: AccessBook): Pick<RootCoordHandlers, KeyMethod> {
  return {
    createApiKey: async ({ description, roles, ttlMs, volumes }) => {
      const { keyId, token, secretHash } = newKey();
      const createdMs = Date.now();
      const expires = ttlMs > 0n ? { expiresMs: createdMs + Number(ttlMs) } : {};
      const reached = volumes.length > 0 ? { volumes: [...new Set(volumes)] } : {};
      const key = { secretHash, description, roles: [...new Set(roles)], ...reached, createdMs, ...expires };
      await book.change((policy) => withKey(policy, keyId, key));
      return { status: okStatus(), keyId, token };
    },
    revokeApiKey: async ({ keyId }) => {
      await book.change((policy) => withoutKey(policy, keyId));
      return okStatus();
    },
  };
}
