import type { CollectionRecord, NameRecord, RecordEntry } from "@sluice/catalog";
import { type common, type milvus, okStatus } from "@sluice/rpc";
import type { Catalog, Change } from "./catalog.ts";
import type { RootCoordHandlers } from "./handlers.ts";
import { checkAliasName, checkCollectionName, DEFAULT_DATABASE } from "./names.ts";
import { aliasIsCollection, aliasNotFound, aliasTaken, collectionNotFound } from "./refusals.ts";

type CollectionEntry = RecordEntry<CollectionRecord>;
type NameEntry = RecordEntry<NameRecord>;

/** Further names of collections, valid wherever a collection's name is. They share the names of their database. */
export class Aliases {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Creating it again for the same collection succeeds. @throws {StatusError} 100, 800, 1100, 1601, 1602 */
  async create(request: milvus.CreateAliasRequest): Promise<common.Status> {
    const dbName = request.dbName || DEFAULT_DATABASE;
    checkAliasName(request.alias);
    await this.#catalog.change(() => this.#decideCreate(dbName, request.collectionName, request.alias));
    return okStatus();
  }

  async #decideCreate(dbName: string, collectionName: string, alias: string): Promise<Change<void>> {
    const { collections, names } = this.#catalog;
    const collection = await this.#owner(dbName, collectionName);
    const { collectionId } = collection.record;
    const taken = await names.get([dbName, alias]);
    if (taken?.record.kind === "collection") throw aliasIsCollection(dbName, alias);
    if (taken?.record.collectionId === collectionId) return { result: undefined };
    if (taken) {
      const other = await collections.get(taken.record.collectionId);
      throw aliasTaken(dbName, alias, other?.record.name ?? "");
    }
    return {
      transaction: {
        guards: [collections.guard(collection), names.absent([dbName, alias])],
        writes: [
          collections.write(withAlias(collection.record, alias)),
          names.write({ dbName, name: alias, kind: "alias", collectionId }),
        ],
      },
      result: undefined,
    };
  }

  /** Dropping what is not there succeeds. @throws {StatusError} 800, 1100; 1600 for a collection's own name */
  async drop(request: milvus.DropAliasRequest): Promise<common.Status> {
    const dbName = request.dbName || DEFAULT_DATABASE;
    checkAliasName(request.alias);
    await this.#catalog.change(() => this.#decideDrop(dbName, request.alias));
    return okStatus();
  }

  async #decideDrop(dbName: string, alias: string): Promise<Change<void>> {
    const { collections, names } = this.#catalog;
    const taken = await this.#catalog.findName(dbName, alias);
    if (taken?.record.kind === "collection") throw aliasNotFound(dbName, alias);
    const collection = taken && (await collections.get(taken.record.collectionId));
    if (!taken || !collection) return { result: undefined };
    return {
      transaction: {
        guards: [names.guard(taken), collections.guard(collection)],
        writes: [names.remove([dbName, alias]), collections.write(withoutAlias(collection.record, alias))],
      },
      result: undefined,
    };
  }

  /** Points an alias at another collection: whoever reads sees the one or the other. @throws {StatusError} 100, 800, 1600, 1601 */
  async alter(request: milvus.AlterAliasRequest): Promise<common.Status> {
    const dbName = request.dbName || DEFAULT_DATABASE;
    checkAliasName(request.alias);
    await this.#catalog.change(() => this.#decideAlter(dbName, request.collectionName, request.alias));
    return okStatus();
  }

  async #decideAlter(dbName: string, collectionName: string, alias: string): Promise<Change<void>> {
    const { collections, names } = this.#catalog;
    const to = await this.#owner(dbName, collectionName);
    const taken = await this.#aliasEntry(dbName, alias);
    const { collectionId } = to.record;
    const from = await collections.get(taken.record.collectionId);
    if (!from || from.record.collectionId === collectionId) return { result: undefined };
    return {
      transaction: {
        guards: [names.guard(taken), collections.guard(from), collections.guard(to)],
        writes: [
          names.write({ dbName, name: alias, kind: "alias", collectionId }),
          collections.write(withoutAlias(from.record, alias)),
          collections.write(withAlias(to.record, alias)),
        ],
      },
      result: undefined,
    };
  }

  /** @throws {StatusError} 800, 1600 */
  async describe(request: milvus.DescribeAliasRequest): Promise<milvus.DescribeAliasResponse> {
    const dbName = request.dbName || DEFAULT_DATABASE;
    checkAliasName(request.alias);
    const taken = await this.#aliasEntry(dbName, request.alias);
    const collection = await this.#catalog.collectionById(dbName, taken.record.collectionId);
    return { status: okStatus(), dbName, alias: request.alias, collection: collection.record.name };
  }

  /** Aliases of one collection, or of all in the database. @throws {StatusError} 100, 800 */
  async list(request: milvus.ListAliasesRequest): Promise<milvus.ListAliasesResponse> {
    const { collectionName } = request;
    const dbName = request.dbName || DEFAULT_DATABASE;
    const found =
      collectionName === ""
        ? await this.#catalog.collectionsOf(dbName)
        : [(await this.#catalog.collection(dbName, collectionName)).record];
    return { status: okStatus(), dbName, collectionName, aliases: found.flatMap((record) => record.aliases) };
  }

  /** The collection that is to have an alias: by its own name, as in Milvus. */
  async #owner(dbName: string, name: string): Promise<CollectionEntry> {
    checkCollectionName(name);
    const taken = await this.#catalog.findName(dbName, name);
    if (taken?.record.kind !== "collection") throw collectionNotFound(dbName, name);
    return this.#catalog.collectionById(dbName, taken.record.collectionId);
  }

  async #aliasEntry(dbName: string, alias: string): Promise<NameEntry> {
    const taken = await this.#catalog.findName(dbName, alias);
    if (taken?.record.kind === "collection") throw aliasIsCollection(dbName, alias);
    if (!taken) throw aliasNotFound(dbName, alias);
    return taken;
  }
}

function withAlias(record: CollectionRecord, alias: string): CollectionRecord {
  return { ...record, aliases: [...record.aliases, alias] };
}

function withoutAlias(record: CollectionRecord, alias: string): CollectionRecord {
  return { ...record, aliases: record.aliases.filter((name) => name !== alias) };
}

/** Calls that `aliasHandlers` answers. */
export type AliasMethod = "createAlias" | "dropAlias" | "alterAlias" | "describeAlias" | "listAliases";

/** What the rootcoord answers with them. */
export function aliasHandlers(aliases: Aliases): Pick<RootCoordHandlers, AliasMethod> {
  return {
    createAlias: (request) => aliases.create(request),
    dropAlias: (request) => aliases.drop(request),
    alterAlias: (request) => aliases.alter(request),
    describeAlias: (request) => aliases.describe(request),
    listAliases: (request) => aliases.list(request),
  };
}
