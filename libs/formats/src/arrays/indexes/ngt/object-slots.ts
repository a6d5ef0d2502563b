import type { SourceFile } from "@sluice/object-store";
import { ByteWindow } from "../../byte-window.ts";
import { malformed } from "../../one-file.ts";
import type { RowSource } from "../../row-source.ts";

const [USED, EMPTY] = [0x2b, 0x2d];

/** Slots one after the other: `+` and a vector, or `-` for one that is empty, as the first always is. */
export class ObjectSlots {
  readonly #source: SourceFile;
  readonly #start: number;
  readonly #dim: number;
  #window: ByteWindow;
  #slot = 0;
  #next = 0;
  #firstRow = -1;
  #reading: Promise<void> = Promise.resolve();
  #vectors = new Uint8Array(0);
  #ids = new BigInt64Array(0);

  constructor(source: SourceFile, start: number, dim: number) {
    this.#source = source;
    this.#start = start;
    this.#dim = dim;
    this.#window = new ByteWindow(source, start);
  }

  /** How many slots are in use; undefined where the file is not `slots` slots with vectors of this dimension. */
  async count(slots: number, signal: AbortSignal): Promise<number | undefined> {
    while (await this.#find(signal)) this.#pass();
    const [rows, end] = [this.#next, this.#slot];
    const isWhole = this.#window.end === this.#window.begin;
    this.#restart();
    return isWhole && end === slots ? rows : undefined;
  }

  /** Float32, row by row. */
  get vectors(): RowSource {
    return {
      read: async (firstRow, rows, target, signal) => {
        await this.#read(firstRow, rows, signal);
        target.set(this.#vectors.subarray(0, rows * this.#dim * 4));
      },
    };
  }

  /** Int64, row by row. */
  get ids(): RowSource {
    return {
      read: async (firstRow, rows, target, signal) => {
        await this.#read(firstRow, rows, signal);
        target.set(new Uint8Array(this.#ids.buffer, 0, rows * 8));
      },
    };
  }

  #restart(): void {
    this.#window = new ByteWindow(this.#source, this.#start);
    this.#slot = 0;
    this.#next = 0;
  }

  #read(firstRow: number, rows: number, signal: AbortSignal): Promise<void> {
    if (firstRow !== this.#firstRow) {
      this.#firstRow = firstRow;
      this.#reading = this.#load(firstRow, rows, signal);
    }
    return this.#reading;
  }

  async #load(firstRow: number, rows: number, signal: AbortSignal): Promise<void> {
    const vectorBytes = 4 * this.#dim;
    if (this.#vectors.length < rows * vectorBytes) this.#vectors = new Uint8Array(rows * vectorBytes);
    if (this.#ids.length < rows) this.#ids = new BigInt64Array(rows);
    const words = new Uint32Array(this.#ids.buffer);
    if (this.#next > firstRow) this.#restart();
    while (this.#next < firstRow + rows) {
      if (!(await this.#find(signal)))
        throw malformed("it has become shorter since the import began", this.#source.sizeBytes);
      const row = this.#next - firstRow;
      if (row >= 0) {
        const { bytes, begin } = this.#window;
        for (let i = 0; i < vectorBytes; i++) this.#vectors[row * vectorBytes + i] = bytes[begin + 1 + i];
        // Slots are fewer than 2^32.
        words[2 * row] = this.#slot - 1;
      }
      this.#pass();
    }
  }

  #pass(): void {
    this.#window.begin += 1 + 4 * this.#dim;
    this.#slot++;
    this.#next++;
  }

  /** The next slot in use, whole in the window; false at the end, or where no slot stands. */
  async #find(signal: AbortSignal): Promise<boolean> {
    const window = this.#window;
    for (;;) {
      if (window.begin === window.end && !(await window.more(signal))) return false;
      const mark = window.bytes[window.begin];
      if (mark === EMPTY) {
        window.begin++;
        this.#slot++;
        continue;
      }
      if (mark !== USED) return false;
      while (window.end - window.begin < 1 + 4 * this.#dim) if (!(await window.more(signal))) return false;
      return true;
    }
  }
}
