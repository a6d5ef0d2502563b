import { Turns } from "@sluice/async";
import { type Column, columnBytes, takeRows, type VarColumn, varValue } from "@sluice/columns";
import { StatusError, statusCodes } from "@sluice/errors";
import type { ObjectReads } from "@sluice/object-store";
import { compareRows, type Filter, metaProjection, type OrderedRow } from "@sluice/query";
import { type Client, checkStatus, type dataCoord, milvus, okStatus, type queryNode } from "@sluice/rpc";
import { type CollectionSchema, type FieldSchema, memberName, primaryKeyIndex } from "@sluice/schema";
import { type SegmentLogs, segmentParts, timestampField } from "@sluice/segment";
import type { Rows } from "./cell-bytes.ts";
import { type CompiledQuery, compileQuery, isTrue } from "./compile-query.ts";
import { countData, fieldData, memberIndexes, structFieldData } from "./field-data.ts";
import { mayHoldKeys } from "./key-pruning.ts";
import { bytesField, joined, type Parts, partsOf, toBuffer } from "./message-parts.ts";
import { countUpTo, orderByKey, type RowSet, type Selection } from "./row-set.ts";
import { SegmentCache } from "./segment-cache.ts";
import { sortInTurns } from "./sort-in-turns.ts";
import { takenRows } from "./take-rows.ts";
import { rowsAfter, unexpiredSegments, type VisibleSegment } from "./unexpired.ts";

/** Greatest answer. Source: Milvus `quotaAndLimits.limits.maxOutputSize`. */
const MAX_ANSWER_BYTES = 100 << 20;
const EVERYTHING = { offset: 0, limit: undefined } as const;
/** Number of `QueryResults.fields_data`. */
const FIELDS_DATA = 2;
/** Logs of one field that are in memory at once while rows are taken from them. */
const PARTS_AT_ONCE = 4;

/** Answers queries over the segments that are visible when the query arrives: one snapshot, taken once. */
export class QueryService {
  readonly #data: Client<dataCoord.DataCoordClient>;
  readonly #cache: SegmentCache;
  readonly #maxAnswerBytes: number;

