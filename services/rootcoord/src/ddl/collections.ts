import type { CollectionRecord } from "@sluice/catalog";
import { excerptOfList } from "@sluice/errors";
import { type common, type milvus, okStatus } from "@sluice/rpc";
import type { Catalog, Change } from "./catalog.ts";
import { checkModels } from "./check-models.ts";
import { CONSISTENCY_LEVEL, checkProperties, consistencyLevelOf, statusWithWarnings } from "./check-properties.ts";
import { checkPairs } from "./check-sizes.ts";
import { checkDatabaseRoom } from "./database-room.ts";
import type { DdlDeps } from "./ddl-deps.ts";
import { DYNAMIC_FIELD, switchDynamicField } from "./dynamic-switch.ts";
import type { RootCoordHandlers } from "./handlers.ts";
import { checkCollectionName, DEFAULT_DATABASE } from "./names.ts";
import { type CollectionPlan, idsNeeded, isSame, newCollection, planCollection } from "./new-collection.ts";
import { changePairs, toPairs } from "./pairs.ts";
import { collectionIsAlias, collectionIsBeingMade, collectionLoaded, invalid } from "./refusals.ts";
import { decideRename } from "./renamed-collection.ts";
import { decodeSchema } from "./stored-schema.ts";

/** Collections made, renamed, changed and dropped. Source: client contract §2.1, §2.3; around-import §4.2. */
export class Collections {
  readonly #catalog: Catalog;
  readonly #deps: DdlDeps;

  constructor(catalog: Catalog, deps: DdlDeps) {
    this.#catalog = catalog;
    this.#deps = deps;
  }

