import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";

/**
 * How the rows of an array are read where they do not simply lie one after the other: in records with other values between
 * them, in lists all over the file, compressed.
 */
export interface RowSource {
  /**
   * Fills `target` with `rows` rows from `firstRow` on, one after the other. Calls come in ascending order, for all arrays of
   * a set with the same rows, and none begins before those of the rows before have ended.
   * @throws {ImportError} `malformed_file` with the byte when the file does not hold them; as `SourceFile.readInto`
   */
  read(firstRow: number, rows: number, target: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Where a row begins in the file, for errors; absent where that says nothing. */
  readonly offsetOf?: (row: number) => number;
}

/** Rows that the source still holds although its program has removed them. */
export interface LiveRows {
  /** Sets a byte for each row: 1, or 0 for one that is left out. As `RowSource.read`. */
  read(firstRow: number, rows: number, target: Uint8Array, signal: AbortSignal): Promise<void>;
  /** What such rows are, for the warning that counts them: `marked as deleted`. */
  readonly why: string;
}

/** Rows that lie one after the other from an offset on, for what is made of them. */
export function rowsAt(source: SourceFile, offset: number, rowBytes: number): RowSource {
  return {
    offsetOf: (row) => offset + row * rowBytes,
    read: async (firstRow, rows, target, signal) => {
      const position = offset + firstRow * rowBytes;
      const count = await source.readInto(position, target.subarray(0, rows * rowBytes), signal);
      if (count < rows * rowBytes) throw shortened(position + count);
    },
  };
}

/** A file that ends before what its headers announced. */
export function shortened(byteOffset: number): ImportError {
  return new ImportError("malformed_file", "the file has become shorter since the import began", { byteOffset });
}

/** Numbers of rows, as 64-bit integers. @param start the first row's */
export function rowNumbers(start: number): RowSource {
  return {
    read: async (firstRow, rows, target) => {
      const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
      for (let i = 0; i < rows; i++) {
        const number = start + firstRow + i;
        view.setUint32(i * 8, number % 2 ** 32, true);
        view.setUint32(i * 8 + 4, Math.floor(number / 2 ** 32), true);
      }
    },
  };
}
