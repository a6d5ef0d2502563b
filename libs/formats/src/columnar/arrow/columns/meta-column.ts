import type { FieldSchema } from "@sluice/schema";
import { dropRepeatedKeys } from "@sluice/values";
import type { DynamicColumn } from "../../../plan/dynamic-column.ts";
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
  const objects = new MetaObjects(output, dynamic.with(names), names, path);
  return (values, count, row) => {
    output.begin(Number.POSITIVE_INFINITY);
    const ownValues = writeOwn && values[0];
    const own = ownValues && { values: ownValues, write: writeOwn(ownValues) };
    const writers = values.slice(writeOwn ? 1 : 0).map(documentWriter);
    for (let i = 0; i < count; i++) output.append(objects.object(own, writers, i, row + i));
    return [output.take(count)];
  };
}

/** The file's own `$meta`, and how it is written. */
interface OwnMeta {
  readonly values: ArrowValues;
  readonly write: WriteValue;
}

/** Makes the object of one row after the other. */
class MetaObjects {
  readonly #output: VarOutput;
  readonly #taken: DynamicColumn;
  readonly #keys: readonly string[];
  readonly #at: { readonly file: string };
  readonly #own = new TextOut();
  readonly #out = new TextOut();

  /** @param taken knows the names that no key of the file's own `$meta` may have */
  constructor(output: VarOutput, taken: DynamicColumn, names: readonly string[], file: string) {
    this.#output = output;
    this.#taken = taken;
    this.#keys = names.map((name) => `${JSON.stringify(name)}:`);
    this.#at = { file };
  }

  /** Borrowed until the next one; empty for a row that is refused. @param writers of the columns, in the order of their names */
  object(own: OwnMeta | undefined, writers: readonly WriteValue[], index: number, row: number): Uint8Array {
    const out = this.#out;
    this.#readOwn(own, index, row);
    try {
      this.#write(writers, index);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#refuse(`a column that becomes a key of $meta is refused: ${error.message}`, row);
      out.clear();
      out.ascii("{}");
    }
    const text = out.bytes.subarray(0, out.length);
    return text.subarray(0, dropRepeatedKeys(text));
  }

  /** Leaves the row's own object in `#own`, or nothing. */
  #readOwn(own: OwnMeta | undefined, index: number, row: number): void {
    const text = this.#own;
    text.clear();
    if (!own || own.values.validity?.[index] === 0) return;
    own.write(index, text);
    const refusal = this.#taken.refusalOf(text.bytes, 0, text.length);
    if (!refusal) return;
    this.#refuse(refusal.reason, row, refusal.field);
    text.clear();
  }

  #write(writers: readonly WriteValue[], index: number): void {
    const out = this.#out;
    out.clear();
    out.byte(OPEN);
    const [start, end] = membersOf(this.#own);
    out.copy(this.#own.bytes, start, end);
    for (const [i, write] of writers.entries()) {
      if (i > 0 || end > start) out.byte(COMMA);
      out.text(this.#keys[i]);
      write(index, out);
    }
    out.byte(CLOSE);
  }

  #refuse(reason: string, row: number, field?: string): void {
    this.#output.rules.refuse(reason, row, this.#at, field);
  }
}

/** What stands between the braces of an object, without blanks around it. */
function membersOf({ bytes, length }: TextOut): readonly [start: number, end: number] {
  let [start, end] = [bytes.subarray(0, length).indexOf(OPEN) + 1, bytes.subarray(0, length).lastIndexOf(CLOSE)];
  if (end < start) return [0, 0];
  while (start < end && bytes[start] <= 0x20) start++;
  while (end > start && bytes[end - 1] <= 0x20) end--;
  return [start, end];
}
