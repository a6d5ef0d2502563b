import type { SegmentExtension, SegmentRecord } from "@sluice/catalog";
import type { ObjectStore } from "@sluice/object-store";
import { type Client, checkStatus, type queryNode, READER_ABSENT_MS, schema, segmentMessage } from "@sluice/rpc";
import { type CollectionSchema, type FieldLogs, primaryKeyIndex, segmentId } from "@sluice/schema";
import { type KeyDeletes, readDeltaLog, writeDeltaLog } from "@sluice/segment";
import type { Snapshot } from "../change.ts";
import { extended } from "../extended-segment.ts";
import type { SegmentBook } from "../segment-book.ts";
import type { DeleteCall } from "./row-call.ts";

/** Longer than a look at every segment of a large collection takes. */
const FIND_DEADLINE_MS = 300_000;
/** A log takes in those before it that are not more than so many times as large: a segment then has few, whatever deletes come. */
const TAKE_IN = 2;

/** Rows of one segment that a delete is about. */
export interface FoundRows {
  /** With the deletes that count already. */
  readonly segment: SegmentRecord;
  /** Of each row. */
  readonly keys: readonly (bigint | string)[];
}

/** What a delete is about. */
export interface Found {
  readonly rows: readonly FoundRows[];
  /** Keys that the expression lists, where it does nothing else; else 0. */
  readonly namedKeys: number;
}

/** What deletes need; `now` is in Unix milliseconds. */
export interface RowDeletesDeps {
  readonly book: SegmentBook;
  readonly objects: ObjectStore;
  readonly query: Pick<Client<queryNode.QueryNodeClient>, "findRows">;
  readonly allocateIds: (count: number) => Promise<bigint>;
  readonly now: () => number;
}

/** Finds rows by expression or key, and writes down that they are deleted, in the logs of their segments. */
export class RowDeletes {
  readonly #deps: RowDeletesDeps;

  constructor(deps: RowDeletesDeps) {
    this.#deps = deps;
  }

  /** @param signal ends the search of the querynodes @throws {StatusError} 1100 for a bad expression; the reason of `signal` */
  async find(
    snapshot: Snapshot,
    order: Pick<DeleteCall["request"], "schema" | "expr" | "exprTemplateValues" | "timezone">,
    partitionIds: readonly bigint[],
    signal: AbortSignal,
  ): Promise<Found> {
    const segments = this.#segmentsOf(snapshot, partitionIds);
    const { expr, exprTemplateValues, timezone } = order;
    const messages = [...segments.values()].map(({ record, commitTs }) => segmentMessage(record, commitTs));
    const asked = { schema: order.schema, expr, exprTemplateValues, timezone, segments: messages };
    const answer = await this.#deps.query.findRows(asked, {
      deadlineMs: FIND_DEADLINE_MS,
      absentMs: READER_ABSENT_MS,
      signal,
    });
    checkStatus(answer.status);
    const rows = answer.segments.flatMap(({ segmentId: id, keys }) => {
      const segment = segments.get(id)?.record;
      return segment ? [{ segment, keys: (keys?.idField?.value.data ?? []) as (bigint | string)[] }] : [];
    });
    return { rows, namedKeys: Number(answer.namedKeys) };
  }

  /** Rows with one of these keys. */
  findKeys(
    snapshot: Snapshot,
    { schema: collection, schemaBytes, partitionIds }: Pick<DeleteCall, "schema" | "schemaBytes" | "partitionIds">,
    keys: readonly (bigint | string)[],
    signal: AbortSignal,
  ): Promise<Found> {
    const { name } = collection.fields[primaryKeyIndex(collection)];
    const order = { schema: schemaBytes, expr: `${name} in {keys}`, exprTemplateValues: { keys: keyList(keys) } };
    return this.find(snapshot, { ...order, timezone: "UTC" }, partitionIds, signal);
  }

  #segmentsOf({ visible }: Snapshot, partitionIds: readonly bigint[]) {
    const segments = new Map<bigint, { readonly record: SegmentRecord; readonly commitTs: bigint }>();
    for (const [id, visibility] of visible) {
      const record = this.#deps.book.get(id);
      if (record?.state !== "sealed") continue;
      if (partitionIds.length === 0 || partitionIds.includes(record.partitionId))
        segments.set(id, { record: extended(record, visibility), commitTs: visibility.commitTs });
    }
    return segments;
  }

  /** Logs with the deletes of rows that were found, durable when it resolves. @param timestamp of the delete, hybrid */
  write(found: readonly FoundRows[], collection: CollectionSchema, timestamp: bigint): Promise<SegmentExtension[]> {
    const { fieldId } = collection.fields[primaryKeyIndex(collection)];
    return Promise.all(
      found.map(({ segment, keys }) => {
        const distinct = [...new Set(keys)];
        const deletes = { keys: distinct, timestamps: distinct.map(() => timestamp) };
        return this.extend(segment, fieldId, deletes, keys.length);
      }),
    );
  }

  /**
   * One log more of a segment.
   * @param keyField id of the primary key @param rowCount rows that are deleted by it
   */
  async extend(
    segment: SegmentRecord,
    keyField: number,
    deletes: KeyDeletes,
    rowCount: number,
  ): Promise<SegmentExtension> {
    const { objects, allocateIds, now } = this.#deps;
    const [before] = segment.deltaLogs ?? [];
    const { kept, all } = await this.#takeIn(segment, before, deletes);
    const logId = await allocateIds(1);
    const sizeBytes = await writeDeltaLog(objects, segment, logId, all, now());
    const logs: FieldLogs = {
      fieldId: keyField,
      logIds: [...(before?.logIds.slice(0, kept) ?? []), logId],
      rowCounts: [...(before?.rowCounts.slice(0, kept) ?? []), all.keys.length],
      sizesBytes: [...(before?.sizesBytes.slice(0, kept) ?? []), sizeBytes],
    };
    const deletedRows = (segment.deletedRows ?? 0) + rowCount;
    return { segmentId: segmentId(segment.segmentId), insertLogs: [], statsLogs: [], deltaLogs: [logs], deletedRows };
  }

  /** The deletes with those of the last logs that are not much larger; and how many logs stay. */
  async #takeIn(segment: SegmentRecord, before: FieldLogs | undefined, deletes: KeyDeletes) {
    const parts = [deletes];
    let count = deletes.keys.length;
    let kept = before?.logIds.length ?? 0;
    for (; before && kept > 0 && before.rowCounts[kept - 1] <= TAKE_IN * count; kept--) {
      parts.unshift(await readDeltaLog(this.#deps.objects, segment, before, kept - 1));
      count += before.rowCounts[kept - 1];
    }
    const all = { keys: parts.flatMap(({ keys }) => keys), timestamps: parts.flatMap(({ timestamps }) => timestamps) };
    return { kept, all };
  }
}

function keyList(keys: readonly (bigint | string)[]): schema.TemplateValue {
  const data: schema.TemplateArrayValue["data"] =
    typeof keys[0] === "string"
      ? { $case: "stringData", value: { data: keys as string[] } }
      : { $case: "longData", value: { data: keys as bigint[] } };
  return schema.TemplateValue.fromPartial({ val: { $case: "arrayVal", value: { data } } });
}
