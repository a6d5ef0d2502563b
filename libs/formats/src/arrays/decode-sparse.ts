import { BytesSink } from "@sluice/parquet";
import { encodeSparseCell } from "@sluice/values";
import type { RowRejects } from "../row-rejects.ts";
import { type ArrayColumn, invalidValue } from "./array-column.ts";
import { PAIR_BYTES } from "./csr-rows.ts";
import type { ColumnDecoder } from "./decode-numbers.ts";

/** A decoder for sparse vectors from rows of pairs, as `csrHeader` has them. */
export function sparseDecoder(column: ArrayColumn, rejects: RowRejects): ColumnDecoder {
  const cells = new BytesSink();
  return (raw, rows, firstRow) => {
    cells.clear();
    for (let row = 0; row < rows; row++) {
      const cell = cellOf(column, raw.subarray(row * column.rowBytes), firstRow + row, rejects);
      cells.append(cell, 0, cell.length);
    }
    return { kind: "var", offsets: cells.offsets, data: cells.data, validity: undefined };
  };
}

function cellOf(column: ArrayColumn, raw: Uint8Array, row: number, rejects: RowRejects): Uint8Array {
  const view = new DataView(raw.buffer, raw.byteOffset);
  const length = view.getUint32(0, true);
  const at = (i: number) => PAIR_BYTES * (1 + i);
  const indices = Array.from({ length }, (_, i) => view.getUint32(at(i), true));
  const values = Array.from({ length }, (_, i) => view.getFloat32(at(i) + 4, true));
  try {
    return encodeSparseCell(indices, values);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    rejects.add(row, invalidValue(column, row, `field '${column.field.name}': ${error.message}`));
    return new Uint8Array(0);
  }
}
