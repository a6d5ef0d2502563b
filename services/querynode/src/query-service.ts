import type { ObjectStore } from "@sluice/object-store";
import {
  checkQuery,
  compileFilter,
  type Filter,
  metaProjection,
  type OutputPlan,
  parseQueryWindow,
  type QueryWindow,
  resolveOutputFields,
} from "@sluice/query";
import {
  type Client,
  checkStatus,
  type dataCoord,
  decodeStoredSchema,
  type importing,
  type milvus,
  okStatus,
  type queryNode,
  type schema,
} from "@sluice/rpc";
import { type CollectionSchema, type Column, primaryKeyIndex, type VarColumn, varValue } from "@sluice/schema";
import type { SegmentLogs } from "@sluice/segment";
import { countData, fieldData, memberIndexes, type RowSet, structFieldData } from "./field-data.ts";
import { orderByKey, type Selection } from "./row-set.ts";
import { SegmentColumns } from "./segment-columns.ts";
import { segmentLogs } from "./segment-logs.ts";
import { templateValues } from "./template-values.ts";

/** A visible segment with the timestamp from which on its rows count. */
interface VisibleSegment {
  readonly logs: SegmentLogs;
  readonly commitTs: bigint;
}

/** A query, compiled against its collection: every error that does not depend on data is thrown before data is read. */
interface CompiledQuery {
  readonly collection: CollectionSchema;
  readonly filter: Filter;
  readonly output: OutputPlan;
  readonly window: QueryWindow;
  readonly timezone: string;
}

/** Answers queries over the segments that are visible when the query arrives: one snapshot, taken once. */
export class QueryService {
  readonly #data: Client<dataCoord.DataCoordClient>;
  readonly #columns: SegmentColumns;

  constructor(data: Client<dataCoord.DataCoordClient>, store: ObjectStore, cacheBytes: number) {
    this.#data = data;
    this.#columns = new SegmentColumns(store, cacheBytes);
  }

