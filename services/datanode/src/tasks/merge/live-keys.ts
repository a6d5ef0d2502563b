import { type Column, type DeletedKeys, rowsNotDeleted } from "@sluice/columns";
import { type FieldSchema, timestampField, type VisibleSegment } from "@sluice/schema";
import { readDeletes, readSegmentField, type SegmentLogs } from "@sluice/segment";
import type { TaskContext } from "../task-kind.ts";

/** Which rows of a segment no delete concerns, asked of one segment after the other. */
export class LiveKeys {
  readonly #primaryKey: FieldSchema;
  readonly #context: Pick<TaskContext, "stored" | "signal">;
  /** Of the segment whose parts are being read. */
  #last: { readonly segmentId: bigint; readonly deletes: DeletedKeys } | undefined;

  constructor(primaryKey: FieldSchema, context: Pick<TaskContext, "stored" | "signal">) {
    this.#primaryKey = primaryKey;
    this.#context = context;
  }

  /** The keys with null for those of deleted rows. @param part logs of the segment that have these rows */
  async only(keys: Column, segment: VisibleSegment, part: SegmentLogs): Promise<Column> {
    const { stored, signal } = this.#context;
    const deletes = await this.#deletesOf(segment);
    const { column: primaryKeys, rowCount } = await readSegmentField(stored, part, this.#primaryKey, signal);
    const timestamps = segment.rowTimestamps
      ? (await readSegmentField(stored, part, timestampField, signal)).column
      : segment.commitTs;
    const all = Uint32Array.from({ length: rowCount }, (_, row) => row);
    const validity = new Uint8Array(rowCount);
    for (const row of rowsNotDeleted(deletes, primaryKeys, timestamps, all)) validity[row] = keys.validity?.[row] ?? 1;
    return { ...keys, validity };
  }

  async #deletesOf(segment: VisibleSegment): Promise<DeletedKeys> {
    if (this.#last?.segmentId === segment.segmentId) return this.#last.deletes;
    const { stored, signal } = this.#context;
    const deletes = await readDeletes(stored, [segment], this.#primaryKey, signal);
    this.#last = { segmentId: segment.segmentId, deletes };
    return deletes;
  }
}
