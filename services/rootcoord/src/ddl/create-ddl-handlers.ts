import type { CollectionRecord } from "@sluice/catalog";
import type { CollectionId } from "@sluice/schema";
import { Aliases, type AliasMethod, aliasHandlers } from "./aliases.ts";
import { Catalog } from "./catalog.ts";
import { type CollectionViewMethod, CollectionViews, collectionViewHandlers } from "./collection-views.ts";
import { type CollectionMethod, Collections, collectionHandlers } from "./collections.ts";
import { type DatabaseMethod, Databases, databaseHandlers } from "./databases.ts";
import type { DdlDeps } from "./ddl-deps.ts";
import type { RootCoordHandlers } from "./handlers.ts";
import { HiddenCollections } from "./hidden-collections.ts";
import { Indexes, type IndexMethod, indexHandlers } from "./indexes.ts";
import { type DdlLimits, defaultLimits } from "./limits.ts";
import { Loading, type LoadMethod, loadHandlers } from "./load.ts";
import { type PartitionMethod, Partitions, partitionHandlers } from "./partitions.ts";
import { type SchemaChangeMethod, SchemaChanges, schemaChangeHandlers } from "./schema-changes.ts";

/** The methods that declare something, or tell what is declared. */
export type DdlMethod =
  | AliasMethod
  | CollectionMethod
  | CollectionViewMethod
  | DatabaseMethod
  | IndexMethod
  | LoadMethod
  | PartitionMethod
  | SchemaChangeMethod;
/** A handler for each call about declarations. */
export type DdlHandlers = Pick<RootCoordHandlers, DdlMethod>;

/** What the rest of the rootcoord has of declarations. */
export interface Ddl {
  readonly handlers: DdlHandlers;
  /** The active collection of a name or alias. @throws {StatusError} 100, 800 */
  findCollection(dbName: string, name: string): Promise<CollectionRecord>;
  /** The id of the same, undefined where there is none, or no name is given. @throws {StatusError} 800 */
  lookUpCollection(dbName: string, name: string): Promise<CollectionId | undefined>;
  /** The record as long as there is one, dropped or not. */
  getCollection(id: CollectionId): Promise<CollectionRecord | undefined>;
  readonly hidden: HiddenCollections;
}

/** What declarations stand on; limits that are not given are those of `defaultLimits`. */
export type DdlOptions = Omit<DdlDeps, "limits"> & { readonly limits?: Partial<DdlLimits> };

/** The rootcoord's collection side. It keeps no state beside the metastore; one at a time may write. */
export function createDdlHandlers(options: DdlOptions): Ddl {
  const deps: DdlDeps = { ...options, limits: { ...defaultLimits, ...options.limits } };
  const catalog = new Catalog(deps.store);
  return {
    handlers: handlersOf(catalog, deps),
    findCollection: async (dbName, name) => (await catalog.collection(dbName, name)).record,
    lookUpCollection: async (dbName, name) => {
      await catalog.database(dbName);
      return name === "" ? undefined : (await catalog.findCollection(dbName, name))?.record.collectionId;
    },
    hidden: new HiddenCollections(catalog, deps),
    getCollection: async (id) => (await catalog.collections.get(id))?.record,
  };
}

function handlersOf(catalog: Catalog, deps: DdlDeps): DdlHandlers {
  return {
    ...databaseHandlers(new Databases(catalog, deps)),
    ...collectionHandlers(new Collections(catalog, deps)),
    ...schemaChangeHandlers(new SchemaChanges(catalog, deps)),
    ...collectionViewHandlers(new CollectionViews(catalog)),
    ...partitionHandlers(new Partitions(catalog, deps)),
    ...loadHandlers(new Loading(catalog, deps)),
    ...aliasHandlers(new Aliases(catalog)),
    ...indexHandlers(new Indexes(catalog, deps)),
  };
}
