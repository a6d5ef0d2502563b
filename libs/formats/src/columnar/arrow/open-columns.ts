import type { Column, InsertBatch } from "@sluice/columns";
import { fixedWidth } from "@sluice/schema";
import type { ReaderInput } from "../../format.ts";
import type { RowRejects } from "../../row-rejects.ts";
import type { ArrowColumnPlan, ColumnDecoder } from "./columns/column-decoder.ts";
import type { ArrowField } from "./ipc/arrow-type.ts";
import type { ArrowValues } from "./ipc/arrow-values.ts";

/** Columns of a batch, and the positions of their fields. */
interface OpenColumn {
  readonly fields: readonly number[];
  readonly values: readonly [begin: number, end: number];
  readonly decode: ColumnDecoder;
}

/** Makes batches of values, as the columns of a file are planned. */
export class OpenColumns {
  readonly #input: ReaderInput;
  readonly #columns: readonly OpenColumn[];
  /** Columns that are needed, each by the structs that it lies in and itself. */
  readonly paths: readonly (readonly ArrowField[])[];
  /** Bytes of a row's columns, as far as they are known. */
  readonly rowBytes: number;

  constructor(plans: readonly ArrowColumnPlan[], input: ReaderInput, rejects: RowRejects) {
    const { plan, sources } = input;
    const { schema, dynamic, options } = plan;
    const context = { schema, dynamic, rejects, nanIsNull: options.nanIsNull, path: sources[0].path };
    let end = 0;
    this.#columns = plans.map(({ fields, paths, open }): OpenColumn => {
      const values = [end, (end += paths.length)] as const;
      return { fields, values, decode: open(context) };
    });
    this.#input = input;
    this.paths = plans.flatMap((made) => made.paths);
    this.rowBytes = plans.flatMap(({ fields }) => fields).reduce((sum, i) => sum + fixedWidth(schema.fields[i]), 0);
  }

  /** @param values parallel to the paths @param firstRow row of the file of the first value @throws {ImportError} */
  batch(values: readonly ArrowValues[], rowCount: number, firstRow: number, sourceBytes: number): InsertBatch {
    const placed = new Array<Column | undefined>(this.#input.plan.schema.fields.length).fill(undefined);
    for (const {
      fields,
      values: [begin, end],
      decode,
    } of this.#columns) {
      const made = decode(values.slice(begin, end), rowCount, firstRow);
      for (const [i, position] of fields.entries()) placed[position] = made[i];
    }
    return { rowCount, columns: placed, sourceBytes };
  }
}
