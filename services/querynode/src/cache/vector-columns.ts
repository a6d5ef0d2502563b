import { releaseMemory, Serial } from "@sluice/async";
import type { Column } from "@sluice/columns";
import type { ObjectReads } from "@sluice/object-store";
import { type FieldSchema, isDenseVector, vectorBytes } from "@sluice/schema";
import { readSegmentField, type SegmentLogs } from "@sluice/segment";
import { areSketched, type Sketches, sketchesBytes, sketchesIn } from "../search/sketches.ts";
import { columnKey, sizeOf } from "./column-sizes.ts";
import type { Hold, KeptValues } from "./kept-values.ts";
import { type VectorBlock, VectorMemory } from "./vector-memory.ts";

/** Smaller ones are compared where they are, in ordinary memory. */
const SHARED_FROM_BYTES = 64 << 10;

/** What lies in a block of the memory that threads share; in ordinary memory without. */
interface Placed<T> {
  readonly of: T;
  readonly block: VectorBlock | undefined;
}

/** Vectors of a part of a segment, which stay until their holder lets go of them. */
export interface HeldVectors extends Disposable {
  readonly column: Column;
  /** If they are there, or their column was kept for a while. */
  readonly sketches: Sketches | undefined;
  /** For one more holder. */
  again(): HeldVectors;
}

/**
 * Columns of vectors and their sketches, in memory of fixed size that threads share. Who needs room there waits until others have
 * let go of theirs: holders are reads under way, and comparisons under way, and neither waits for room.
 */
export class VectorColumns {
  readonly #store: ObjectReads;
  readonly #kept: KeptValues;
  readonly #memoryBytes: number;
  readonly #line = new Serial();
  #memory: VectorMemory | undefined;

  /** @param memoryBytes for all columns that are kept or held, and their sketches */
  constructor(store: ObjectReads, kept: KeptValues, memoryBytes: number) {
    this.#store = store;
    this.#kept = kept;
    this.#memoryBytes = memoryBytes;
  }

  /** Reserved by the first who needs it. */
  get memory(): VectorMemory {
    return (this.#memory ??= new VectorMemory(this.#memoryBytes));
  }

  /** Reads a column ahead: nobody holds it, so it may have gone again. Whether it was there before. @throws as `readSegmentField` */
  async ahead(part: SegmentLogs, field: FieldSchema): Promise<boolean> {
    const isKept = this.#kept.has(columnKey(part, field));
    using _ = await this.#column(part, field);
    return isKept;
  }

  /** @param wantsSketches makes room for sketches if there are none @throws as `readSegmentField` */
  async hold(part: SegmentLogs, field: FieldSchema, wantsSketches: boolean): Promise<HeldVectors> {
    const column = await this.#column(part, field);
    const sketches = wantsSketches ? await this.#sketches(part, field, column.value.of) : undefined;
    return heldVectors(column, sketches);
  }

  #column(part: SegmentLogs, field: FieldSchema): Promise<Hold<Placed<Column>>> {
    return this.#kept.hold(columnKey(part, field), {
      read: () => this.#read(part, field),
      size: ({ of, block }) => block?.bytes.length ?? sizeOf(of),
      free: ({ of, block }) => (block ? this.#give(block) : releaseMemory(of.data)),
    });
  }

  async #read(part: SegmentLogs, field: FieldSchema): Promise<Placed<Column>> {
    const file = await this.#roomForFile(part, field);
    const column = await this.#readInto(file, part, field).catch((error: unknown) => {
      if (file) this.#give(file);
      throw error;
    });
    if (file?.bytes.buffer === column.data.buffer) return { of: column, block: file };
    if (file) this.#give(file);
    return await this.#moved(column);
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
    return isPlain ? this.#room(fileBytes) : undefined;
  }

  async #moved(column: Column): Promise<Placed<Column>> {
    const { length } = column.data;
    const offsetsAt = (length + 7) & ~7;
    const block = await this.#room(column.kind === "fixed" ? length : offsetsAt + column.offsets.byteLength);
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

  /** Undefined where ordinary memory does: for little, and for more than there is. */
  async #room(length: number): Promise<VectorBlock | undefined> {
    if (length < SHARED_FROM_BYTES || !this.memory.fits(length)) return undefined;
    // In a line: what is free would else go to whoever wants least, again and again.
    return this.#line.run(async () => {
      for (;;) {
        const block = this.#roomNow(length);
        if (block) return block;
        await this.#kept.released.rung();
      }
    });
  }

  #give(block: VectorBlock): void {
    this.memory.give(block);
    this.#kept.released.ring();
  }

  #roomNow(length: number): VectorBlock | undefined {
    let block = this.memory.take(length);
    while (!block && this.#kept.dropIdle()) block = this.memory.take(length);
    return block;
  }

  /** Without room there are none this time. */
  async #sketches(part: SegmentLogs, field: FieldSchema, column: Column): Promise<Hold<Placed<Sketches>> | undefined> {
    const key = `sketches/${columnKey(part, field)}`;
    if (!areSketched(column, field)) return undefined;
    const block = this.#kept.has(key) ? undefined : this.#roomNow(sketchesBytes(part.rowCount, field.dim));
    if (!block && !this.#kept.has(key)) return undefined;
    return this.#kept.hold<Placed<Sketches>>(key, {
      read: async () => ({ of: sketchesIn((block as VectorBlock).bytes, part.rowCount, field.dim), block }),
      size: () => (block as VectorBlock).bytes.length,
      free: () => this.#give(block as VectorBlock),
    });
  }
}

function heldVectors(column: Hold<Placed<Column>>, sketches: Hold<Placed<Sketches>> | undefined): HeldVectors {
  return {
    ...{ column: column.value.of, sketches: sketches?.value.of },
    again: () => heldVectors(column.again(), sketches?.again()),
    [Symbol.dispose]: () => {
      column[Symbol.dispose]();
      sketches?.[Symbol.dispose]();
    },
  };
}
