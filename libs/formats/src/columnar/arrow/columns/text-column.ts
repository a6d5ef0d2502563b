import type { FieldSchema } from "@sluice/schema";
import { textChecks } from "../../../text-checks.ts";
import { FieldRules } from "../../parquet/columns/column-reader.ts";
import type { ArrowValues } from "../ipc/arrow-values.ts";
import type { ColumnDecoder, DecodeContext } from "./column-decoder.ts";

/** Fields that hold the bytes of a text: without nulls, they are handed out without a copy. */
export function textDecoder(field: FieldSchema, { dynamic, rejects, path }: DecodeContext): ColumnDecoder {
  const rules = new FieldRules(field, rejects);
  const checks = textChecks(field, dynamic);
  const at = { file: path };
  return ([values], count, row) => {
    const { data, offsets } = values.validity ? withoutNulls(values, rules.standIn ?? undefined) : values;
    for (let i = values.validity?.indexOf(0) ?? -1; i >= 0; i = values.validity?.indexOf(0, i + 1) ?? -1)
      rules.checkNull(row + i, at);
    const refuse = (index: number, reason: string, name?: string) => {
      if (values.validity?.[index] !== 0) rules.refuse(reason, row + index, at, name);
    };
    for (const check of checks) check({ data, offsets }, 0, count, refuse);
    const validity = rules.standIn === null ? values.validity : undefined;
    return [{ kind: "var", offsets: offsets.subarray(0, count + 1), data, validity }];
  };
}

/** Nulls may have any bytes: they get those of the stand-in, or none. */
function withoutNulls({ data, offsets, validity, length }: ArrowValues, standIn: Uint8Array = new Uint8Array(0)) {
  const found = new Uint32Array(length + 1);
  for (let i = 0; i < length; i++)
    found[i + 1] = found[i] + (validity?.[i] === 0 ? standIn.length : offsets[i + 1] - offsets[i]);
  const bytes = new Uint8Array(found[length]);
  for (let i = 0; i < length; i++)
    bytes.set(validity?.[i] === 0 ? standIn : data.subarray(offsets[i], offsets[i + 1]), found[i]);
  return { data: bytes, offsets: found };
}
