import { own } from "./own.ts";
import { type AccessPolicy, grantsOf, holds, isAdmin, keyOf } from "./policy.ts";
import { ANY } from "./privileges.ts";
import { KEY_CALLER } from "./roles-of.ts";

/** What somebody may do with a volume: one of the privileges of each is enough. Who reads its files may import them, too. */
export const volumeRights = {
  see: ["ReadVolume", "WriteVolume", "UseVolume"],
  read: ["ReadVolume"],
  write: ["WriteVolume"],
  use: ["UseVolume", "ReadVolume"],
} as const;
/** `see` a volume at all, `read` or `write` its files, `use` them in imports. */
export type VolumeRight = keyof typeof volumeRights;

/**
 * The volumes with which somebody may do that, by name, whether there are such ones or not; undefined = with all.
 * @param caller a user, or as `callerOfKey` has it: a key may reach fewer volumes than its roles
 */
export function volumesWith(policy: AccessPolicy, caller: string, right: VolumeRight): readonly string[] | undefined {
  if (isAdmin(policy, caller)) return undefined;
  const granted = grantsOf(policy, caller).filter(
    ({ object, privilege }) => object === "Volume" && volumeRights[right].some((one) => holds(policy, privilege, one)),
  );
  const names = [...new Set(granted.map(({ objectName }) => objectName))];
  const reached = keyOf(policy, caller)?.volumes;
  if (names.includes(ANY)) return reached;
  return reached ? names.filter((name) => reached.includes(name)) : names;
}

/** Whether somebody who was let in before may still do that: a user may be gone since, a key revoked or at its end. */
export function stillAllowsOnVolume(
  policy: AccessPolicy,
  { caller, name, right }: { readonly caller: string; readonly name: string; readonly right: VolumeRight },
  nowMs: number,
): boolean {
  const key = keyOf(policy, caller);
  const isThere = caller.startsWith(KEY_CALLER) ? key !== undefined : own(policy.users, caller) !== undefined;
  const isOver = key?.expiresMs !== undefined && key.expiresMs <= nowMs;
  return isThere && !isOver && (volumesWith(policy, caller, right)?.includes(name) ?? true);
}
