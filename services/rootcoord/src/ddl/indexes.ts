import type { CollectionRecord, IndexRecord } from "@sluice/catalog";
import { excerpt } from "@sluice/errors";
import { common, type milvus, okStatus } from "@sluice/rpc";
import { type DataType, isVector } from "@sluice/schema";
import type { Catalog } from "./catalog.ts";
import { planIndex } from "./check-index.ts";
import { isLoaded } from "./collections.ts";
import type { DdlDeps } from "./ddl-deps.ts";
import type { RootCoordHandlers } from "./handlers.ts";
import { checkIndexName } from "./names.ts";
import { changePairs, fromPairs, pairsKey, toPairs } from "./pairs.ts";
import { collectionLoaded, indexNotFound, invalid, noIndex } from "./refusals.ts";
import { columnsOf, decodeSchema } from "./stored-schema.ts";

/** Indexes of a collection, which has 256 fields at most; of JSON fields each path may have one. */
const MAX_INDEXES = 1024;
/** Parameters of where an index is held, which is not for what it answers. */
const configurable: ReadonlySet<string> = new Set(["mmap.enabled", "offsetcache.enabled", "warmup"]);

/**
 * Indexes as declarations: their definition is checked and kept, reads scan exactly. So an index is finished at once, over all
 * visible rows. Source: client contract §2.5, around-import §5.
 */
export class Indexes {
  readonly #catalog: Catalog;
  readonly #deps: DdlDeps;

  constructor(catalog: Catalog, deps: DdlDeps) {
    this.#catalog = catalog;
    this.#deps = deps;
  }

  /** Sending the same definition again succeeds. @throws {StatusError} 100, 800, 1100 */
  async create(request: milvus.CreateIndexRequest): Promise<common.Status> {
    const { fieldName, indexName, extraParams } = request;
    if (indexName !== "") checkIndexName(indexName);
    const indexId = await this.#deps.ids.allocate(1);
    const createdTs = await this.#deps.tso.allocate(1);
    await this.#catalog.changeCollection(request.dbName, request.collectionName, (record) => {
      const field = columnsOf(decodeSchema(record.declaredSchema)).find(({ name }) => name === fieldName);
      if (!field) throw invalid(`cannot create index on non-exist field: ${excerpt(fieldName)}`);
      const plan = planIndex(field, extraParams);
      const index: IndexRecord = {
        ...plan,
        indexId,
        name: indexName || fieldName,
        fieldId: Number(field.fieldID),
        fieldName,
        createdTs,
      };
      return isThere(record, index) ? undefined : { ...record, indexes: [...record.indexes, index] };
    });
    return okStatus();
  }

  /** Dropping what is not there succeeds. @throws {StatusError} 100, 800; 1100 for a vector's index while loaded */
  async drop(request: milvus.DropIndexRequest): Promise<common.Status> {
    await this.#catalog.changeCollection(request.dbName, request.collectionName, (record) => {
      const dropped = record.indexes.filter((index) => isNamed(index, request));
      if (dropped.length === 0) return undefined;
      if (isLoaded(record) && dropped.some((index) => isOnVector(record, index))) {
        throw invalid(`vector index cannot be dropped on loaded collection: ${record.collectionId}`);
      }
      return { ...record, indexes: record.indexes.filter((index) => !dropped.includes(index)) };
    });
    return okStatus();
  }

  /** Sets or deletes parameters that do not change what an index answers. @throws {StatusError} 100, 104, 700, 800, 1100 */
  async alter(request: milvus.AlterIndexRequest): Promise<common.Status> {
    const { dbName, collectionName, indexName, deleteKeys } = request;
    const set = toPairs(request.extraParams);
    const fixed = [...set.map(([key]) => key), ...deleteKeys].find((key) => !configurable.has(key));
    if (fixed !== undefined)
      throw invalid(`${excerpt(fixed)} is not a configable index property (drop the index, and create it anew)`);
    await this.#catalog.changeCollection(dbName, collectionName, (record) => {
      if (isLoaded(record))
        throw collectionLoaded(
          record.name,
          "can't alter index on loaded collection, please release the collection first",
        );
      if (!record.indexes.some(({ name }) => name === indexName)) throw indexNotFound(indexName);
      const next = (index: IndexRecord) =>
        index.name === indexName ? { ...index, params: changePairs(index.params, set, deleteKeys) } : index;
      return { ...record, indexes: record.indexes.map(next) };
    });
    return okStatus();
  }

  /** All indexes, or those of the name and field that are given. @throws {StatusError} 100, 700, 800 */
  async describe(request: milvus.DescribeIndexRequest): Promise<milvus.DescribeIndexResponse> {
    const { record } = await this.#catalog.collection(request.dbName, request.collectionName);
    if (record.indexes.length === 0) throw noIndex(record.name);
    const found = record.indexes.filter((index) => isNamed(index, request));
    if (found.length === 0) throw indexNotFound(request.indexName || request.fieldName);
    const rows = await this.#visibleRows(record);
    return { status: okStatus(), indexDescriptions: found.map((index) => describeIndex(index, rows)) };
  }

  /** Rows of partitions that were dropped are not counted, though their segments may be there for a while. */
  async #visibleRows(record: CollectionRecord): Promise<bigint> {
    const { partitions } = await this.#deps.rowCounts(record.collectionId);
    return record.partitions.reduce((sum, { partitionId }) => sum + (partitions.get(partitionId) ?? 0n), 0n);
  }
}

