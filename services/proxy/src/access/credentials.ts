import { AccessRefused } from "./access-refused.ts";

/** User and password as a client shows them. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  /** Of the password, SHA-256 in base64; set by who has made it, since it takes as long as the rest of a small call. */
  digest?: string;
}

/** A user with a password, or, where there is no colon, an API key. */
export type Shown = Credentials | { readonly key: string };

/** Longest header that is looked at: a name, a password and a colon in base64, several times over. */
const MAX_HEADER = 1024;

/** What gRPC clients send: `user:password` in base64. @throws {AccessRefused} */
function grpcCredentials(header: string | undefined): Shown {
  if (!header) throw AccessRefused.unknownCaller("missing authorization in header");
  if (header.length > MAX_HEADER || !/^[\w+/-]+={0,2}$/.test(header))
    throw AccessRefused.unknownCaller("invalid token format");
  return split(Buffer.from(header, "base64").toString("utf8"));
}

/** The header that the last call of a connection had, and what it shows. A client sends the same with each call, and HTTP/2 keeps it as well. */
const lastOf = new WeakMap<object, { readonly header: string; readonly shown: Shown }>();

/** As `grpcCredentials`, read once for all calls of a connection that have the same header. @throws {AccessRefused} */
export function credentialsOfConnection(connection: object | undefined, header: string): Shown {
  const last = connection && lastOf.get(connection);
  if (last && last.header === header) return last.shown;
  const shown = grpcCredentials(header);
  if (connection) lastOf.set(connection, { header, shown });
  return shown;
}

/** What REST clients send: `Bearer user:password`, the same without the word, or HTTP Basic. @throws {AccessRefused} */
export function restCredentials(header: string | undefined): Shown {
  if (!header || header.length > MAX_HEADER) throw AccessRefused.unknownCaller("user hasn't authenticated");
  const [scheme, rest = ""] = cutOnce(header.trim(), " ");
  if (scheme.toLowerCase() === "basic") return split(Buffer.from(rest.trim(), "base64").toString("utf8"));
  return split(scheme.toLowerCase() === "bearer" ? rest.trim() : header.trim());
}

function split(text: string): Shown {
  const [user, password] = cutOnce(text, ":");
  return password === undefined ? { key: text } : { user, password };
}

function cutOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
