import type { SourceFile } from "@sluice/object-store";
import { type RowSource, shortened } from "./row-source.ts";

/** Records of one length, one after the other. */
export interface RecordLayout {
  readonly source: SourceFile;
  /** Where the first one begins. */
  readonly offset: number;
  readonly recordBytes: number;
  /**
   * Looks at the records before their values are taken, which lie one after the other in `bytes`.
   * @throws {ImportError} `malformed_file` with the byte
   */
  readonly check?: (bytes: Uint8Array, firstRow: number, rows: number) => void;
}

/** Rows that lie in records with other things: of each batch the records are read once, for all arrays that are made of them. */
export class Records {
  readonly layout: RecordLayout;
  #memory = new Uint8Array(0);
  #firstRow = -1;
  #reading: Promise<Buffer> = Promise.resolve(Buffer.alloc(0));

  constructor(layout: RecordLayout) {
    this.layout = layout;
  }

  /** The values that stand at `at` of each record, `bytes` long. */
  part(at: number, bytes: number): RowSource {
    const { offset, recordBytes } = this.layout;
    return {
      read: async (firstRow, rows, target, signal) => {
        const records = await this.read(firstRow, rows, signal);
        for (let row = 0; row < rows; row++)
          records.copy(target, row * bytes, row * recordBytes + at, row * recordBytes + at + bytes);
      },
      offsetOf: (row) => offset + row * recordBytes + at,
    };
  }

  /** The records themselves; valid until other rows are asked for. */
  read(firstRow: number, rows: number, signal: AbortSignal): Promise<Buffer> {
    if (firstRow !== this.#firstRow) {
      this.#firstRow = firstRow;
      this.#reading = this.#load(firstRow, rows, signal);
    }
    return this.#reading;
  }

  async #load(firstRow: number, rows: number, signal: AbortSignal): Promise<Buffer> {
    const { source, offset, recordBytes, check } = this.layout;
    const length = rows * recordBytes;
    if (this.#memory.length < length) this.#memory = new Uint8Array(length);
    const position = offset + firstRow * recordBytes;
    const count = await source.readInto(position, this.#memory.subarray(0, length), signal);
    if (count < length) throw shortened(position + count);
    check?.(this.#memory, firstRow, rows);
    return Buffer.from(this.#memory.buffer, 0, length);
  }
}
