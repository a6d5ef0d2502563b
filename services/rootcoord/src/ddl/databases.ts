import type { DatabaseRecord } from "@sluice/catalog";
import { type common, type milvus, okStatus } from "@sluice/rpc";
import type { Catalog } from "./catalog.ts";
import { checkDatabaseProperties, statusWithWarnings } from "./check-properties.ts";
import { checkPairs } from "./check-sizes.ts";
import type { DdlDeps } from "./ddl-deps.ts";
import type { RootCoordHandlers } from "./handlers.ts";
import { checkDatabaseName, DEFAULT_DATABASE } from "./names.ts";
import { changePairs, fromPairs, toPairs } from "./pairs.ts";
import { databaseNotFound, invalid, tooManyDatabases } from "./refusals.ts";

/** Databases: `default` always exists, the others are made and dropped. Source: client contract §2.4. */
export class Databases {
  readonly #catalog: Catalog;
  readonly #deps: DdlDeps;

  constructor(catalog: Catalog, deps: DdlDeps) {
    this.#catalog = catalog;
    this.#deps = deps;
  }

  /** Creating one that exists fails, unlike everything else here. @throws {StatusError} 1100, 801, 802 */
  async create({ dbName, properties }: milvus.CreateDatabaseRequest): Promise<common.Status> {
    checkDatabaseName(dbName);
    checkPairs(toPairs(properties), "properties");
    const record = await this.#newRecord(dbName, properties);
    const { databases } = this.#catalog;
    await this.#catalog.change(async () => {
      if (await this.#catalog.findDatabase(dbName)) throw invalid(`database already exist: ${dbName}`);
      const { maxDatabases } = this.#deps.limits;
      if ((await this.#all()).length >= maxDatabases) throw tooManyDatabases(maxDatabases);
      return {
        transaction: { guards: [databases.absent(dbName)], writes: [databases.write(record)] },
        result: undefined,
      };
    });
    return statusWithWarnings(toPairs(properties));
  }

  async #newRecord(name: string, properties: readonly common.KeyValuePair[]): Promise<DatabaseRecord> {
    const record = {
      dbId: await this.#deps.ids.allocate(1),
      name,
      createdTs: await this.#deps.tso.allocate(1),
      properties: Object.fromEntries(toPairs(properties)),
    };
    checkDatabaseProperties(Object.entries(record.properties));
    return record;
  }

  /** @throws {StatusError} 800; 1100 for `default` and for databases with collections */
  async drop({ dbName }: milvus.DropDatabaseRequest): Promise<common.Status> {
    if (dbName === DEFAULT_DATABASE) throw invalid("can not drop default database");
    await this.#catalog.change(async () => {
      const { guard } = await this.#catalog.database(required(dbName));
      for await (const _name of this.#catalog.names.scan([dbName])) {
        throw invalid(`database:${dbName} not empty, must drop all collections before drop database`);
      }
      return {
        transaction: { guards: [guard], writes: [this.#catalog.databases.remove(dbName)] },
        result: undefined,
      };
    });
    return okStatus();
  }

  /** `default` first, then in the order they were created in. */
  async list(_request: milvus.ListDatabasesRequest): Promise<milvus.ListDatabasesResponse> {
    const all = await this.#all();
    return {
      status: okStatus(),
      dbNames: all.map((record) => record.name),
      createdTimestamp: all.map((record) => record.createdTs),
      dbIds: all.map((record) => record.dbId),
    };
  }

  /** @throws {StatusError} 800 */
  async describe({ dbName }: milvus.DescribeDatabaseRequest): Promise<milvus.DescribeDatabaseResponse> {
    const { record } = await this.#catalog.database(dbName);
    return {
      status: okStatus(),
      dbName: record.name,
      dbID: record.dbId,
      createdTimestamp: record.createdTs,
      properties: fromPairs(Object.entries(record.properties)),
    };
  }

  /** @throws {StatusError} 800, 1100 */
  async alter({ dbName, properties, deleteKeys }: milvus.AlterDatabaseRequest): Promise<common.Status> {
    await this.#catalog.change(async () => {
      const { record, guard } = await this.#catalog.database(required(dbName));
      const pairs = changePairs(Object.entries(record.properties), toPairs(properties), deleteKeys);
      checkPairs(pairs, "properties");
      const next = { ...record, properties: Object.fromEntries(pairs) };
      checkDatabaseProperties(pairs);
      return {
        transaction: { guards: [guard], writes: [this.#catalog.databases.write(next)] },
        result: undefined,
      };
    });
    return statusWithWarnings(toPairs(properties));
  }

  async #all(): Promise<DatabaseRecord[]> {
    const found = [(await this.#catalog.database(DEFAULT_DATABASE)).record];
    for await (const { record } of this.#catalog.databases.scan()) {
      if (record.name !== DEFAULT_DATABASE) found.push(record);
    }
    return found.sort((a, b) => (a.dbId < b.dbId ? -1 : 1));
  }
}

/** Where the database is the subject, an empty name does not mean `default`. */
function required(name: string): string {
  if (name === "") throw databaseNotFound(name);
  return name;
}

/** Calls that `databaseHandlers` answers. */
export type DatabaseMethod = "createDatabase" | "dropDatabase" | "listDatabases" | "describeDatabase" | "alterDatabase";

/** What the rootcoord answers with them. */
export function databaseHandlers(databases: Databases): Pick<RootCoordHandlers, DatabaseMethod> {
  return {
    createDatabase: (request) => databases.create(request),
    dropDatabase: (request) => databases.drop(request),
    listDatabases: (request) => databases.list(request),
    describeDatabase: (request) => databases.describe(request),
    alterDatabase: (request) => databases.alter(request),
  };
}
