import type { FieldSchema } from "@sluice/schema";
import { TextOut } from "../../../text-out.ts";
import { type ParsedValues, parsedValues } from "../../parquet/columns/parsed-values.ts";
import type { ArrowValues } from "../ipc/arrow-values.ts";
import type { ColumnDecoder, DecodeContext } from "./column-decoder.ts";
import type { WriteValue } from "./value-writers.ts";

/**
 * Fields from values of any other shape: each is written as the text that a row of text would have, and read from there.
 * Much slower than columns that are read as they lie.
 * @param parse the value in column encoding; throws a RangeError with the reason
 */
export function writtenDecoder(
  field: FieldSchema,
  writerOf: (values: ArrowValues) => WriteValue,
  parse: (text: Uint8Array) => Uint8Array,
  { rejects, path }: DecodeContext,
): ColumnDecoder {
  const parsed = parsedValues(field, rejects, parse);
  const out = new TextOut();
  const at = { file: path };
  return ([values], count, row) => {
    parsed.begin(count, Number.POSITIVE_INFINITY);
    const write = writerOf(values);
    for (let i = 0; i < count; i++) {
      if (values.validity?.[i] === 0) parsed.addNull(row + i, at);
      else addWritten(parsed, () => write(i, out), out, row + i, at);
    }
    return [parsed.take(count)];
  };
}

function addWritten(
  parsed: ParsedValues,
  write: () => void,
  out: TextOut,
  row: number,
  at: { readonly file: string },
): void {
  out.clear();
  try {
    write();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    parsed.rules.refuse(`field '${parsed.rules.field.name}': ${error.message}`, row, at);
    parsed.addAny();
    return;
  }
  parsed.add(out.bytes.subarray(0, out.length), row, at);
}
