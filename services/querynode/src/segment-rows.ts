import { Turns } from "@sluice/async";
import { type Column, columnBytes, takeRows, type VarColumn, varValue } from "@sluice/columns";
import { StatusError, statusCodes } from "@sluice/errors";
import { fieldData, memberIndexes, type Parts, type Rows, structFieldData } from "@sluice/fields";
import type { ObjectReads } from "@sluice/object-store";
import { type Filter, metaProjection, rowsAfter } from "@sluice/query";
import { type CollectionSchema, type FieldSchema, memberName, primaryKeyIndex, timestampField } from "@sluice/schema";
import { type SegmentLogs, segmentParts } from "@sluice/segment";
import type { CompiledQuery } from "./compile-query.ts";
import { mayHoldKeys } from "./key-pruning.ts";
import { rowsBetween } from "./row-range.ts";
import type { RowSet } from "./row-set.ts";
import { SegmentCache } from "./segment-cache.ts";
import { takenRows } from "./take-rows.ts";
import type { VisibleSegment } from "./unexpired.ts";

/** Greatest answer. Source: Milvus `quotaAndLimits.limits.maxOutputSize`. */
const MAX_ANSWER_BYTES = 100 << 20;
/** Logs of one field that are in memory at once while rows are taken from them. */
const PARTS_AT_ONCE = 4;

/** Which rows of a collection are meant. */
export type RowFilter = Pick<CompiledQuery, "collection" | "filter" | "alive">;

/** Rows of visible segments: found by a filter, read by the column, made into an answer. */
export class SegmentRows {
  readonly #cache: SegmentCache;
  readonly #maxAnswerBytes: number;

  constructor(store: ObjectReads, cacheBytes: number, maxAnswerBytes = MAX_ANSWER_BYTES) {
    this.#cache = new SegmentCache(store, cacheBytes);
    this.#maxAnswerBytes = maxAnswerBytes;
  }

  /** One field of one part of a segment. */
  column(part: SegmentLogs, field: FieldSchema): Promise<Column> {
    return this.#cache.column(part, field);
  }

  /** What is known of the terms of a BM25 output. */
  bm25Stats(segment: SegmentLogs, fieldId: number): ReturnType<SegmentCache["bm25Stats"]> {
    return this.#cache.bm25Stats(segment, fieldId);
  }

  /** Parts of segments with the rows that pass the filter, ascending, not to be written; parts without such rows are left out. */
  async *matches(
    { collection, filter, alive }: RowFilter,
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
        if (part.deltaLogs && rows.length > 0) rows = await this.#live(collection, segment, part, rows);
        if (expiredTs !== undefined && rows.length > 0)
          rows = rowsAfter(expiredTs, await this.#cache.column(part, timestampField), rows);
        if (rows.length > 0) yield { part, rows, segment };
      }
    }
  }

  async #live(
    collection: CollectionSchema,
    { rowTimestamps, commitTs }: VisibleSegment,
    part: SegmentLogs,
    rows: Uint32Array,
  ): Promise<Uint32Array> {
    const key = collection.fields[primaryKeyIndex(collection)];
    const live = await this.#cache.liveRows(part, key, rowTimestamps ? undefined : commitTs);
    return rows.length === part.rowCount ? live : inBoth(rows, live);
  }

  async #select(collection: CollectionSchema, filter: Filter, part: SegmentLogs, turns: Turns): Promise<Uint32Array> {
    if (filter.isAlwaysTrue) return rowsBetween(0, part.rowCount);
    const columns = new Map<number, Column>();
    for (const index of filter.fields) columns.set(index, await this.#cache.column(part, collection.fields[index]));
    return filter.evaluateInTurns(columns, part.rowCount, turns);
  }

  async output(
    { collection, output, timezone }: Pick<CompiledQuery, "collection" | "output" | "timezone">,
    sources: readonly SegmentLogs[],
    picked: RowSet,
    turns: Turns,
  ): Promise<Parts[]> {
    const { wanted, rows } = takenRows(picked, sources.length);
    let sizeBytes = 0;
    const take = async (index: number): Promise<Rows> => {
      const field = collection.fields[index];
      const columns: Column[] = [];
      for await (const column of this.take(sources, wanted, field, turns)) {
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
  async *take(
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
