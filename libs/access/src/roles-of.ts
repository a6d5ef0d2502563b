import { own } from "./own.ts";

/** What callers are called who show a key: no name of a user begins like that. */
export const KEY_CALLER = "key:";

interface Holder {
  readonly roles: readonly string[];
}

/** Who has roles. */
interface Holders {
  readonly users: Readonly<Record<string, Holder>>;
  readonly keys?: Readonly<Record<string, Holder>>;
}

/** Roles of a user or of a key. */
export function rolesOf({ users, keys = {} }: Holders, caller: string): readonly string[] {
  const held = caller.startsWith(KEY_CALLER) ? own(keys, caller.slice(KEY_CALLER.length)) : own(users, caller);
  return held?.roles ?? [];
}
