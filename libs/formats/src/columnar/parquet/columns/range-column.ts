import type { Column } from "@sluice/columns";
import type { PandasRange, RowGroupInfo } from "@sluice/parquet";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import type { ColumnReader } from "./column-reader.ts";
import { FixedOutput } from "./fixed-output.ts";
import type { ReadContext } from "./read-context.ts";

const bitsOf: Readonly<Record<number, number | undefined>> = {
  [DataType.Int8]: 8,
  [DataType.Int16]: 16,
  [DataType.Int32]: 32,
  [DataType.Int64]: 64,
};

/** Can a field take the numbers of an index? */
export function takesRange({ dataType }: FieldSchema): boolean {
  return bitsOf[dataType] !== undefined;
}

/** The index of a pandas table that is evenly spaced, and therefore stands in the metadata alone. */
export class RangeColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves = [];
  readonly mayStop = false;
  readonly #range: PandasRange;
  readonly #output: FixedOutput;
  readonly #bits: number;
  #value = 0n;
  /** Row of the file that comes next. */
  #row = 0;

  /** @param field one that `takesRange` */
  constructor(position: number, field: FieldSchema, range: PandasRange, { rejects }: ReadContext) {
    this.fields = [position];
    this.#range = range;
    this.#output = new FixedOutput(field, rejects);
    this.#bits = bitsOf[field.dataType] as number;
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    this.#value = this.#range.start + this.#range.step * BigInt(this.#row);
  }

  fill(rows: number): Promise<number> {
    this.#output.begin(rows);
    for (let i = 0; i < rows; i++, this.#row++, this.#value += this.#range.step) this.#put(i, this.#value);
    return Promise.resolve(rows);
  }

  take(rows: number): readonly Column[] {
    return [this.#output.take(rows)];
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  #put(index: number, value: bigint): void {
    const { buffer, rules, width } = this.#output;
    if (BigInt.asIntN(this.#bits, value) !== value) {
      const type = dataTypeName(rules.field.dataType);
      rules.refuse(`expected type '${type}' for field '${rules.field.name}', got index '${value}'`, this.#row, {});
    }
    if (width === 8) buffer.int64[index] = value;
    else if (width === 4) buffer.int32[index] = Number(value);
    else if (width === 2) buffer.int16[index] = Number(value);
    else buffer.int8[index] = Number(value);
  }
}
