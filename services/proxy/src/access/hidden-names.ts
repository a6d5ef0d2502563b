import { mapConcurrent } from "@sluice/async";
import { excerpt, ImportError, StatusError, statusCodes } from "@sluice/errors";
import { type milvus, okStatus } from "@sluice/rpc";
import type { ProxyContext } from "../context.ts";
import { type Caller, showsCollection, showsDatabase } from "./access-control.ts";

/** Longest name in a reason. */
const NAME_CHARS = 255;
/** Aliases that are asked about at once. */
const ASKED_AT_ONCE = 16;
/** Everybody is let in there, with rights or without. */
const DEFAULT_DATABASE = "default";

/** What answers everybody of a collection: of one that no role of the caller knows, as if there were none. */
export const tellingOfCollections: ReadonlySet<string> = new Set(
  "describeCollection listAliases describeIndex getIndexState getIndexBuildProgress getIndexStatistics".split(" "),
);

/** The answer of `HasCollection` about a name that nothing has. */
export const NONE_THERE: milvus.BoolResponse = { status: okStatus(), value: false };

/** What answers everybody of a whole database. */
export const tellingOfDatabases: ReadonlySet<string> = new Set(["connect", "showCollections", "listAliases"]);

/** Whether a role of the caller knows of a collection, by its name or by an alias. */
export async function knowsByName(
  caller: Caller,
  dbName: string,
  name: string,
  context: ProxyContext,
): Promise<boolean> {
  if (showsCollection(caller, dbName, name)) return true;
  const found = await context.root.resolveCollection({ dbName, collectionName: name, collectionId: 0n });
  return !found.status?.code && showsCollection(caller, dbName, found.collectionName);
}

/** What nobody has told the caller of is not there: `has_collection` of clients asks for a description. */
export function hiddenCollection(dbName: string, name: string): StatusError {
  const reason = `can't find collection[database=${excerpt(dbName, NAME_CHARS)}][collection=${excerpt(name, NAME_CHARS)}]`;
  return new StatusError(statusCodes.collectionNotFound, reason);
}

/** A job that no list shows the caller is not there, in the words of the rootcoord; the audit log alone knows better. */
export class HiddenJob extends ImportError {
  constructor(id: bigint) {
    super("internal", `import job does not exist, jobID=${id}`);
  }
}

/** @throws {StatusError} 800 for one that no role of the caller knows of, as if there were none */
export function checkDatabaseKnown(caller: Caller, dbName: string): void {
  if (dbName === DEFAULT_DATABASE || showsDatabase(caller, dbName)) return;
  const reason = `database not found[database=${excerpt(dbName, NAME_CHARS)}]`;
  throw new StatusError(statusCodes.databaseNotFound, reason);
}

/** Aliases of a database, of collections that the caller knows of. */
export async function knownAliases(
  caller: Caller,
  dbName: string,
  aliases: readonly string[],
  context: ProxyContext,
): Promise<string[]> {
  const ask = (alias: string) => knowsByName(caller, dbName, alias, context);
  const known = await Array.fromAsync(mapConcurrent(aliases, ASKED_AT_ONCE, ask));
  return aliases.filter((_, i) => known[i]);
}
