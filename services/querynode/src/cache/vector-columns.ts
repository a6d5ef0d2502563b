import { releaseMemory } from "@sluice/async";
import { type Column, type FixedColumn, takeRows } from "@sluice/columns";
import type { ObjectReads } from "@sluice/object-store";
import type { FieldSchema } from "@sluice/schema";
import { type PlainValues, readPlainRows, type SegmentLogs } from "@sluice/segment";
import { areAllMade, areSketched, type Sketches, sketchesBytes, sketchesIn } from "../search/sketches.ts";
import { columnKey, ENTRY_BYTES, sizeOf } from "./column-sizes.ts";
import { type HeldAs, type HeldVectors, heldColumn, heldSketches } from "./held-vectors.ts";
import type { Hold, KeptValues } from "./kept-values.ts";
import type { VectorMemory } from "./vector-memory.ts";
import { VectorReads } from "./vector-reads.ts";
import { type Placed, VectorRoom } from "./vector-room.ts";

/** Vectors that are read one by one, at once. */
export const MAX_PICKED_BYTES = 8 << 20;

/**
 * Columns of vectors and their sketches, in memory of fixed size that threads share. Who needs room there waits until others have
 * let go of theirs: holders are reads under way, and comparisons under way, and neither waits for room.
 */
export class VectorColumns {
  readonly #store: ObjectReads;
  readonly #kept: KeptValues;
  readonly #room: VectorRoom;
  readonly #reads: VectorReads;

  /** @param memoryBytes for all columns that are kept or held, and their sketches */
  constructor(store: ObjectReads, kept: KeptValues, memoryBytes: number) {
    this.#store = store;
    this.#kept = kept;
    this.#room = new VectorRoom(kept, memoryBytes);
    this.#reads = new VectorReads(store, this.#room);
  }

  /** Reserved by the first who needs it. */
  get memory(): VectorMemory {
    return this.#room.memory;
  }

  /**
   * How a part had best be held. Reads what that needs: nobody holds it, so it may have gone again.
   * @param maySketch whether sketches alone will do @throws as `readSegmentField`
   */
  async ahead(part: SegmentLogs, field: FieldSchema, maySketch: boolean): Promise<HeldAs> {
    const key = columnKey(part, field);
    const [isKept, hasSeen] = [this.#kept.has(key), this.#kept.hasSeen(key)];
    if (!isKept && maySketch && (await this.#hasSketches(part, field))) return "sketches";
    using _ = await this.#column(part, field);
    return isKept || (hasSeen && this.#paysToSketch(part, field)) ? "sketched" : "column";
  }

  /** @throws as `readSegmentField` */
  async hold(part: SegmentLogs, field: FieldSchema, as: HeldAs): Promise<HeldVectors> {
    const plain = this.#reads.plainValues(part, field);
    const alone = as === "sketches" && plain ? await this.#keptSketches(part, field) : undefined;
    if (alone && plain) return heldSketches(alone, (rows) => this.#pick(part, plain, rows));
    const column = await this.#column(part, field);
    const sketches = as === "sketched" ? await this.#sketches(part, field, column.value.of) : undefined;
    return heldColumn(column, sketches);
  }

  /** The vectors of some rows, in memory of their own; without their column, if it is not there and they are few. @throws as `readSegmentField` */
  async rows(part: SegmentLogs, field: FieldSchema, rows: Uint32Array): Promise<Column> {
    const key = columnKey(part, field);
    const plain = this.#reads.plainValues(part, field);
    if (!plain || this.#kept.has(key) || rows.length * plain.width > MAX_PICKED_BYTES) {
      using held = await this.#column(part, field);
      return takeRows(held.value.of, rows);
    }
    const ascending = Uint32Array.from(new Set(rows)).sort();
    const places = new Map(Array.from(ascending, (row, place) => [row, place]));
    const column = await this.#pick(part, plain, ascending);
    return takeRows(
      column,
      rows.map((row) => places.get(row) as number),
    );
  }

  async #pick(part: SegmentLogs, plain: PlainValues, rows: Uint32Array): Promise<FixedColumn> {
    const data = await readPlainRows(this.#store, part, plain, rows);
    return { kind: "fixed", width: plain.width, data, validity: undefined };
  }

  /** All of them, and the vectors can be read one by one. */
  async #hasSketches(part: SegmentLogs, field: FieldSchema): Promise<boolean> {
    if (!this.#reads.plainValues(part, field)) return false;
    using sketches = await this.#keptSketches(part, field);
    return sketches !== undefined && areAllMade(sketches.value.of);
  }

  /** Of a column that does not stay. */
  #paysToSketch(part: SegmentLogs, field: FieldSchema): boolean {
    const bytes = sketchesBytes(part.rowCount, field.dim);
    return this.#reads.plainValues(part, field) !== undefined && this.#kept.wouldKeep(sketchesKey(part, field), bytes);
  }

  #column(part: SegmentLogs, field: FieldSchema): Promise<Hold<Placed<Column>>> {
    return this.#kept.hold(columnKey(part, field), {
      read: () => this.#reads.read(part, field),
      size: ({ of, block }) => (block ? ENTRY_BYTES + block.bytes.length : sizeOf(of)),
      free: ({ of, block }) => (block ? this.#room.give(block) : releaseMemory(of.data)),
    });
  }

  /** Without room there are none this time. */
  async #sketches(part: SegmentLogs, field: FieldSchema, column: Column): Promise<Hold<Placed<Sketches>> | undefined> {
    if (!areSketched(column, field)) return undefined;
    const kept = this.#keptSketches(part, field);
    this.#kept.spare(columnKey(part, field));
    if (kept) return kept;
    const block = this.#room.takeNow(sketchesBytes(part.rowCount, field.dim));
    if (!block) return undefined;
    return this.#kept.hold<Placed<Sketches>>(sketchesKey(part, field), {
      read: async () => ({ of: sketchesIn(block.bytes, part.rowCount, field.dim), block }),
      size: () => ENTRY_BYTES + block.bytes.length,
      free: () => this.#room.give(block),
      standsIn: true,
    });
  }

  #keptSketches(part: SegmentLogs, field: FieldSchema): Promise<Hold<Placed<Sketches>>> | undefined {
    const key = sketchesKey(part, field);
    if (!this.#kept.has(key)) return undefined;
    const read = () => Promise.reject(new Error("sketches are made, not read"));
    return this.#kept.hold<Placed<Sketches>>(key, { read, size: () => 1 });
  }
}

function sketchesKey(part: SegmentLogs, field: FieldSchema): string {
  return `${columnKey(part, field)}/sketches`;
}
