import { Serial } from "@sluice/async";
import {
  COLLECTIONS,
  type CollectionRecord,
  commitWithRetry,
  DATABASES,
  type DatabaseRecord,
  NAMES,
  type NameRecord,
  type RecordEntry,
  RecordTable,
} from "@sluice/catalog";
import type { Guard, MetaStore, MetaTransaction } from "@sluice/metastore";
import { type CollectionId, collectionId } from "@sluice/schema";
import { checkCollectionName, DEFAULT_DATABASE, isName } from "./names.ts";
import { collectionNotFound, databaseNotFound } from "./refusals.ts";

/** A database that may not have a record yet: `default` exists from the beginning. */
export interface DatabaseEntry {
  readonly record: DatabaseRecord;
  readonly guard: Guard;
}

/** What a change comes to: records to write, unless everything is as wanted already, and the answer. */
export interface Change<R> {
  readonly transaction?: MetaTransaction;
  readonly result: R;
}

const defaultDatabase: DatabaseRecord = { dbId: 1n, name: DEFAULT_DATABASE, createdTs: 0n, properties: {} };

/**
 * The records of databases, collections and their names, and how they are changed: in turn within this process, and by
 * guarded transactions against any other.
 *
 * C1. A name record exists exactly while its collection is active, or hidden, and has that name or alias.
 * C2. Whatever adds a collection to a database writes the database's record anew, so that its drop, which guards that
 *     record, cannot miss the collection.
 */
export class Catalog {
  readonly databases: RecordTable<DatabaseRecord, string>;
  readonly collections: RecordTable<CollectionRecord, CollectionId>;
  readonly names: RecordTable<NameRecord, readonly [database: string, name: string]>;
  readonly #store: MetaStore;
  readonly #turns = new Serial();

  constructor(store: MetaStore) {
    this.#store = store;
    this.databases = new RecordTable(store, DATABASES);
    this.collections = new RecordTable(store, COLLECTIONS);
    this.names = new RecordTable(store, NAMES);
  }

  /** Decides from the records and commits; decides again when another process was faster. Refusals pass to the caller. */
  change<R>(decide: () => Promise<Change<R>>): Promise<R> {
    return this.#turns.run(() => commitWithRetry(this.#store, decide));
  }

  /** @throws {StatusError} 800 */
  async database(name: string): Promise<DatabaseEntry> {
    const found = await this.findDatabase(name || DEFAULT_DATABASE);
    if (!found) throw databaseNotFound(name);
    return found;
  }

  /**
   * With the guard of a transaction that relies on it; undefined where there is none. `default` is there before it is
   * recorded.
   */
  async findDatabase(name: string): Promise<DatabaseEntry | undefined> {
    if (!isName(name)) return undefined;
    const entry = await this.databases.get(name);
    if (entry) return { record: entry.record, guard: this.databases.guard(entry) };
    return name === DEFAULT_DATABASE ? { record: defaultDatabase, guard: this.databases.absent(name) } : undefined;
  }

  /** The active collection of a name or alias. @throws {StatusError} 100, 800; 1100 for what is no name at all */
  async collection(database: string, name: string): Promise<RecordEntry<CollectionRecord>> {
    const found = await this.findCollection(database, name);
    if (!found) throw collectionNotFound(database || DEFAULT_DATABASE, name);
    return found;
  }

  /** The same, or undefined when the database has no such name. */
  async findCollection(database: string, name: string): Promise<RecordEntry<CollectionRecord> | undefined> {
    checkCollectionName(name);
    const taken = await this.findName(database || DEFAULT_DATABASE, name);
    const entry = taken && (await this.collections.get(taken.record.collectionId));
    return entry?.record.state === "active" ? entry : undefined;
  }

  /** An active collection by id. @throws {StatusError} 100 */
  async collectionById(database: string, id: bigint): Promise<RecordEntry<CollectionRecord>> {
    const entry = await this.collections.get(collectionId(id));
    if (entry?.record.state !== "active") throw collectionNotFound(database || DEFAULT_DATABASE, id);
    return entry;
  }

  /** @throws {StatusError} 800 when there is no such database */
  async findName(database: string, name: string): Promise<RecordEntry<NameRecord> | undefined> {
    const entry = isName(database) && isName(name) ? await this.names.get([database, name]) : undefined;
    if (!entry) await this.database(database);
    return entry;
  }

  /** Active collections of a database, oldest first. @throws {StatusError} 800 */
  async collectionsOf(database: string): Promise<CollectionRecord[]> {
    const { record } = await this.database(database);
    const found: CollectionRecord[] = [];
    for await (const name of this.names.scan([record.name])) {
      if (name.record.kind !== "collection") continue;
      const entry = await this.collections.get(name.record.collectionId);
      if (entry?.record.state === "active") found.push(entry.record);
    }
    return found.sort((a, b) => (a.collectionId < b.collectionId ? -1 : 1));
  }

  /** A change of one collection, found by name or alias; undefined leaves it. @throws what `collection` and `next` throw */
  async changeCollection(
    database: string,
    name: string,
    next: (record: CollectionRecord) => CollectionRecord | undefined,
  ): Promise<void> {
    await this.change(async () => {
      const entry = await this.collection(database, name);
      return { transaction: this.replace(entry, next(entry.record)), result: undefined };
    });
  }

  /** The transaction that replaces a collection's record, or none. */
  replace(entry: RecordEntry<CollectionRecord>, next: CollectionRecord | undefined): MetaTransaction | undefined {
    return next && { guards: [this.collections.guard(entry)], writes: [this.collections.write(next)] };
  }
}
