import type { RedisClient } from "./redis-connection.ts";
import type { RedisAddress } from "./redis-url.ts";

/** Scripts of the queue need what came with it. */
const LEAST_VERSION = [6, 2] as const;

/**
 * Looks at the server once, instead of each of BullMQ's connections, whose findings go to the console.
 * @returns what is unwise about it, if anything
 * @throws {Error} when it cannot be used, as Redis says it (`NOPERM`) or with what is needed
 */
export async function checkServer(client: RedisClient): Promise<string | undefined> {
  const info = String(await client.info());
  const value = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = (value("redis_version") ?? "").split(".").map(Number);
  const isOld = version[0] < LEAST_VERSION[0] || (version[0] === LEAST_VERSION[0] && version[1] < LEAST_VERSION[1]);
  if (isOld) throw new Error(`Redis has version ${version.join(".")}, at least ${LEAST_VERSION.join(".")} is needed`);
  const policy = value("maxmemory_policy");
  if (policy === undefined || policy === "noeviction") return undefined;
  return (
    `Redis evicts keys when its memory is full (maxmemory-policy ${policy}): queued tasks would be lost and handed over ` +
    "again; set maxmemory-policy noeviction"
  );
}

/** What Redis, or the way to it, says, in words that an operator can act on. Credentials never stand in it. */
export function explainRedis(error: unknown, { hosts, user }: RedisAddress): string {
  const text = error instanceof Error ? error.message : String(error);
  const server = `Redis at ${hosts.map(({ host, port }) => `${host}:${port}`).join(", ")}`;
  if (/WRONGPASS|NOAUTH|invalid password|invalid username/i.test(text))
    return `${server} refuses user and password (setting redis): ${text}`;
  if (/NOPERM/i.test(text)) return `${server} lets the user do too little: ${text}${rightHint(text, user)}`;
  return `${server} does not serve: ${text}`;
}

/** The right that is missing, and how it is given. */
function rightHint(text: string, user = "default"): string {
  const command = /run the '([^']+)' command/i.exec(text)?.[1];
  return command === undefined ? "" : `; give it the right +${command} (ACL SETUSER ${user} +${command})`;
}
