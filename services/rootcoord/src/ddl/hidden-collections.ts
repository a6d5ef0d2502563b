import type { CollectionRecord, StagedWrite } from "@sluice/catalog";
import { type CollectionId, collectionId } from "@sluice/schema";
import type { Catalog, Change } from "./catalog.ts";
import { checkDatabaseRoom } from "./database-room.ts";
import type { DdlDeps } from "./ddl-deps.ts";
import { decidePublication, type Publication } from "./published-collection.ts";

/**
 * Collections that a job makes. Their name is taken from the job's first record on, so that nobody else gets it; nobody finds them
 * before the job has ended well, which is one record more; and they are dropped when it has not.
 */
export class HiddenCollections {
  readonly #catalog: Catalog;
  readonly #deps: Pick<DdlDeps, "onDropped" | "onRenamed">;

  constructor(catalog: Catalog, deps: Pick<DdlDeps, "onDropped" | "onRenamed">) {
    this.#catalog = catalog;
    this.#deps = deps;
  }

  /**
   * Records of a hidden collection, to be written together with the job that makes it. They are refused there when another one
   * took the name meanwhile.
   * @param isMore false: it takes the place of another one
   * @returns undefined when the name is taken
   * @throws {StatusError} 800; 102 where the database has as many collections as it may have
   */
  async stage(record: CollectionRecord, isMore = true): Promise<StagedWrite[] | undefined> {
    const { databases, names, collections } = this.#catalog;
    const { dbName, name, collectionId: id } = record;
    const database = await this.#catalog.database(dbName);
    if (await this.#catalog.findName(dbName, name)) return undefined;
    if (isMore) await checkDatabaseRoom(this.#catalog, database.record);
    const settle = () => {};
    return [
      { guard: database.guard, write: databases.write(database.record), settle }, // C2
      {
        guard: names.absent([dbName, name]),
        write: names.write({ dbName, name, kind: "collection", collectionId: id }),
        settle,
      },
      { guard: collections.absent(id), write: collections.write({ ...record, state: "hidden" }), settle },
    ];
  }

  /**
   * From now on everybody finds it; in the same record the one that it replaces is dropped, and an alias points to it. One that is
   * not hidden stays as it is.
   * @throws {ImportError} `job_failed` when name or alias are another collection's by now
   */
  async publish(id: bigint, as: Publication = {}): Promise<void> {
    const done = await this.#catalog.change(() => decidePublication(this.#catalog, collectionId(id), as));
    if (done?.name) this.#deps.onRenamed(collectionId(id), done.name);
    if (done?.dropped !== undefined) this.#deps.onDropped(done.dropped);
  }

  /** Its name is free, and garbage collection takes what is left of it. One that is not hidden stays as it is. */
  drop(id: bigint): Promise<void> {
    return this.#catalog.change(() => this.#decideDrop(collectionId(id)));
  }

  async #decideDrop(id: CollectionId): Promise<Change<void>> {
    const { collections, names } = this.#catalog;
    const entry = await collections.get(id);
    if (entry?.record.state !== "hidden") return { result: undefined };
    const { dbName, name } = entry.record;
    const writes = [collections.write({ ...entry.record, state: "dropped" as const }), names.remove([dbName, name])];
    return { transaction: { guards: [collections.guard(entry)], writes }, result: undefined };
  }
}
