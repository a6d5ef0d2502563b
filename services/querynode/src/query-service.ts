import { Turns } from "@sluice/async";
import { bytesField, countData, joined, type Parts, partsOf, toBuffer } from "@sluice/fields";
import { type Client, checkStatus, type dataCoord, milvus, okStatus, type queryNode } from "@sluice/rpc";
import { primaryKeyIndex, sessionTimestamp } from "@sluice/schema";
import { answerFields, MAX_ANSWER_BYTES } from "./answer-fields.ts";
import { answerGroups } from "./answer-groups.ts";
import { comparePicked } from "./compare-picked.ts";
import { type CompiledQuery, compileQuery, readMoment } from "./compile-query.ts";
import { elementWindow, rowsOfWindow } from "./element-rows.ts";
import type { SpreadRows } from "./nodes/spread-rows.ts";
import { countUpTo, orderByKey, type RowSet } from "./row-set.ts";
import { AnswerBudget, type StoredPart } from "./segment-rows.ts";
import { sortInTurns } from "./sort-in-turns.ts";
import { unexpiredSegments, type VisibleSegment } from "./unexpired.ts";

const EVERYTHING = { offset: 0, limit: undefined } as const;
/** Number of `QueryResults.fields_data`. */
const FIELDS_DATA = 2;

interface Answer {
  readonly fieldsData: readonly Parts[];
  /** Of each row, where elements of struct arrays are meant. */
  readonly elements?: readonly Uint32Array[] | undefined;
}

/** Answers queries over the segments that are visible when the query arrives: one snapshot, taken once. */
export class QueryService {
  readonly #data: Client<dataCoord.DataCoordClient>;
  readonly #rows: SpreadRows;

  constructor(data: Client<dataCoord.DataCoordClient>, rows: SpreadRows) {
    this.#data = data;
    this.#rows = rows;
  }

  /**
   * A serialized `QueryResults`, made of the columns' bytes and handed on as it is.
   * @throws {StatusError} 1100 for a bad expression, output field or window, and when the answer would be too large
   */
  async query(order: queryNode.QueryOrder, signal: AbortSignal): Promise<Buffer> {
    const request = order.request as milvus.QueryRequest;
    const query = await compileQuery(order, request, new Turns(signal));
    const { collectionId, partitionIds } = order;
    const { pin, isAsked } = readMoment(request.queryParams, request.guaranteeTimestamp);
    const snapshot = await this.#data.getVisibleSegments({
      ...{ collectionId, partitionIds, timestamp: pin, segmentIds: [] },
    });
    checkStatus(snapshot.status);
    const segments = unexpiredSegments(snapshot, order.ttlSeconds);
    const { fieldsData, elements = [] } = await this.#answer(query, segments, signal);
    const head = milvus.QueryResults.fromPartial({
      status: okStatus(),
      outputFields: namesOf(query),
      collectionName: order.collectionName,
      sessionTs: isAsked ? sessionTimestamp(snapshot.timestamp) : 0n,
      primaryFieldName: query.collection.fields[primaryKeyIndex(query.collection)].name,
      elementIndices: elements.map((some) => ({ indices: { data: Array.from(some, BigInt) } })),
    });
    const fields = fieldsData.map((field) => bytesField(FIELDS_DATA, field));
    return toBuffer(joined(partsOf(milvus.QueryResults.encode(head).finish()), ...fields));
  }

  async #answer(query: CompiledQuery, segments: readonly VisibleSegment[], signal: AbortSignal): Promise<Answer> {
    const { aggregation, output } = query;
    if (output.isCount) return { fieldsData: [countData(await this.#rows.count(query, segments, signal))] };
    if (!aggregation) return this.#fields(query, segments, signal);
    const reading = { turns: new Turns(signal), signal, budget: new AnswerBudget(MAX_ANSWER_BYTES) };
    const grouped = await this.#rows.grouped(query, segments, aggregation, reading);
    return { fieldsData: await answerGroups(query, aggregation, grouped, reading.turns) };
  }

  async #fields(query: CompiledQuery, segments: readonly VisibleSegment[], signal: AbortSignal): Promise<Answer> {
    const reading = { turns: new Turns(signal), signal };
    const { window, cursor, filter } = query;
    const isOrdered = query.order.length > 0;
    const wanted = isOrdered ? undefined : rowsOfWindow(window, cursor);
    const selections = await this.#rows.select(query, segments, signal, wanted);
    const parts = selections.map(({ part }) => part);
    const key = query.collection.fields[primaryKeyIndex(query.collection)];
    const first = filter.elements ? { offset: 0, limit: wanted } : isOrdered ? EVERYTHING : window;
    const byKey = await orderByKey(selections, key, first, reading.turns);
    const { picked, elements } = filter.elements
      ? await elementWindow(query, filter.elements, this.#rows, parts, byKey, reading)
      : { picked: isOrdered ? await this.#reordered(query, parts, byKey, reading) : byKey };
    return { fieldsData: await answerFields(query, this.#rows, parts, picked, reading), elements };
  }

  /** The window of the rows in the order that was asked for; rows that are equal in it stay in order of their keys. */
  async #reordered(
    { collection, text: { schema }, order, window: { offset, limit = 0 } }: CompiledQuery,
    parts: readonly StoredPart[],
    byKey: RowSet,
    reading: { readonly turns: Turns; readonly signal: AbortSignal },
  ): Promise<RowSet> {
    const compare = await comparePicked({ collection, schema, order }, this.#rows, parts, byKey, reading);
    const inOrder = await sortInTurns(countUpTo(byKey.count), compare, reading.turns);
    const sorted = inOrder.subarray(offset, offset + limit);
    return {
      count: sorted.length,
      sourceOf: sorted.map((i) => byKey.sourceOf[i]),
      rowOf: sorted.map((i) => byKey.rowOf[i]),
    };
  }
}

function namesOf({ aggregation, output }: CompiledQuery): string[] {
  return aggregation ? aggregation.shown.map((at) => aggregation.fields[at].name) : [...output.names];
}
