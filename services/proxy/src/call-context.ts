import type { Caller } from "./access/access-control.ts";
import type { Shown } from "./access/credentials.ts";

/**
 * One call of a client, by whatever door it came: made once, and all that is done for it knows of no other transport. Its deadline is a
 * part of the signal, and its trace goes with the asynchronous context.
 */
export interface CallContext {
  /** That the headers name, else `default`. */
  readonly database: string;
  /** Who calls; undefined where nobody is asked, and as long as nobody has been. */
  caller: Caller | undefined;
  /** What the client shows of itself. @throws {AccessRefused} when it is nothing that could be right */
  readonly credentials: Shown;
  /** Connection identifier or credentials: only the same client's repeat is taken for a repeat. */
  readonly identity: string;
  /** Of the client, for the audit log. */
  readonly address: string;
  /** The same without a port. */
  readonly host: string;
  /** When the client waits no longer, by `performance.now()`; infinite where it has not said. */
  readonly endsAtMs: number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Whether the connection was lost or the call cancelled; asked while the answer is not written. */
  readonly isGone: boolean;
}

/**
 * The database that a call is for: the request's field, else that of its headers, else `default`. Empty values count as
 * absent. Source: client contract §1.3.
 */
export function databaseOf(
  { dbName }: { readonly dbName?: string | undefined },
  { database }: Pick<CallContext, "database">,
): string {
  return dbName || database;
}