  /** @throws {StatusError} 1100 for a bad expression, output field or window */
  async query(order: queryNode.QueryOrder, signal: AbortSignal): Promise<milvus.QueryResults> {
    const request = order.request as milvus.QueryRequest;
    const query = compile(order, request);
    const snapshot = await this.#data.getVisibleSegments({
      collectionId: order.collectionId,
      partitionIds: order.partitionIds,
    });
    checkStatus(snapshot.status);
    const segments = visibleAt(snapshot.segments, request);
    const answer = query.output.isCount
      ? { fieldsData: [countData(await this.#count(query, segments, signal))], outputFields: ["count(*)"] }
      : { fieldsData: await this.#rows(query, segments, signal), outputFields: [...query.output.names] };
    return {
      status: okStatus(),
      ...answer,
      collectionName: order.collectionName,
      sessionTs: snapshot.timestamp,
      primaryFieldName: query.collection.fields[primaryKeyIndex(query.collection)].name,
      elementIndices: [],
    };
  }

  /** Without a filter the segments' own counts are the answer, and no row is read. */
  async #count(
    { collection, filter }: CompiledQuery,
    segments: readonly VisibleSegment[],
    signal: AbortSignal,
  ): Promise<bigint> {
    let count = 0n;
    for (const { logs } of segments) {
      count += BigInt(
        filter.isAlwaysTrue ? logs.rowCount : (await this.#select(collection, filter, logs, signal)).length,
      );
    }
    return count;
  }

  async #rows(
    query: CompiledQuery,
    segments: readonly VisibleSegment[],
    signal: AbortSignal,
  ): Promise<schema.FieldData[]> {
    const { collection, filter, window } = query;
    const key = collection.fields[primaryKeyIndex(collection)];
    const sources: SegmentLogs[] = [];
    const selections: Selection[] = [];
    for (const { logs, commitTs } of segments) {
      const rows = await this.#select(collection, filter, logs, signal);
      if (rows.length === 0) continue;
      sources.push(logs);
      selections.push({ rows, keys: await this.#columns.get(logs, key, signal), timestamp: commitTs });
    }
    return this.#output(query, sources, orderByKey(selections, key, window), signal);
  }

  /** Row numbers of a segment that pass the filter, ascending. */
  async #select(
    collection: CollectionSchema,
    filter: Filter,
    logs: SegmentLogs,
    signal: AbortSignal,
  ): Promise<Uint32Array> {
    if (filter.isAlwaysTrue) return Uint32Array.from({ length: logs.rowCount }, (_, i) => i);
    const columns = new Map<number, Column>();
    for (const index of filter.fields)
      columns.set(index, await this.#columns.get(logs, collection.fields[index], signal));
    return filter.evaluate(columns, logs.rowCount);
  }

  async #output(
    query: CompiledQuery,
    sources: readonly SegmentLogs[],
    rows: RowSet,
    signal: AbortSignal,
  ): Promise<schema.FieldData[]> {
    const { collection, output, timezone } = query;
    const one = async (index: number): Promise<schema.FieldData> => {
      const field = collection.fields[index];
      const used = new Set(rows.sourceOf);
      // Columns of segments without a row in the answer are not read.
      const empty: Column = emptyColumn;
      const columns = await Promise.all(
        sources.map((logs, i) => (used.has(i) ? this.#columns.get(logs, field, signal) : empty)),
      );
      const projected =
        field.isDynamic && output.dynamicKeys
          ? columns.map((column) => projectColumn(column, output.dynamicKeys ?? []))
          : columns;
      return fieldData(field, projected, rows, timezone);
    };
    const fieldsData: schema.FieldData[] = [];
    for (const index of output.fields) fieldsData.push(await one(index));
    for (const struct of output.structs) {
      const members = await Promise.all(memberIndexes(collection, struct).map(one));
      fieldsData.push(structFieldData(struct, members));
    }
    return fieldsData;
  }
}

const emptyColumn: Column = { kind: "var", offsets: new Uint32Array(1), data: new Uint8Array(0), validity: undefined };

/** The `$meta` column with each row's object reduced to some keys. */
function projectColumn(column: Column, keys: readonly string[]): VarColumn {
  const cells = column as VarColumn;
  const rows = cells.offsets.length - 1;
  const project = metaProjection(keys);
  const projected = Array.from({ length: rows }, (_, row) => project(varValue(cells, row)));
  const offsets = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + projected[row].length;
  return { kind: "var", offsets, data: Buffer.concat(projected), validity: cells.validity };
}

function compile(order: queryNode.QueryOrder, request: milvus.QueryRequest): CompiledQuery {
  const collection = decodeStoredSchema(order.schema, [["timezone", order.timezone]]);
  const params = new Map(request.queryParams.map(({ key, value }) => [key, value]));
  const output = resolveOutputFields(request.outputFields, collection);
  const window = parseQueryWindow(params);
  const timezone = params.get("timezone") || order.timezone;
  const filter = compileFilter(request.expr, collection, templateValues(request.exprTemplateValues), { timezone });
  checkQuery(filter, output, window);
  return { collection, filter, output, window, timezone };
}

/** An iterator's session timestamp pins its snapshot: what was committed later is not seen. */
function visibleAt(segments: readonly importing.SegmentInfo[], request: milvus.QueryRequest): VisibleSegment[] {
  const isIterator = request.queryParams.some(({ key, value }) => key === "iterator" && value.toLowerCase() === "true");
  const pin = request.guaranteeTimestamp;
  // Smaller values are names of consistency levels, not times.
  const isPinned = isIterator && pin > 1n << 40n;
  return segments
    .filter((info) => !isPinned || info.commitTimestamp <= pin)
    .map((info) => ({ logs: segmentLogs(info), commitTs: info.commitTimestamp }));
}
