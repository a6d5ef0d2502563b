import { HeldMemory } from "@sluice/async";
import { type Column, rowsNotDeleted, takeRows } from "@sluice/columns";
import type { ExportTaskInput } from "@sluice/jobs";
import { aliveText, compileFilter, expiredBefore, type Filter, rowsAfter } from "@sluice/query";
import { type FieldSchema, physicalMs, primaryKeyIndex, timestampField, type VisibleSegment } from "@sluice/schema";
import { readDeletes, readSegmentField, type SegmentLogs } from "@sluice/segment";
import type { TaskContext } from "../task-kind.ts";
import type { Held } from "./read-ahead.ts";

/** Rows of a part of a segment, by the columns of the output, and the memory that these lie in. */
export interface PartRows extends Held {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  /** Bytes of memory of all rows of the part, exported or not. */
  readonly memoryBytes: number;
}

/** Which rows are meant, and what is read of them. */
export type LiveInput = Pick<ExportTaskInput, "schema" | "filter" | "timestamp" | "expiry" | "output">;

/** A part of a segment, and what its rows take in memory. */
export type LivePart = SegmentLogs & { readonly memoryBytes: number };

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
  async read(part: LivePart, segment: VisibleSegment): Promise<PartRows> {
    using held = new DisposableStack();
    const { memoryBytes, rowCount } = part;
    const memory = held.use(new HeldMemory());
    const known = new Map<number, Promise<Column>>();
    const read = (field: FieldSchema) => {
      const column = known.get(field.fieldId) ?? this.#readField(part, field, memory);
      known.set(field.fieldId, column);
      return column;
    };
    const rows = await this.#select(rowCount, read, segment);
    if (rows?.length === 0) return { columns: [], rowCount: 0, memoryBytes, memory: new HeldMemory() };
    const columns = await allOf(this.#input.output.fields.map(read));
    if (!rows) return { columns, rowCount, memoryBytes, memory: held.move() };
    const taken = new HeldMemory();
    const picked = columns.map((column) => takeRows(column, rows, (length) => taken.take(length)));
    return { columns: picked, rowCount: rows.length, memoryBytes, memory: taken };
  }

  async #readField(part: SegmentLogs, field: FieldSchema, memory: HeldMemory): Promise<Column> {
    const { stored, signal } = this.#context;
    // The bytes of nulls are zero.
    const take = (length: number) => (field.nullable ? memory.take(length).fill(0) : memory.take(length));
    return (await readSegmentField(stored, part, field, signal, take)).column;
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

/** As `Promise.all`, but nothing is under way any more when it fails: memory that is read into could be another's then. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function allRows(rowCount: number): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, row) => row);
}
