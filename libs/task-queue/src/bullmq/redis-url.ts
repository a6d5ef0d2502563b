/** Where Redis is, as a URL says. */
export interface RedisAddress {
  readonly kind: "single" | "sentinel" | "cluster";
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** Of the primary that sentinels watch. */
  readonly masterName: string | undefined;
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Number of the database; a cluster has only 0. */
  readonly database: number;
}

const forms =
  "redis://[USER:PASSWORD@]HOST:PORT[/DATABASE], redis+sentinel://HOST:PORT,HOST:PORT/MASTER[/DATABASE] or " +
  "redis+cluster://HOST:PORT,HOST:PORT; rediss for TLS";
const pattern = /^(rediss?)(\+sentinel|\+cluster)?:\/\/(?:([^@/]*)@)?([^/?#]+)((?:\/[^/?#]*)*)$/;

/** @throws {Error} that names the accepted forms, and never the URL: it may hold a password */
export function parseRedisUrl(url: string): RedisAddress {
  const match = pattern.exec(url.trim());
  if (!match) throw new Error(`the URL of Redis must have the form ${forms}`);
  const [, scheme, variant, credentials, hosts, path] = match;
  const kind = variant === "+sentinel" ? "sentinel" : variant === "+cluster" ? "cluster" : "single";
  const parts = path.split("/").filter((part) => part !== "");
  const masterName = kind === "sentinel" ? parts.shift() : undefined;
  if (kind === "sentinel" && masterName === undefined)
    throw new Error("the URL of Redis names sentinels, but no master: redis+sentinel://HOST:PORT/MASTER");
  const list = hosts.split(",").map((text) => hostOf(text, kind === "sentinel" ? 26379 : 6379));
  if (kind === "single" && list.length > 1)
    throw new Error("the URL of Redis names several hosts: use redis+sentinel:// or redis+cluster://");
  return {
    kind,
    hosts: list,
    masterName,
    tls: scheme === "rediss",
    ...userOf(credentials),
    database: databaseOf(kind, parts),
  };
}

function hostOf(text: string, defaultPort: number): { host: string; port: number } {
  const [, host, port] = /^(\[[0-9a-fA-F:]+\]|[^:[\]]+)(?::(\d+))?$/.exec(text) ?? [];
  const number = port === undefined ? defaultPort : Number(port);
  if (host === undefined || number < 1 || number > 65535)
    throw new Error(`the URL of Redis has a host that is none; expected ${forms}`);
  return { host: host.replace(/^\[|\]$/g, ""), port: number };
}

function userOf(credentials: string | undefined): Pick<RedisAddress, "user" | "password"> {
  if (credentials === undefined) return { user: undefined, password: undefined };
  const colon = credentials.indexOf(":");
  // `redis://secret@host`, without a colon, names a user by the rules of URLs.
  const [user, password] = colon < 0 ? [credentials, ""] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
  return { user: decode(user), password: decode(password) };
}

function decode(text: string): string | undefined {
  try {
    return text === "" ? undefined : decodeURIComponent(text);
  } catch {
    throw new Error("user or password in the URL of Redis is not percent-encoded");
  }
}

function databaseOf(kind: RedisAddress["kind"], parts: readonly string[]): number {
  if (parts.length === 0) return 0;
  if (parts.length > 1 || !/^\d{1,4}$/.test(parts[0]))
    throw new Error(`the URL of Redis ends with a database that is none; expected ${forms}`);
  if (kind === "cluster" && parts[0] !== "0") throw new Error("a Redis cluster has only database 0");
  return Number(parts[0]);
}
