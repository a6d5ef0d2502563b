import { type Column, rowsNotDeleted, takeRows } from "@sluice/columns";
import type { ExportTaskInput } from "@sluice/jobs";
import { aliveText, compileFilter, expiredBefore, type Filter, rowsAfter } from "@sluice/query";
import { type FieldSchema, physicalMs, primaryKeyIndex, timestampField, type VisibleSegment } from "@sluice/schema";
import { readDeletes, readSegmentField, type SegmentLogs } from "@sluice/segment";
import type { TaskContext } from "../task-kind.ts";

/** Rows of a part of a segment, by the columns of the output. */
export interface PartRows {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  /** Bytes of memory of all rows of the part, exported or not. */
  readonly memoryBytes: number;
}

/** Which rows are meant, and what is read of them. */
export type LiveInput = Pick<ExportTaskInput, "schema" | "filter" | "timestamp" | "expiry" | "output">;

/** Which rows are exported: those that pass the filter and have not expired at the export's timestamp. */
export class LiveRows {
  readonly #input: LiveInput;
  readonly #context: Pick<TaskContext, "stored" | "signal">;
  readonly #filters: readonly Filter[];
  /** Rows up to it have expired; 0 = none. */
  readonly #expiredTs: bigint;

  constructor(input: LiveInput, context: Pick<TaskContext, "stored" | "signal">) {
    const { schema, filter, timestamp, expiry } = input;
    this.#input = input;
    this.#context = context;
    const texts = [filter, ...(expiry.ttlField ? [aliveText(expiry.ttlField, physicalMs(timestamp))] : [])];
    this.#filters = texts.map((text) => compileFilter(text, schema)).filter(({ isAlwaysTrue }) => !isAlwaysTrue);
    this.#expiredTs = expiredBefore(timestamp, expiry.ttlSeconds);
  }

  /** Whether no row of the segment can be among them. */
  isNone({ commitTs, rowTimestamps }: VisibleSegment): boolean {
    return (
      (rowTimestamps?.max ?? commitTs) <= this.#expiredTs || this.#filters.some(({ isAlwaysFalse }) => isAlwaysFalse)
    );
  }

  /** Reads the columns that the output has, and before them those that the filter asks for. */
  async read(part: SegmentLogs & { readonly memoryBytes: number }, segment: VisibleSegment): Promise<PartRows> {
    const { memoryBytes } = part;
    const known = new Map<number, Column>();
    const read = async (field: FieldSchema) => {
      const column =
        known.get(field.fieldId) ??
        (await readSegmentField(this.#context.stored, part, field, this.#context.signal)).column;
      known.set(field.fieldId, column);
      return column;
    };
    const rows = await this.#select(part.rowCount, read, segment);
    if (rows?.length === 0) return { columns: [], rowCount: 0, memoryBytes };
    const columns = await Promise.all(this.#input.output.fields.map(read));
    if (!rows) return { columns, rowCount: part.rowCount, memoryBytes };
    return { columns: columns.map((column) => takeRows(column, rows)), rowCount: rows.length, memoryBytes };
  }

  /** Rows by their numbers; undefined = all. */
  async #select(
    rowCount: number,
    read: (field: FieldSchema) => Promise<Column>,
    segment: VisibleSegment,
  ): Promise<Uint32Array | undefined> {
    let rows: Uint32Array | undefined;
    if (segment.rowTimestamps && this.#expiredTs > 0n)
      rows = rowsAfter(this.#expiredTs, await read(timestampField), allRows(rowCount));
    if (segment.deltaLogs) rows = await this.#notDeleted(rows ?? allRows(rowCount), read, segment);
    for (const filter of this.#filters) {
      const columns = new Map<number, Column>();
      for (const index of filter.fields) columns.set(index, await read(this.#input.schema.fields[index]));
      rows = filter.draw(filter.evaluate(columns, rowCount, rows));
    }
    return rows?.length === rowCount ? undefined : rows;
  }

  async #notDeleted(
    rows: Uint32Array,
    read: (field: FieldSchema) => Promise<Column>,
    segment: VisibleSegment,
  ): Promise<Uint32Array> {
    const { schema } = this.#input;
    const key = schema.fields[primaryKeyIndex(schema)];
    const deletes = await readDeletes(this.#context.stored, [segment], key, this.#context.signal);
    const timestamps = segment.rowTimestamps ? await read(timestampField) : segment.commitTs;
    return rowsNotDeleted(deletes, await read(key), timestamps, rows);
  }
}

function allRows(rowCount: number): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, row) => row);
}
