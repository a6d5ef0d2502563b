import { excerpt, StatusError, statusCodes } from "@sluice/errors";

// Refusals in Milvus's words: clients and their tests match on parts of them. Sources: client contract §1.8, §2; the texts of
// Milvus's proxy and rootcoord. The class of the error follows the text, as in Milvus.

const RESOURCE_INSUFFICIENT = 12;
const TOO_MANY_COLLECTIONS = 102;
const ALREADY_LOADED = 104;
const RESOURCE_GROUP_NOT_FOUND = 300;
const TOO_MANY_DATABASES = 801;
const INVALID_FIELD_NAME = 1701;

/** Every load is of all querynodes together. */
export const RESOURCE_GROUP = "__default_resource_group";

/** Names are looked up before they are checked; what cannot be one is not repeated whole. */
function shown(name: string | bigint): string {
  return excerpt(String(name), MAX_SHOWN);
}

/** Longer than every name. */
const MAX_SHOWN = 300;

/** Code 1100, which most refusals have. */
export function invalid(text: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, `${text}: invalid parameter`);
}

/** Code 800. */
export function databaseNotFound(database: string): StatusError {
  return new StatusError(statusCodes.databaseNotFound, `database not found[database=${shown(database)}]`);
}

/** Code 802. @param text what is wrong with the name */
export function invalidDatabaseName(database: string, text: string): StatusError {
  return new StatusError(
    statusCodes.databaseInvalidName,
    `${text}: invalid database name[database=${shown(database)}]`,
  );
}

/** Code 801. */
export function tooManyDatabases(limit: number): StatusError {
  return new StatusError(TOO_MANY_DATABASES, `exceeded the limit number of database[limit=${limit}]`);
}

/** Code 102. */
export function tooManyCollections(database: string, limit: number): StatusError {
  const text = `exceeded the limit number of collections[dbName=${shown(database)}][limit=${limit}]`;
  return new StatusError(TOO_MANY_COLLECTIONS, text);
}

/** The one form that every client takes for "there is no such collection". */
export function collectionNotFound(database: string, collection: string | bigint): StatusError {
  const text = `can't find collection[database=${shown(database)}][collection=${shown(collection)}]`;
  return new StatusError(statusCodes.collectionNotFound, text);
}

/** Its name is taken, and nobody finds it yet. */
export function collectionIsBeingMade(database: string, collection: string): StatusError {
  return invalid(
    `collection ${shown(collection)} of database ${shown(database)} is being made by a merge or copy: wait for its end, or cancel it`,
  );
}

/** Code 101. */
export function collectionNotLoaded(collection: string): StatusError {
  return new StatusError(statusCodes.collectionNotLoaded, `collection not loaded[collection=${shown(collection)}]`);
}

/** Code 104. @param text what cannot be done while it is loaded */
export function collectionLoaded(collection: string, text: string): StatusError {
  return new StatusError(ALREADY_LOADED, `${text}: collection already loaded[collection=${shown(collection)}]`);
}

/** Code 1100: it is released first. @param what is loaded, `collection` or `partitions` */
export function replicasFixed(
  collection: string,
  what: string,
  { replicas, asked }: { readonly replicas: number; readonly asked: number },
): StatusError {
  const text = `can't change the replica number for loaded ${what}: invalid parameter[expected=${replicas}][actual=${asked}]`;
  return new StatusError(statusCodes.invalidParameter, `${text} (release ${shown(collection)} first)`);
}

/** Newer Milvus count the nodes that stream, which are those that answer for a replica. */
export function tooManyReplicas(asked: number, nodes: number): StatusError {
  const text = `when load ${asked} replica count: service resource insufficient[currentStreamingNode=${nodes}][expectedStreamingNode=${asked}]`;
  const hint = "each replica needs a querynode of its own: start more, or ask for fewer replicas";
  return new StatusError(RESOURCE_INSUFFICIENT, `${text}: ${hint}`);
}

/** All querynodes are one group. */
export function resourceGroupNotFound(name: string): StatusError {
  const text = `resource group not found[rg=${shown(name)}]`;
  return new StatusError(RESOURCE_GROUP_NOT_FOUND, `${text}: there is none but ${RESOURCE_GROUP}`);
}

/** Code 200. */
export function partitionNotFound(partition: string): StatusError {
  return new StatusError(statusCodes.partitionNotFound, `partition not found[partition=${shown(partition)}]`);
}

/** Nothing is dropped of a collection while jobs write into it or read it. */
export function jobsOpen(collection: string, job: bigint): StatusError {
  const instead = `wait until job ${job} has ended, or cancel it`;
  return invalid(
    `nothing is dropped from the schema of collection ${shown(collection)} while its jobs are open: ${instead}`,
  );
}

/** Code 1701. @param text what is wrong with the name */
export function invalidFieldName(field: string, text: string): StatusError {
  return new StatusError(INVALID_FIELD_NAME, `${text}: field name invalid[field=${shown(field)}]`);
}

/** Code 1600. */
export function aliasNotFound(database: string, alias: string): StatusError {
  return new StatusError(
    statusCodes.aliasNotFound,
    `alias not found[database=${shown(database)}][alias=${shown(alias)}]`,
  );
}

/** The name stands for a collection where an alias was meant. */
export function aliasIsCollection(database: string, alias: string): StatusError {
  const text = `alias and collection name conflict[database=${shown(database)}][alias=${shown(alias)}]`;
  return new StatusError(statusCodes.aliasConflict, text);
}

/** The name stands for an alias where a collection was to get it. */
export function collectionIsAlias(database: string, name: string): StatusError {
  const text = `collection name [${shown(name)}] conflicts with an existing alias, please choose a unique name`;
  return new StatusError(
    statusCodes.aliasConflict,
    `${text}: alias and collection name conflict[database=${shown(database)}][alias=${shown(name)}]`,
  );
}

/** Code 1602. @param collection that the alias points to */
export function aliasTaken(database: string, alias: string, collection: string): StatusError {
  const text = `${shown(alias)} is alias to another collection: ${collection}`;
  return new StatusError(
    statusCodes.aliasExists,
    `${text}: alias already exist[database=${shown(database)}][alias=${shown(alias)}]`,
  );
}

/** Code 700. Of a collection without any index. */
export function noIndex(collection: string): StatusError {
  return new StatusError(statusCodes.indexNotFound, `index not found[collection=${shown(collection)}]`);
}

/** Code 700. Of a name that none of the collection's indexes has. */
export function indexNotFound(index: string): StatusError {
  return new StatusError(statusCodes.indexNotFound, `index not found[indexName=${shown(index)}]`);
}

/** Vector fields that keep a collection from being loaded. */
export function fieldsNotIndexed(fields: readonly string[], collection: string): StatusError {
  const text = `there is no vector index on field: [${fields.join(" ")}], please create index firstly`;
  return new StatusError(statusCodes.indexNotFound, `${text}: index not found[collection=${shown(collection)}]`);
}
