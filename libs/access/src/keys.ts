import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { StatusError } from "@sluice/errors";
import { checkDescription } from "./names.ts";
import { own } from "./own.ts";
import { type AccessPolicy, ADMIN_ROLE, type ApiKey } from "./policy.ts";
import { invalid, noSuchRole, shown } from "./refusals.ts";
import { KEY_CALLER } from "./roles-of.ts";

const MAX_KEYS = 1000;
const MAX_VOLUMES = 100;
const MAX_VOLUME_NAME = 64;
const LIMIT_REACHED = 9;
const ID_BYTES = 8;
const SECRET_BYTES = 32;
/** `slk_ID_SECRET`: the word tells who finds one in a log or a repository what it is. It has no colon, which passwords are told by. */
const TOKEN = /^slk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** A key as its owner has it, once. */
export interface NewKey {
  readonly keyId: string;
  readonly token: string;
  readonly secretHash: string;
}

/** Random, and long enough that a plain digest keeps it: nobody guesses 256 bits. */
export function newKey(): NewKey {
  const keyId = randomBytes(ID_BYTES).toString("hex");
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  return { keyId, token: `slk_${keyId}_${secret}`, secretHash: digestOf(secret).toString("base64") };
}

/** The policy with one key more. @throws {StatusError} 1100 for a role that there is not; 9 */
export function withKey(policy: AccessPolicy, keyId: string, key: ApiKey): AccessPolicy {
  checkDescription(key.description);
  if (key.roles.some((role) => !own(policy.roles, role))) throw noSuchRole();
  checkVolumes(key);
  if (Object.keys(policy.keys ?? {}).length >= MAX_KEYS)
    throw new StatusError(LIMIT_REACHED, `there are ${MAX_KEYS} API keys, which is the limit: revoke some`);
  return { ...policy, keys: { ...policy.keys, [keyId]: key } };
}

/** @throws {StatusError} 1100 for volumes of a key that reaches all of them, and makes itself others */
function checkVolumes({ roles, volumes = [] }: ApiKey): void {
  if (volumes.length > MAX_VOLUMES)
    throw invalid(`an API key may name ${MAX_VOLUMES} volumes, found ${volumes.length}`);
  const wrong = volumes.find((name) => name === "" || name.length > MAX_VOLUME_NAME);
  if (wrong !== undefined)
    throw invalid(`the name of a volume has 1 to ${MAX_VOLUME_NAME} characters, found ${wrong.length}`);
  if (volumes.length > 0 && roles.includes(ADMIN_ROLE))
    throw invalid(
      "a key with the role admin may do everything: give it a role with grants on volumes, or name no volumes",
    );
}

/** @throws {StatusError} 1100 for one that there is not: a key that is believed to be revoked must be */
export function withoutKey(policy: AccessPolicy, keyId: string): AccessPolicy {
  if (!own(policy.keys ?? {}, keyId)) throw invalid(`there is no API key ${shown(keyId)}`);
  const { [keyId]: _gone, ...keys } = policy.keys ?? {};
  return { ...policy, keys };
}

/** Who calls with a token, as a name that is no user's; undefined where it is no key, a revoked one, or one whose time is over. */
export function callerOfKey(policy: AccessPolicy, token: string, nowMs: number): string | undefined {
  const [, keyId = "", secret = ""] = TOKEN.exec(token) ?? [];
  const key = own(policy.keys ?? {}, keyId);
  if (!key || (key.expiresMs !== undefined && key.expiresMs <= nowMs)) return undefined;
  return timingSafeEqual(digestOf(secret), Buffer.from(key.secretHash, "base64")) ? `${KEY_CALLER}${keyId}` : undefined;
}

function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
