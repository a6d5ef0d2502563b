import { releaseMemory } from "@sluice/async";
import type { Column } from "@sluice/columns";
import type { ObjectReads } from "@sluice/object-store";
import { type FieldSchema, isDenseVector, vectorBytes } from "@sluice/schema";
import { type PlainValues, readSegmentField, type SegmentLogs } from "@sluice/segment";
import { columnKey } from "./column-sizes.ts";
import type { VectorBlock } from "./vector-memory.ts";
import type { Placed, VectorRoom } from "./vector-room.ts";

/** Columns of which it is remembered how they lie in their logs. */
const MAX_PLAIN = 1 << 16;

/** Reads columns of vectors into the memory that threads share, without a copy where they lie in their logs as they are. */
export class VectorReads {
  readonly #store: ObjectReads;
  readonly #room: VectorRoom;
  /** Columns that do, by key. */
  readonly #plain = new Map<string, PlainValues>();

  constructor(store: ObjectReads, room: VectorRoom) {
    this.#store = store;
    this.#room = room;
  }

  /** Where the vectors lie in their log, if they lie there as they are and that is known: their column has been read. */
  plainValues(part: SegmentLogs, field: FieldSchema): PlainValues | undefined {
    return this.#plain.get(columnKey(part, field));
  }

  /** Waits for room. @throws as `readSegmentField` */
  async read(part: SegmentLogs, field: FieldSchema): Promise<Placed<Column>> {
    const file = await this.#roomForFile(part, field);
    const column = await this.#readInto(file, part, field).catch((error: unknown) => {
      if (file) this.#room.give(file);
      throw error;
    });
    if (file?.bytes.buffer === column.data.buffer) {
      this.#notePlain(part, field, file, column);
      return { of: column, block: file };
    }
    if (file) this.#room.give(file);
    return await this.#moved(column);
  }

  /** Logs never change, so this stays true. */
  #notePlain(part: SegmentLogs, field: FieldSchema, file: VectorBlock, column: Column): void {
    if (column.kind === "var") return;
    if (this.#plain.size >= MAX_PLAIN) this.#plain.delete(this.#plain.keys().next().value as string);
    const at = column.data.byteOffset - file.bytes.byteOffset;
    this.#plain.set(columnKey(part, field), { fieldId: field.fieldId, width: column.width, at });
  }

  /** The column lies in the block of its file, or in memory of its own. */
  async #readInto(file: VectorBlock | undefined, part: SegmentLogs, field: FieldSchema): Promise<Column> {
    let block = file;
    const take = (length: number) => {
      const bytes = block && length <= block.bytes.length ? block.bytes : new Uint8Array(length);
      // The file comes first.
      block = undefined;
      return bytes;
    };
    return (await readSegmentField(this.#store, part, field, undefined, file && take)).column;
  }

  /** For a log whose rows may lie side by side: those of others are taken apart in memory of their own. */
  async #roomForFile(part: SegmentLogs, field: FieldSchema): Promise<VectorBlock | undefined> {
    const { fieldId, dataType, dim } = field;
    const fileBytes = part.insertLogs.find((logs) => logs.fieldId === fieldId)?.sizesBytes[0] ?? 0;
    const isPlain = isDenseVector(dataType) && fileBytes >= part.rowCount * vectorBytes(dataType, dim);
    return isPlain ? this.#room.take(fileBytes) : undefined;
  }

  async #moved(column: Column): Promise<Placed<Column>> {
    const { length } = column.data;
    const offsetsAt = (length + 7) & ~7;
    const block = await this.#room.take(column.kind === "fixed" ? length : offsetsAt + column.offsets.byteLength);
    if (!block) return { of: column, block };
    const { buffer, byteOffset } = block.bytes;
    block.bytes.set(column.data);
    const data = block.bytes.subarray(0, length);
    releaseMemory(column.data);
    if (column.kind === "fixed") return { of: { ...column, data }, block };
    const offsets = new Uint32Array(buffer, byteOffset + offsetsAt, column.offsets.length);
    offsets.set(column.offsets);
    return { of: { ...column, data, offsets }, block };
  }
}
