import type { FieldSchema } from "@sluice/schema";
import { dropRepeatedKeys } from "@sluice/values";
import { TextOut } from "../../../text-out.ts";
import { VarOutput } from "../../parquet/columns/var-output.ts";
import type { ArrowValues } from "../ipc/arrow-values.ts";
import type { ColumnDecoder, DecodeContext } from "./column-decoder.ts";
import { documentWriter, type WriteValue } from "./value-writers.ts";

const [OPEN, CLOSE, COMMA] = Buffer.from("{},");

/**
 * `$meta` with the columns that no field has: a key each, behind those that the file's own `$meta` has.
 * @param writeOwn how the file's own `$meta` is written, which then is the first of the values
 * @param names of the others
 */
export function metaDecoder(
  field: FieldSchema,
  writeOwn: ((values: ArrowValues) => WriteValue) | undefined,
  names: readonly string[],
  { dynamic, rejects, path }: DecodeContext,
): ColumnDecoder {
  const output = new VarOutput(field, rejects);
  const own = new TextOut();
  const out = new TextOut();
  const taken = dynamic.with(names);
  const keys = names.map((name) => `${JSON.stringify(name)}:`);
  const at = { file: path };

  /** Leaves the members of the row's own object in `own`, between their braces. */
  function readOwn(values: ArrowValues | undefined, write: WriteValue | undefined, index: number, row: number): void {
    own.clear();
    if (!values || !write || values.validity?.[index] === 0) return;
    write(index, own);
    const refusal = taken.refusalOf(own.bytes, 0, own.length);
    if (!refusal) return;
    output.rules.refuse(refusal.reason, row, at, refusal.field);
    own.clear();
  }

  function writeRow(writers: readonly WriteValue[], index: number): void {
    out.clear();
    out.byte(OPEN);
    const [start, end] = membersOf(own);
    out.copy(own.bytes, start, end);
    for (const [i, write] of writers.entries()) {
      if (i > 0 || end > start) out.byte(COMMA);
      out.text(keys[i]);
      write(index, out);
    }
    out.byte(CLOSE);
  }

  return (values, count, row) => {
    output.begin(Number.POSITIVE_INFINITY);
    const ownValues = writeOwn && values[0];
    const ownWriter = ownValues && writeOwn?.(ownValues);
    const writers = values.slice(writeOwn ? 1 : 0).map(documentWriter);
    for (let i = 0; i < count; i++) {
      readOwn(ownValues, ownWriter, i, row + i);
      try {
        writeRow(writers, i);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        output.rules.refuse(`a column that becomes a key of $meta is refused: ${error.message}`, row + i, at);
        out.clear();
        out.ascii("{}");
      }
      const text = out.bytes.subarray(0, out.length);
      dropRepeatedKeys(text);
      output.append(text);
    }
    return [output.take(count)];
  };
}

/** What stands between the braces of an object, without blanks around it. */
function membersOf({ bytes, length }: TextOut): readonly [start: number, end: number] {
  let [start, end] = [bytes.subarray(0, length).indexOf(OPEN) + 1, bytes.subarray(0, length).lastIndexOf(CLOSE)];
  if (end < start) return [0, 0];
  while (start < end && bytes[start] <= 0x20) start++;
  while (end > start && bytes[end - 1] <= 0x20) end--;
  return [start, end];
}
