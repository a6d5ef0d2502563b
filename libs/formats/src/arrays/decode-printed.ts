import { BytesSink } from "@sluice/parquet";
import { type NumberKind, numberText, viewsOf } from "../numbers/number-kind.ts";
import type { RowRejects } from "../row-rejects.ts";
import { lengthCheck } from "../text-checks.ts";
import { TextOut } from "../text-out.ts";
import { type ArrayColumn, invalidValue } from "./array-column.ts";
import { type ColumnDecoder, swapBytes } from "./decode-numbers.ts";

/** A decoder for fields of text from an array of integers, which the option `coerce` allows. */
export function printedDecoder(column: ArrayColumn, rejects: RowRejects): ColumnDecoder {
  const { field, dtype, rowBytes } = column;
  const kind = dtype.kind as NumberKind;
  const check = field.maxLength > 0 ? lengthCheck(field) : undefined;
  const cells = new BytesSink();
  const out = new TextOut();
  return (raw, rows, firstRow) => {
    const source = raw.subarray(0, rows * rowBytes);
    if (dtype.bigEndian) swapBytes(source, dtype.itemBytes);
    const views = viewsOf(source);
    cells.clear();
    for (let row = 0; row < rows; row++) {
      out.clear();
      out.ascii(numberText(kind, views, row));
      cells.append(out.bytes, 0, out.length);
    }
    check?.(cells, 0, rows, (row, reason) => rejects.add(firstRow + row, invalidValue(column, firstRow + row, reason)));
    return { kind: "var", offsets: cells.offsets, data: cells.data, validity: undefined };
  };
}
