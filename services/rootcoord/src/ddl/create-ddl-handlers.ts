import type { CollectionRecord } from "@sluice/catalog";
import type { Handlers, rootCoord } from "@sluice/rpc";
import type { CollectionId } from "@sluice/schema";
import { Aliases } from "./aliases.ts";
import { Catalog } from "./catalog.ts";
import { CollectionViews } from "./collection-views.ts";
import { Collections } from "./collections.ts";
import { Databases } from "./databases.ts";
import type { DdlDeps } from "./ddl-deps.ts";
import { Indexes } from "./indexes.ts";
import { type DdlLimits, defaultLimits } from "./limits.ts";
import { Loading } from "./load.ts";
import { Partitions } from "./partitions.ts";

/** The methods of the rootcoord that declare something, or tell what is declared. */
export type DdlMethod = Exclude<
  keyof Handlers<rootCoord.RootCoordServer>,
  | "allocIds"
  | "allocTimestamp"
  | "import"
  | "getImportState"
  | "listImportTasks"
  | "describeJob"
  | "listJobs"
  | "startTask"
  | "reportImport"
>;

type Method<K extends DdlMethod> = Handlers<rootCoord.RootCoordServer>[K];

/** One handler per method. They throw StatusError for what they refuse. */
export type DdlHandlers = {
  readonly [K in DdlMethod]: (request: Parameters<Method<K>>[0]) => Promise<Awaited<ReturnType<Method<K>>>>;
};

export interface Ddl {
  readonly handlers: DdlHandlers;
  /** The active collection of a name or alias. @throws {StatusError} 100, 800 */
  findCollection(dbName: string, name: string): Promise<CollectionRecord>;
  /** The id of the same, undefined where there is none, or no name is given. @throws {StatusError} 800 */
  lookUpCollection(dbName: string, name: string): Promise<CollectionId | undefined>;
  /** The record as long as there is one, dropped or not. */
  getCollection(id: CollectionId): Promise<CollectionRecord | undefined>;
}

export type DdlOptions = Omit<DdlDeps, "limits"> & { readonly limits?: Partial<DdlLimits> };

/** The rootcoord's collection side. It keeps no state beside the metastore; one at a time may write. */
export function createDdlHandlers(options: DdlOptions): Ddl {
  const deps: DdlDeps = { ...options, limits: { ...defaultLimits, ...options.limits } };
  const catalog = new Catalog(deps.store);
  return {
    handlers: {
      ...collectionHandlers(new Collections(catalog, deps), new CollectionViews(catalog)),
      ...databaseHandlers(new Databases(catalog, deps)),
      ...partitionHandlers(new Partitions(catalog, deps), new Loading(catalog)),
      ...aliasHandlers(new Aliases(catalog)),
      ...indexHandlers(new Indexes(catalog, deps)),
    },
    findCollection: async (dbName, name) => (await catalog.collection(dbName, name)).record,
    lookUpCollection: async (dbName, name) => {
      await catalog.database(dbName);
      return name === "" ? undefined : (await catalog.findCollection(dbName, name))?.record.collectionId;
    },
    getCollection: async (id) => (await catalog.collections.get(id))?.record,
  };
}

function databaseHandlers(databases: Databases) {
  return {
    createDatabase: (request) => databases.create(request),
    dropDatabase: (request) => databases.drop(request),
    listDatabases: (request) => databases.list(request),
    describeDatabase: (request) => databases.describe(request),
    alterDatabase: (request) => databases.alter(request),
  } satisfies Partial<DdlHandlers>;
}

function collectionHandlers(collections: Collections, views: CollectionViews) {
  return {
    createCollection: (request) => collections.create(request),
    dropCollection: (request) => collections.drop(request),
    renameCollection: (request) => collections.rename(request),
    alterCollection: (request) => collections.alter(request),
    hasCollection: (request) => views.has(request),
    describeCollection: (request) => views.describe(request),
    showCollections: (request) => views.show(request),
    resolveCollection: (request) => views.resolve(request),
  } satisfies Partial<DdlHandlers>;
}

function partitionHandlers(partitions: Partitions, loading: Loading) {
  return {
    createPartition: (request) => partitions.create(request),
    dropPartition: (request) => partitions.drop(request),
    hasPartition: (request) => partitions.has(request),
    showPartitions: (request) => partitions.show(request),
    loadCollection: (request) => loading.loadCollection(request),
    releaseCollection: (request) => loading.releaseCollection(request),
    loadPartitions: (request) => loading.loadPartitions(request),
    releasePartitions: (request) => loading.releasePartitions(request),
  } satisfies Partial<DdlHandlers>;
}

function aliasHandlers(aliases: Aliases) {
  return {
    createAlias: (request) => aliases.create(request),
    dropAlias: (request) => aliases.drop(request),
    alterAlias: (request) => aliases.alter(request),
    describeAlias: (request) => aliases.describe(request),
    listAliases: (request) => aliases.list(request),
  } satisfies Partial<DdlHandlers>;
}

function indexHandlers(indexes: Indexes) {
  return {
    createIndex: (request) => indexes.create(request),
    dropIndex: (request) => indexes.drop(request),
    describeIndex: (request) => indexes.describe(request),
  } satisfies Partial<DdlHandlers>;
}
