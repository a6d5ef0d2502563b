import { type Column, FixedBuffer, standInOf, Validity } from "@sluice/columns";
import type { ImportError } from "@sluice/errors";
import { BytesSink } from "@sluice/parquet";
import { DataType, dataTypeName, type FieldSchema, fixedWidth } from "@sluice/schema";
import { appendNumberCell } from "../numbers/array-cells.ts";
import { elementWidth } from "../numbers/element-type.ts";
import { type ElementCheck, type ElementRule, elementRule, finiteCheck } from "../numbers/elements.ts";
import { holeOf, notFiniteHint } from "../numbers/holes.ts";
import {
  inexactWords,
  isInteger,
  type NumberViews,
  numberReaders,
  numberText,
  viewsOf,
} from "../numbers/number-kind.ts";
import { nullRefused } from "../plan/refusals.ts";
import type { RowRejects } from "../row-rejects.ts";
import { type ArrayColumn, invalidValue } from "./array-column.ts";
import { elementOf } from "./array-rules.ts";
import { type MissingCheck, missingCheck } from "./missing-values.ts";
import { NO_TIME, timeConversion } from "./times.ts";

/**
 * Turns rows as they lie in the file, row after row, into a column. The column may be a view of `raw`, which may be changed;
 * it is valid until the next call.
 * @param raw 8-byte aligned, at least `rows * rowBytes` bytes
 * @param firstRow number of its first row in the file
 * @throws {ImportError} `value_invalid`, located
 */
export type ColumnDecoder = (raw: Uint8Array, rows: number, firstRow: number) => Column;

/** A decoder for scalars, dense vectors, and arrays of numbers. @param zone of times; empty: UTC @param nanIsNull see `FieldOptions` */
export function numberDecoder(
  column: ArrayColumn,
  zone: string,
  rejects: RowRejects,
  nanIsNull?: boolean,
): ColumnDecoder {
  const { field, dtype } = column;
  if (field.dataType === DataType.BinaryVector && dtype.code === "b1") return bitDecoder(column, rejects);
  const elements = new ElementDecoder(column, zone, rejects, nanIsNull);
  if (field.dataType === DataType.Array) return arrayDecoder(column, elements);
  const width = fixedWidth(field);
  return (raw, rows, firstRow) => {
    const { bytes } = elements.decode(raw, rows, firstRow);
    return { kind: "fixed", width, data: bytes.subarray(0, rows * width), validity: elements.validity(rows) };
  };
}

/** Cells of arrays that are all equally long. */
function arrayDecoder({ field, rowItems }: ArrayColumn, elements: ElementDecoder): ColumnDecoder {
  const cells = new BytesSink();
  return (raw, rows, firstRow) => {
    const values = elements.decode(raw, rows, firstRow);
    cells.clear();
    for (let row = 0; row < rows; row++)
      appendNumberCell(field.elementType, values, row * rowItems, (row + 1) * rowItems, cells);
    return { kind: "var", offsets: cells.offsets, data: cells.data, validity: undefined };
  };
}

/** Dimensions one a byte become dimensions one a bit, the first in the highest bit, as `numpy.packbits` does. */
function bitDecoder(column: ArrayColumn, rejects: RowRejects): ColumnDecoder {
  const width = fixedWidth(column.field);
  const elements = new ElementDecoder(column, "", rejects);
  let packed = new Uint8Array(0);
  return (raw, rows, firstRow) => {
    const { bytes } = elements.decode(raw, rows, firstRow);
    if (packed.length < rows * width) packed = new Uint8Array(rows * width);
    for (let i = 0; i < rows * width; i++) {
      let bits = 0;
      for (let k = 0; k < 8; k++) bits = (bits << 1) | bytes[8 * i + k];
      packed[i] = bits;
    }
    return { kind: "fixed", width, data: packed.subarray(0, rows * width), validity: undefined };
  };
}

/** Elements of the rows of one column: in place where they lie in the file as in the column, else converted; checked. */
class ElementDecoder {
  readonly #column: ArrayColumn;
  readonly #rejects: RowRejects;
  readonly #rule: ElementRule;
  /** Of halves that come as bytes. */
  readonly #rowCheck: ElementCheck | undefined;
  readonly #standIn: Uint8Array | null | undefined;
  readonly #converted = new FixedBuffer();
  readonly #validity = new Validity();
  readonly #isHoleValue: ((value: number) => boolean) | undefined;
  readonly #isMissing: MissingCheck | undefined;
  #hasHoles = false;

  constructor(column: ArrayColumn, zone: string, rejects: RowRejects, nanIsNull?: boolean) {
    this.#column = column;
    this.#rejects = rejects;
    this.#rule = ruleOf(column, zone);
    const type = halfType(column.field);
    this.#rowCheck = this.#rule.to === "uint8" && type !== undefined ? finiteCheck(type) : undefined;
    this.#standIn = standInOf(column.field);
    this.#isHoleValue = holeOf(column.field, this.#standIn, { kind: column.dtype.kind, to: this.#rule.to }, nanIsNull);
    this.#isMissing = missingCheck(column);
  }