  /** Creating the same again succeeds. @throws {StatusError} 102, 800, 1100, 1601, 1701 */
  async create(request: milvus.CreateCollectionRequest): Promise<common.Status> {
    const plan = planCollection(await this.#inZoneOfDatabase(request), this.#deps.limits);
    await checkModels(decodeSchema(plan.storedSchema), this.#deps.models);
    await this.#catalog.change(() => this.#decideCreate(request.dbName || DEFAULT_DATABASE, plan));
    return statusWithWarnings(plan.properties);
  }

  /** With the time zone that its database has, where it says none: what was read in it stays so when that changes. */
  async #inZoneOfDatabase(request: milvus.CreateCollectionRequest): Promise<milvus.CreateCollectionRequest> {
    const { timezone: value } =
      (await this.#catalog.findDatabase(request.dbName || DEFAULT_DATABASE))?.record.properties ?? {};
    if (value === undefined || request.properties.some(({ key }) => key === "timezone")) return request;
    return { ...request, properties: [...request.properties, { key: "timezone", value }] };
  }

  async #decideCreate(dbName: string, plan: CollectionPlan): Promise<Change<void>> {
    const { databases, collections, names } = this.#catalog;
    const { record: database, guard } = await this.#catalog.database(dbName);
    const taken = await this.#catalog.findName(dbName, plan.name);
    if (taken?.record.kind === "alias") throw collectionIsAlias(dbName, plan.name);
    if (taken)
      return this.#recreate(await collections.get(taken.record.collectionId).then((entry) => entry!.record), plan);
    await checkDatabaseRoom(this.#catalog, database);
    const record = await this.#numbered(plan, dbName);
    return {
      transaction: {
        guards: [guard, names.absent([dbName, plan.name]), collections.absent(record.collectionId)],
        writes: [
          databases.write(database), // C2
          names.write({ dbName, name: plan.name, kind: "collection", collectionId: record.collectionId }),
          collections.write(record),
        ],
      },
      result: undefined,
    };
  }

  #recreate(record: CollectionRecord, plan: CollectionPlan): Change<void> {
    if (record.state === "hidden") throw collectionIsBeingMade(record.dbName, record.name);
    if (isSame(record, plan)) return { result: undefined };
    throw invalid(`create duplicate collection with different parameters, collection: ${plan.name}`);
  }

  async #numbered(plan: CollectionPlan, dbName: string): Promise<CollectionRecord> {
    const firstId = await this.#deps.ids.allocate(idsNeeded(plan));
    const createdTs = await this.#deps.tso.allocate(1);
    return newCollection(plan, { dbName, firstId, createdTs, createdMs: this.#deps.now() });
  }

  /**
   * The name is free and the rows are invisible at once; objects are removed later. Dropping what is not there succeeds.
   * @throws {StatusError} 800; 1100 by alias, or when the collection has aliases
   */
  async drop({ dbName, collectionName }: milvus.DropCollectionRequest): Promise<common.Status> {
    const dropped = await this.#catalog.change(() => this.#decideDrop(dbName || DEFAULT_DATABASE, collectionName));
    if (dropped !== undefined) this.#deps.onDropped(dropped);
    return okStatus();
  }

  async #decideDrop(dbName: string, name: string): Promise<Change<bigint | undefined>> {
    checkCollectionName(name);
    const taken = await this.#catalog.findName(dbName, name);
    if (taken?.record.kind === "alias") throw invalid(`cannot drop the collection via alias = ${name}`);
    const entry = await this.#catalog.findCollection(dbName, name);
    if (!taken || !entry) return { result: undefined };
    const { collectionId, aliases } = entry.record;
    if (aliases.length > 0) {
      throw invalid(
        `unable to drop the collection [${name}] because it has associated aliases [${excerptOfList(aliases)}], ` +
          "please remove all aliases before dropping the collection",
      );
    }
    const { collections, names } = this.#catalog;
    const partitions = entry.record.partitions.map((partition) => ({ ...partition, loaded: false }));
    const next: CollectionRecord = { ...entry.record, partitions, state: "dropped", loaded: false };
    return {
      transaction: {
        guards: [collections.guard(entry), names.guard(taken)],
        writes: [names.remove([dbName, name]), collections.write(next)],
      },
      result: collectionId,
    };
  }

  /** @throws {StatusError} 100, 800; 1100 when the new name is taken, or to another database while there are aliases */
  async rename(request: milvus.RenameCollectionRequest): Promise<common.Status> {
    const from = request.dbName || DEFAULT_DATABASE;
    const to = request.newDBName || from;
    checkCollectionName(request.newName);
    if (from === to && request.oldName === request.newName) {
      throw invalid("collection name or database name should be different");
    }
    const updatedTs = await this.#deps.tso.allocate(1);
    const { oldName, newName } = request;
    const places = { from: { dbName: from, name: oldName }, to: { dbName: to, name: newName } };
    const id = await this.#catalog.change(() => decideRename(this.#catalog, places, updatedTs));
    this.#deps.onRenamed(id, newName);
    return okStatus();
  }

  /** Sets or deletes properties. @throws {StatusError} 100, 104, 800, 1100 */
  async alter({
    dbName,
    collectionName,
    properties,
    deleteKeys,
  }: milvus.AlterCollectionRequest): Promise<common.Status> {
    const set = toPairs(properties);
    const keys = [...set.map(([key]) => key), ...deleteKeys];
    const updatedTs = await this.#deps.tso.allocate(1);
    await this.#catalog.changeCollection(dbName, collectionName, (record) => {
      if (keys.includes("mmap.enabled") && isLoaded(record)) {
        throw collectionLoaded(record.name, "can not alter mmap properties if collection loaded");
      }
      if (keys.includes(DYNAMIC_FIELD)) return { ...switchDynamicField(record, set, keys), updatedTs };
      const level = consistencyLevelOf(set) ?? record.consistencyLevel;
      const next = changePairs(record.properties, set, deleteKeys).filter(([key]) => key !== CONSISTENCY_LEVEL);
      checkPairs(next, "properties");
      checkProperties(next, decodeSchema(record.declaredSchema));
      return { ...record, consistencyLevel: level, properties: next, updatedTs };
    });
    return statusWithWarnings(set);
  }
}

/** Whether any of it can be read. */
export function isLoaded(record: CollectionRecord): boolean {
  return record.partitions.some((partition) => partition.loaded);
}

/** Calls that `collectionHandlers` answers. */
export type CollectionMethod = "createCollection" | "dropCollection" | "renameCollection" | "alterCollection";

/** What the rootcoord answers with them. */
export function collectionHandlers(collections: Collections): Pick<RootCoordHandlers, CollectionMethod> {
  return {
    createCollection: (request) => collections.create(request),
    dropCollection: (request) => collections.drop(request),
    renameCollection: (request) => collections.rename(request),
    alterCollection: (request) => collections.alter(request),
  };
}