  constructor(
    data: Client<dataCoord.DataCoordClient>,
    store: ObjectReads,
    cacheBytes: number,
    maxAnswerBytes = MAX_ANSWER_BYTES,
  ) {
    this.#data = data;
    this.#cache = new SegmentCache(store, cacheBytes);
    this.#maxAnswerBytes = maxAnswerBytes;
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
    let count = segments.filter(isCounted).reduce((sum, { logs }) => sum + BigInt(logs.rowCount), 0n);
    const others = segments.filter((segment) => !isCounted(segment));
    for await (const { rows } of this.#matches(query, others, signal)) count += BigInt(rows.length);
    return count;
  }

  async #rows(query: CompiledQuery, segments: readonly VisibleSegment[], signal: AbortSignal): Promise<Parts[]> {
    const turns = new Turns(signal);
    const { collection, window } = query;
    const key = collection.fields[primaryKeyIndex(collection)];
    const sources: SegmentLogs[] = [];
    const selections: Selection[] = [];
    for await (const { part, rows, segment } of this.#matches(query, segments, signal)) {
      // A few rows must not hold the whole column.
      const take = async (field: FieldSchema) => {
        const column = await this.#cache.column(part, field);
        return rows.length === part.rowCount ? column : takeRows(column, rows);
      };
      sources.push(part);
      const timestamps = segment.rowTimestamps ? await take(timestampField) : segment.commitTs;
      selections.push({ rows, keys: await take(key), timestamps });
    }
    const isOrdered = query.order.length > 0;
    const byKey = await orderByKey(selections, key, isOrdered ? EVERYTHING : window, turns);
    const picked = isOrdered ? await this.#reordered(query, sources, byKey, turns) : byKey;
    return this.#output(query, sources, picked, turns);
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
      for await (const column of this.#take(sources, wanted, collection.fields[field], turns))
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

  /** Parts of segments with the rows that pass the filter, ascending; parts without such rows are left out. */
  async *#matches(
    { collection, filter, alive }: CompiledQuery,
    segments: readonly VisibleSegment[],
    signal: AbortSignal,
  ): AsyncGenerator<{ part: SegmentLogs; rows: Uint32Array; segment: VisibleSegment }> {
    const turns = new Turns(signal);
    for (const segment of segments) {
      const { logs, expiredTs } = segment;
      if (turns.isDue) await turns.next();
      if (!(await mayHoldKeys(filter, logs, this.#cache))) continue;
      for (const part of segmentParts(logs)) {
        if (turns.isDue) await turns.next();
        let rows = await this.#select(collection, filter, part, turns);
        if (alive && rows.length > 0) rows = inBoth(rows, await this.#select(collection, alive, part, turns));
        if (expiredTs !== undefined && rows.length > 0)
          rows = rowsAfter(expiredTs, await this.#cache.column(part, timestampField), rows);
        if (rows.length > 0) yield { part, rows, segment };
      }
    }
  }

  async #select(collection: CollectionSchema, filter: Filter, part: SegmentLogs, turns: Turns): Promise<Uint32Array> {
    if (filter.isAlwaysTrue) return countUpTo(part.rowCount);
    const columns = new Map<number, Column>();
    for (const index of filter.fields) columns.set(index, await this.#cache.column(part, collection.fields[index]));
    return filter.evaluateInTurns(columns, part.rowCount, turns);
  }

  async #output(
    { collection, output, timezone }: CompiledQuery,
    sources: readonly SegmentLogs[],
    picked: RowSet,
    turns: Turns,
  ): Promise<Parts[]> {
    const { wanted, rows } = takenRows(picked, sources.length);
    let sizeBytes = 0;
    const take = async (index: number): Promise<Rows> => {
      const field = collection.fields[index];
      const columns: Column[] = [];
      for await (const column of this.#take(sources, wanted, field, turns)) {
        sizeBytes += columnBytes(column, wanted[columns.length].length);
        if (sizeBytes > this.#maxAnswerBytes) throw tooLarge(this.#maxAnswerBytes);
        const keys = field.isDynamic ? output.dynamicKeys : undefined;
        columns.push(keys ? await projectColumn(column, keys, turns) : column);
      }
      return { columns, rows, turns };
    };
    const fieldsData: Parts[] = [];
    for (const index of output.fields)
      fieldsData.push(await fieldData(collection.fields[index], await take(index), timezone));
    for (const struct of output.structs) {
      const members: Parts[] = [];
      let first: Rows | undefined;
      for (const index of memberIndexes(collection, struct)) {
        const field = collection.fields[index];
        const taken = await take(index);
        if (members.length === 0 && field.nullable) first = taken;
        members.push(await fieldData(field, taken, timezone, memberName(field.name)));
      }
      fieldsData.push(await structFieldData(struct, members, first));
    }
    return fieldsData;
  }

  /** The wanted rows of one field, source by source. What no row is wanted of is not read. */
  async *#take(
    sources: readonly SegmentLogs[],
    wanted: readonly Uint32Array[],
    field: FieldSchema,
    turns: Turns,
  ): AsyncGenerator<Column> {
    const take = async (source: number) =>
      wanted[source].length === 0
        ? emptyColumn
        : takeRows(await this.#cache.column(sources[source], field), wanted[source]);
    for (let first = 0; first < sources.length; first += PARTS_AT_ONCE) {
      if (turns.isDue) await turns.next();
      const end = Math.min(first + PARTS_AT_ONCE, sources.length);
      yield* await Promise.all(Array.from({ length: end - first }, (_, i) => take(first + i)));
    }
  }
}

function tooLarge(limitBytes: number): StatusError {
  return new StatusError(statusCodes.invalidParameter, `query results exceed the maxOutputSize Limit ${limitBytes}`);
}

const emptyColumn: Column = { kind: "var", offsets: new Uint32Array(1), data: new Uint8Array(0), validity: undefined };

/** The `$meta` column with each row's object reduced to some keys. */
async function projectColumn(column: Column, keys: readonly string[], turns: Turns): Promise<VarColumn> {
  const cells = column as VarColumn;
  const rows = cells.offsets.length - 1;
  const project = metaProjection(keys);
  const projected: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    projected.push(project(varValue(cells, row)));
    if (turns.isDue) await turns.next();
  }
  const offsets = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + projected[row].length;
  return { kind: "var", offsets, data: Buffer.concat(projected), validity: cells.validity };
}

/** What two ascending lists have in common. */
function inBoth(a: Uint32Array, b: Uint32Array): Uint32Array {
  let at = 0;
  return a.filter((row) => {
    while (at < b.length && b[at] < row) at++;
    return b[at] === row;
  });
}

/** An iterator's session timestamp pins its snapshot: what was changed later is not seen. 0 = now. */
function pinOf({ guaranteeTimestamp: pin, queryParams }: milvus.QueryRequest): bigint {
  // Smaller values are names of consistency levels, not times.
  const isPinned = isTrue(queryParams.find(({ key }) => key === "iterator")?.value) && pin > 1n << 40n;
  return isPinned ? pin : 0n;
}
