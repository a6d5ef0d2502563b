import { type Column, type VarColumn, varValue } from "@sluice/columns";
import { BytesSink, damageError } from "@sluice/parquet";
import { isFloat, type NumberViews, numberReaders, viewsOf } from "../numbers/number-kind.ts";
import { MetaRow } from "../plan/meta-row.ts";
import type { RowRejects } from "../row-rejects.ts";
import { type TextOut, writeFloat } from "../text-out.ts";
import { type ArrayColumn, invalidValue } from "./array-column.ts";
import { swapBytes } from "./decode-numbers.ts";
import { textsOf } from "./decode-text.ts";
import { missingCheck } from "./missing-values.ts";
import { NO_TIME, timeText } from "./times.ts";

/** Writes item `index` of the rows of a batch as JSON. @throws {RangeError} for what JSON does not have */
type ItemWriter = (index: number, out: TextOut) => void;

/** Looks at the rows of a batch. @param raw as for a `ColumnDecoder` */
type OpenItems = (raw: Uint8Array, rows: number, firstRow: number) => ItemWriter;

/** An array that no field takes, as a key of `$meta`. */
interface FoldedArray {
  readonly column: ArrayColumn;
  readonly key: Uint8Array;
  readonly open: OpenItems;
}

/** `$meta` of a set of arrays: its own, and a key for each array that no field takes; arrays of two dimensions are lists. */
export class FoldedArrays {
  readonly #arrays: readonly FoldedArray[];
  readonly #rejects: RowRejects;
  readonly #meta = new MetaRow();
  readonly #cells = new BytesSink();

  constructor(columns: readonly ArrayColumn[], rejects: RowRejects) {
    this.#rejects = rejects;
    this.#arrays = columns.map((column) => ({
      column,
      key: Buffer.from(JSON.stringify(column.field.name)),
      open: openItems(column, rejects),
    }));
  }

  /**
   * The column of a batch, valid until the next call.
   * @param own what the set's `$meta` gives @param raws the rows of each array, parallel to `columns`
   */
  column(own: VarColumn | undefined, raws: readonly Uint8Array[], rows: number, firstRow: number): Column {
    const writers = this.#arrays.map(({ open }, i) => open(raws[i], rows, firstRow));
    this.#cells.clear();
    try {
      for (let row = 0; row < rows; row++) this.#append(own, writers, row, firstRow + row);
    } catch (error) {
      throw damageError(error, "a row", { file: this.#arrays[0].column.source.path });
    }
    return { kind: "var", offsets: this.#cells.offsets, data: this.#cells.data, validity: undefined };
  }

  #append(own: VarColumn | undefined, writers: readonly ItemWriter[], row: number, fileRow: number): void {
    // Of a row that is refused `$meta` may be anything.
    this.#meta.begin(own && !this.#rejects.has(fileRow) ? varValue(own, row) : undefined);
    for (const [i, { column, key }] of this.#arrays.entries()) {
      const out = this.#meta.key(key);
      const { length } = out;
      try {
        writeRow(column, writers[i], row, out);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        const reason = `column '${column.field.name}' cannot become a key of $meta: ${error.message}`;
        this.#rejects.add(fileRow, invalidValue(column, fileRow, reason));
        out.length = length;
        out.ascii("null");
      }
    }
    const object = this.#meta.finish();
    this.#cells.append(object, 0, object.length);
  }
}

function writeRow({ rowItems, isList }: ArrayColumn, write: ItemWriter, row: number, out: TextOut): void {
  if (isList) out.ascii("[");
  for (let item = 0; item < rowItems; item++) {
    if (item > 0) out.ascii(",");
    write(row * rowItems + item, out);
  }
  if (isList) out.ascii("]");
}

function openItems(column: ArrayColumn, rejects: RowRejects): OpenItems {
  const { dtype, rowBytes } = column;
  if (dtype.code === "U" || dtype.code === "S") return openTexts(column, rejects);
  return (raw, rows) => {
    const bytes = raw.subarray(0, rows * rowBytes);
    if (dtype.bigEndian) swapBytes(bytes, dtype.itemBytes);
    return itemWriter(column, bytes);
  };
}

function openTexts(column: ArrayColumn, rejects: RowRejects): OpenItems {
  const decode = textsOf(column, rejects);
  return (raw, rows, firstRow) => {
    const { data, offsets } = decode(raw, rows, firstRow);
    return (index, out) => out.jsonString(data, offsets[index], offsets[index + 1]);
  };
}

function itemWriter(column: ArrayColumn, bytes: Uint8Array): ItemWriter {
  const views = viewsOf(bytes);
  const write = numberWriter(column, views, bytes);
  const isMissing = missingCheck(column);
  return isMissing ? (index, out) => (isMissing(views, index) ? out.ascii("null") : write(index, out)) : write;
}

function numberWriter({ dtype }: ArrayColumn, views: NumberViews, bytes: Uint8Array): ItemWriter {
  const { kind, unit } = dtype;
  if (kind === undefined)
    return (index, out) => {
      const time = views.int64[index];
      out.ascii(time === NO_TIME ? "null" : `"${timeText(time, unit ?? "")}"`);
    };
  if (kind === "bool") return (index, out) => out.ascii(bytes[index] === 0 ? "false" : "true");
  if (kind === "int64") return (index, out) => out.ascii(String(views.int64[index]));
  if (kind === "uint64") return (index, out) => out.ascii(String(BigInt.asUintN(64, views.int64[index])));
  const read = numberReaders[kind];
  if (isFloat(kind)) return (index, out) => writeFloat(read(views, index), out);
  return (index, out) => out.ascii(String(read(views, index)));
}
