import { isNull } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { CollectionSchema, StructSchema } from "@sluice/schema";
import { FieldPlan } from "../../../plan/field-plan.ts";
import { firstCell, opener } from "../../../rows/json/json-cell.ts";
import { RowParser } from "../../../rows/json/row-parser.ts";
import { Scanner } from "../../../rows/json/scanner.ts";
import { TextOut } from "../../../text-out.ts";
import { VarOutput } from "../../parquet/columns/var-output.ts";
import type { ColumnDecoder, DecodeContext } from "./column-decoder.ts";
import { jsonWriter } from "./value-writers.ts";

/** The columns of a struct array: each row is read as the row of JSON that holds nothing else. */
export function structArrayDecoder(
  struct: StructSchema,
  positions: readonly number[],
  { schema, rejects, path }: DecodeContext,
): ColumnDecoder {
  const outputs = positions.map((position) => new VarOutput(schema.fields[position], rejects));
  const out = new TextOut();
  const read = rowReader(schema, struct, positions, path);
  return ([values], count, row) => {
    for (const output of outputs) output.begin(Number.POSITIVE_INFINITY);
    const write = jsonWriter(values);
    for (let i = 0; i < count; i++) {
      try {
        out.clear();
        out.text(`{${JSON.stringify(struct.name)}:`);
        write(i, out);
        out.byte(0x7d);
        appendAll(outputs, read(out.bytes.subarray(0, out.length)), row + i, path);
      } catch (error) {
        rejects.add(row + i, refusalOf(error, struct.name, row + i, path));
        for (const output of outputs) output.append(new Uint8Array(0));
      }
    }
    return outputs.map((output) => output.take(count));
  };
}

/** Reads one row; the columns are valid until the next one. @throws {ImportError} */
function rowReader(schema: CollectionSchema, struct: StructSchema, positions: readonly number[], path: string) {
  const fields = positions.map((position) => schema.fields[position]);
  const own = { ...schema, fields, structs: [struct], enableDynamicField: false };
  const scanner = new Scanner(path);
  const rows = new RowParser(new FieldPlan(own, { mapping: new Map(), foldExtraColumns: false }), scanner, {
    batchBytes: 1,
  });
  const open = opener(scanner);
  return (text: Uint8Array) => {
    open(text);
    rows.parse(0);
    return rows.take();
  };
}

function appendAll(
  outputs: readonly VarOutput[],
  columns: ReturnType<RowParser["take"]>,
  row: number,
  path: string,
): void {
  for (const [i, output] of outputs.entries()) {
    const column = columns[i];
    if (!column || isNull(column, 0)) output.appendNull(row, { file: path });
    else output.append(firstCell(column));
  }
}

/** Places in the text that was read mean nothing to anybody. */
function refusalOf(error: unknown, name: string, row: number, file: string): ImportError {
  if (error instanceof RangeError) return new ImportError("value_invalid", error.message, { file, row, field: name });
  if (!(error instanceof ImportError)) throw error;
  return new ImportError(error.code, error.reason, { file, row, field: error.at?.field ?? name }, { cause: error });
}