/**
 * Whether the collection has this very index. A field has one index only; a JSON field has one for each path.
 * @throws {StatusError} 1100 when it has another one in its place
 */
function isThere(record: CollectionRecord, index: IndexRecord): boolean {
  const named = record.indexes.find(({ name }) => name === index.name);
  if (named) {
    if (named.fieldId === index.fieldId && isSameDefinition(named, index)) return true;
    throw invalid("CreateIndex failed: at most one distinct index is allowed per field");
  }
  const samePlace = (other: IndexRecord) => other.fieldId === index.fieldId && pathOf(other) === pathOf(index);
  if (record.indexes.length >= MAX_INDEXES)
    throw invalid(`CreateIndex failed: a collection has at most ${MAX_INDEXES} indexes`);
  if (!record.indexes.some(samePlace)) return false;
  throw invalid("CreateIndex failed: creating multiple indexes on same field is not supported");
}

function isSameDefinition(a: IndexRecord, b: IndexRecord): boolean {
  return pairsKey(Object.entries(a.definition)) === pairsKey(Object.entries(b.definition));
}

function pathOf(index: IndexRecord): string | undefined {
  return index.definition.json_path;
}

function isNamed(index: IndexRecord, { indexName, fieldName }: { indexName: string; fieldName: string }): boolean {
  return (indexName === "" || indexName === index.name) && (fieldName === "" || fieldName === index.fieldName);
}

function isOnVector(record: CollectionRecord, index: IndexRecord): boolean {
  const column = columnsOf(decodeSchema(record.declaredSchema)).find(({ name }) => name === index.fieldName);
  return column !== undefined && isVector(column.dataType as DataType);
}

function describeIndex(index: IndexRecord, rows: bigint): milvus.IndexDescription {
  return {
    indexName: index.name,
    indexID: index.indexId,
    params: fromPairs(index.params),
    fieldName: index.fieldName,
    indexedRows: rows,
    totalRows: rows,
    state: common.IndexState.Finished,
    indexStateFailReason: "",
    pendingIndexRows: 0n,
    minIndexVersion: 0,
    maxIndexVersion: 0,
  };
}

/** Calls that `indexHandlers` answers. */
export type IndexMethod = "alterIndex" | "createIndex" | "dropIndex" | "describeIndex";

/** What the rootcoord answers with them. */
export function indexHandlers(indexes: Indexes): Pick<RootCoordHandlers, IndexMethod> {
  return {
    alterIndex: (request) => indexes.alter(request),
    createIndex: (request) => indexes.create(request),
    dropIndex: (request) => indexes.drop(request),
    describeIndex: (request) => indexes.describe(request),
  };
}