  decode(raw: Uint8Array, rows: number, firstRow: number): NumberViews {
    const { dtype, rowBytes, rowItems } = this.#column;
    const source = raw.subarray(0, rows * rowBytes);
    if (dtype.bigEndian) swapBytes(source, dtype.itemBytes);
    const views = viewsOf(source);
    const count = rows * rowItems;
    const { convert, to } = this.#rule;
    if (convert) this.#converted.reserve(count * elementWidth[to]);
    const target = convert ? this.#converted : views;
    this.#hasHoles = false;
    // Numbers that stand for none are numbers: each is looked at.
    const bad = this.#isMissing ? 0 : this.#firstBad(views, target, 0, count);
    if (bad >= 0) this.#refuse(views, target, bad, rows, firstRow);
    return target;
  }

  /** Of the rows of the last call; undefined where all have a value. */
  validity(rows: number): Uint8Array | undefined {
    return this.#hasHoles && this.#standIn === null ? this.#validity.of(rows) : undefined;
  }

  /** Makes elements `[at, at + count)`; answers the first that is none, counted in items of the file from `at`, or -1. */
  #firstBad(source: NumberViews, target: NumberViews, at: number, count: number): number {
    const { convert, check } = this.#rule;
    if (convert) return convert(source, at, count, target, at);
    if (!this.#rowCheck) return check ? check(source, at, count) : -1;
    // Two bytes are one half.
    const half = this.#rowCheck(source, at >>> 1, (count + 1) >>> 1);
    return half < 0 ? -1 : half * 2;
  }

  /** Refuses the rows of all bad elements from `bad` on, each for its first one. */
  #refuse(source: NumberViews, target: NumberViews, bad: number, rows: number, firstRow: number): void {
    const { rowItems } = this.#column;
    const count = rows * rowItems;
    if (this.#standIn === null) this.#validity.mark(0, rows, 1);
    for (let element = bad; element < count; ) {
      const row = Math.floor(element / rowItems);
      const isBad = this.#isMissing?.(source, element) || this.#firstBad(source, target, element, 1) >= 0;
      if (isBad && this.#isHole(source, element)) this.#fillHole(target, row);
      else if (isBad) this.#rejects.add(firstRow + row, this.#error(source, element, row, firstRow));
      element = isBad ? (row + 1) * rowItems : element + 1;
    }
  }

  /** What says that a row has no value: see `holeOf` and `missingCheck`; of times it is NaT. */
  #isHole(source: NumberViews, element: number): boolean {
    const { field, dtype } = this.#column;
    if (this.#standIn === undefined || fixedWidth(field) !== elementWidth[this.#rule.to]) return false;
    if (this.#isMissing?.(source, element)) return true;
    if (dtype.code === "M8") return source.int64[element] === NO_TIME;
    const { kind } = dtype;
    return kind !== undefined && this.#isHoleValue?.(numberReaders[kind](source, element)) === true;
  }

  #fillHole(target: NumberViews, row: number): void {
    const width = elementWidth[this.#rule.to];
    this.#hasHoles = true;
    if (this.#standIn) target.bytes.set(this.#standIn, row * width);
    else {
      target.bytes.fill(0, row * width, (row + 1) * width);
      this.#validity.mark(row, row + 1, 0);
    }
  }

  #error(source: NumberViews, element: number, row: number, firstRow: number): ImportError {
    const item = element - row * this.#column.rowItems;
    return invalidValue(this.#column, firstRow + row, this.#reason(source, element), item);
  }

  #reason(source: NumberViews, element: number): string {
    const { field, dtype } = this.#column;
    const { kind } = dtype;
    if (this.#isMissing?.(source, element))
      return `${nullRefused(field.name)}: a number that its attribute _FillValue or missing_value calls none`;
    const type = dataTypeName(field.dataType === DataType.Array ? field.elementType : field.dataType);
    if (kind === undefined) return `field '${field.name}' holds a time that ${type} has not, such as NaT`;
    if (this.#rule.to === "bool") return `expected 0 or 1 for Bool field '${field.name}', got ${source.bytes[element]}`;
    const half = this.#rowCheck && halfType(field);
    const [of, at] = half ? [half, element >>> 1] : [kind, element];
    const shown = numberText(of, source, at);
    const value = numberReaders[of](source, at);
    if (!Number.isFinite(value))
      return `field '${field.name}' holds a value '${shown}' that is not a number or infinity${notFiniteHint(field, value)}`;
    const words = isInteger(this.#rule.to) ? inexactWords(kind, source, element) : "";
    if (isInteger(this.#rule.to) && !Number.isInteger(value))
      return `value ${shown} of field '${field.name}' is no integer, as ${type} wants`;
    return `value ${shown} of field '${field.name}' is out of the range of ${type}${words}`;
  }
}

function ruleOf({ field, dtype }: ArrayColumn, zone: string): ElementRule {
  if (dtype.kind === undefined)
    return { to: "int64", convert: timeConversion(field.dataType, dtype.unit ?? "", zone), check: undefined };
  // Bits of a binary vector are checked to be such before they are packed.
  const to = field.dataType === DataType.BinaryVector && dtype.code === "b1" ? "bool" : elementOf(field, dtype);
  const rule = elementRule(dtype.kind, to);
  if (!rule) throw new Error(`${dtype.code} does not become ${to}`);
  return rule;
}

function halfType({ dataType }: FieldSchema): "float16" | "bfloat16" | undefined {
  if (dataType === DataType.Float16Vector) return "float16";
  return dataType === DataType.BFloat16Vector ? "bfloat16" : undefined;
}

/** Reverses the bytes of each element. */
export function swapBytes(bytes: Uint8Array, itemBytes: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (itemBytes === 2) buffer.swap16();
  else if (itemBytes === 4) buffer.swap32();
  else if (itemBytes === 8) buffer.swap64();
}
