import type { InsertBatch } from "@sluice/columns";
import type { CollectionSchema } from "@sluice/schema";
import type { BufferLimits } from "./column-buffer.ts";
import { RowBuffer } from "./row-buffer.ts";
import type { RowRuns } from "./row-runs.ts";
import type { SystemBuffer, SystemBuffers, SystemColumns } from "./system-buffer.ts";

/** The row buffers of a set, which pass from bucket to bucket, and the bytes of memory that it holds. */
export class RowBuffers {
  readonly #schema: CollectionSchema;
  readonly #limits: BufferLimits;
  readonly #system: SystemBuffers;
  /** Those whose rows are written, with their memory. */
  readonly #spare: RowBuffer[] = [];
  /** Numbers of the rows that are written from where they lie. */
  #borrowed: SystemBuffer | undefined;
  /** Held at present, by buffers and by what was encoded from them. */
  heldBytes = 0;

  constructor(schema: CollectionSchema, limits: BufferLimits, system: SystemBuffers) {
    this.#schema = schema;
    this.#limits = limits;
    this.#system = system;
  }

  /** The one with the most memory, which is the least likely to grow. */
  take(): RowBuffer {
    this.#spare.sort((a, b) => a.allocatedBytes - b.allocatedBytes);
    const spare = this.#spare.pop();
    if (spare) return spare;
    const buffer = new RowBuffer(this.#schema, this.#limits, this.#system.open());
    this.heldBytes += buffer.allocatedBytes;
    return buffer;
  }

  /** Takes one back whose rows are written. */
  give(buffer: RowBuffer): void {
    buffer.clear();
    this.#spare.push(buffer);
  }

  /** Gives the memory of a spare one back; false where there is none. */
  releaseSpare(): boolean {
    const spare = this.#spare.pop();
    if (!spare) return false;
    this.heldBytes -= spare.allocatedBytes;
    spare.release();
    return true;
  }

  /** What the rows of a batch have besides their fields, which lie elsewhere; valid until the next call. @param firstRowId of its row 0 */
  systemOf(batch: InsertBatch, runs: RowRuns, firstRowId: bigint): SystemColumns {
    const { rowCount } = batch;
    const system = (this.#borrowed ??= this.#system.open());
    this.heldBytes += system.growth(batch, runs, 0, rowCount);
    system.append(batch, runs, 0, rowCount, firstRowId);
    return system.columns(rowCount);
  }

  /** Gives all memory back: nothing reads it any more. */
  release(): void {
    for (const buffer of this.#spare.splice(0)) buffer.release();
    this.#system.release();
    this.#borrowed?.release();
  }
}
