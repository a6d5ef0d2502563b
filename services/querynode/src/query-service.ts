import { Turns } from "@sluice/async";
import { type Column, takeRows } from "@sluice/columns";
import { bytesField, countData, joined, type Parts, partsOf, toBuffer } from "@sluice/fields";
import { compareRows, type OrderedRow } from "@sluice/query";
import { type Client, checkStatus, type dataCoord, milvus, okStatus, type queryNode } from "@sluice/rpc";
import { type FieldSchema, primaryKeyIndex, timestampField } from "@sluice/schema";
import type { SegmentLogs } from "@sluice/segment";
import { type CompiledQuery, compileQuery, isTrue } from "./compile-query.ts";
import { countUpTo, orderByKey, type RowSet, type Selection } from "./row-set.ts";
import type { SegmentRows } from "./segment-rows.ts";
import { sortInTurns } from "./sort-in-turns.ts";
import { takenRows } from "./take-rows.ts";
import { unexpiredSegments, type VisibleSegment } from "./unexpired.ts";

const EVERYTHING = { offset: 0, limit: undefined } as const;
/** Number of `QueryResults.fields_data`. */
const FIELDS_DATA = 2;

/** Answers queries over the segments that are visible when the query arrives: one snapshot, taken once. */
export class QueryService {
  readonly #data: Client<dataCoord.DataCoordClient>;
  readonly #rowsOf: SegmentRows;

  constructor(data: Client<dataCoord.DataCoordClient>, rows: SegmentRows) {
    this.#data = data;
    this.#rowsOf = rows;
  }

  /**
   * A serialized `QueryResults`, made of the columns' bytes and handed on as it is.
   * @throws {StatusError} 1100 for a bad expression, output field or window, and when the answer would be too large
   */
  async query(order: queryNode.QueryOrder, signal: AbortSignal): Promise<Buffer> {
    const request = order.request as milvus.QueryRequest;
    const query = await compileQuery(order, request, new Turns(signal));
    const { collectionId, partitionIds } = order;
    const snapshot = await this.#data.getVisibleSegments({
      ...{ collectionId, partitionIds, timestamp: pinOf(request), segmentIds: [] },
    });
    checkStatus(snapshot.status);
    const segments = unexpiredSegments(snapshot, order.ttlSeconds);
    const { isCount, names } = query.output;
    const fieldsData = isCount
      ? [countData(await this.#count(query, segments, signal))]
      : await this.#rows(query, segments, signal);
    const head = milvus.QueryResults.fromPartial({
      status: okStatus(),
      outputFields: isCount ? ["count(*)"] : [...names],
      collectionName: order.collectionName,
      sessionTs: snapshot.timestamp,
      primaryFieldName: query.collection.fields[primaryKeyIndex(query.collection)].name,
    });
    const fields = fieldsData.map((field) => bytesField(FIELDS_DATA, field));
    return toBuffer(joined(partsOf(milvus.QueryResults.encode(head).finish()), ...fields));
  }

  /** Without a filter the segments' own counts are the answer, and no row is read. */
  async #count(query: CompiledQuery, segments: readonly VisibleSegment[], signal: AbortSignal): Promise<bigint> {
    const isCounted = ({ expiredTs }: VisibleSegment) =>
      query.filter.isAlwaysTrue && !query.alive && expiredTs === undefined;
    let count = segments
      .filter(isCounted)
      .reduce((sum, { logs }) => sum + BigInt(logs.rowCount - (logs.deletedRows ?? 0)), 0n);
    const others = segments.filter((segment) => !isCounted(segment));
    for await (const { rows } of this.#rowsOf.matches(query, others, signal)) count += BigInt(rows.length);
    return count;
  }

  async #rows(query: CompiledQuery, segments: readonly VisibleSegment[], signal: AbortSignal): Promise<Parts[]> {
    const turns = new Turns(signal);
    const { collection, window } = query;
    const key = collection.fields[primaryKeyIndex(collection)];
    const sources: SegmentLogs[] = [];
    const selections: Selection[] = [];
    for await (const { part, rows, segment } of this.#rowsOf.matches(query, segments, signal)) {
      // A few rows must not hold the whole column.
      const take = async (field: FieldSchema) => {
        const column = await this.#rowsOf.column(part, field);
        return rows.length === part.rowCount ? column : takeRows(column, rows);
      };
      sources.push(part);
      const timestamps = segment.rowTimestamps ? await take(timestampField) : segment.commitTs;
      selections.push({ rows, keys: await take(key), timestamps });
    }
    const isOrdered = query.order.length > 0;
    const byKey = await orderByKey(selections, key, isOrdered ? EVERYTHING : window, turns);
    const picked = isOrdered ? await this.#reordered(query, sources, byKey, turns) : byKey;
    return this.#rowsOf.output(query, sources, picked, turns);
  }

  /** The window of the rows in the order that was asked for; rows that are equal in it stay in order of their keys. */
  async #reordered(
    { collection, order, window: { offset, limit = 0 } }: CompiledQuery,
    sources: readonly SegmentLogs[],
    byKey: RowSet,
    turns: Turns,
  ): Promise<RowSet> {
    const { wanted, rows } = takenRows(byKey, sources.length);
    const columns = sources.map(() => new Map<number, Column>());
    for (const { field } of order) {
      let source = 0;
      for await (const column of this.#rowsOf.take(sources, wanted, collection.fields[field], turns))
        columns[source++].set(field, column);
    }
    const compare = compareRows(order, collection);
    const rowAt = (i: number): OrderedRow => ({ columns: columns[rows.sourceOf[i]], row: rows.rowOf[i] });
    const inOrder = await sortInTurns(countUpTo(rows.count), (a, b) => compare(rowAt(a), rowAt(b)), turns);
    const sorted = inOrder.subarray(offset, offset + limit);
    return {
      count: sorted.length,
      sourceOf: sorted.map((i) => byKey.sourceOf[i]),
      rowOf: sorted.map((i) => byKey.rowOf[i]),
    };
  }
}

/** An iterator's session timestamp pins its snapshot: what was changed later is not seen. 0 = now. */
function pinOf({ guaranteeTimestamp: pin, queryParams }: milvus.QueryRequest): bigint {
  // Smaller values are names of consistency levels, not times.
  const isPinned = isTrue(queryParams.find(({ key }) => key === "iterator")?.value) && pin > 1n << 40n;
  return isPinned ? pin : 0n;
}
