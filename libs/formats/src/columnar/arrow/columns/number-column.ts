import { FixedBuffer } from "@sluice/columns";
import { dataTypeName, type FieldSchema, fixedWidth } from "@sluice/schema";
import { checkEach, convertEach, type ElementRule } from "../../../numbers/elements.ts";
import { holeOf, notFiniteHint } from "../../../numbers/holes.ts";
import {
  inexactWords,
  isInteger,
  type NumberKind,
  numberReaders,
  numberText,
  viewsOf,
} from "../../../numbers/number-kind.ts";
import { FieldRules } from "../../parquet/columns/column-reader.ts";
import type { ArrowValues } from "../ipc/arrow-values.ts";
import type { ColumnDecoder, DecodeContext } from "./column-decoder.ts";
import { fillNulls } from "./fill-nulls.ts";

/** Scalars of equal width: where they lie as the column has them, they are handed out without a copy. */
export function numberDecoder(
  field: FieldSchema,
  kind: NumberKind,
  rule: ElementRule,
  { rejects, nanIsNull, path }: DecodeContext,
): ColumnDecoder {
  const rules = new FieldRules(field, rejects);
  const width = fixedWidth(field);
  const converted = new FixedBuffer();
  const at = { file: path };
  const isHole = holeOf(field, rules.standIn, { kind, to: rule.to }, nanIsNull);
  return ([values], count, row) => {
    const views = viewsOf(values.data);
    let { validity } = values;
    const onBad = (index: number) => {
      if (validity?.[index] === 0) return;
      if (isHole?.(numberReaders[kind](views, index))) {
        if (!validity || validity === values.validity) validity = validity?.slice() ?? new Uint8Array(count).fill(1);
        validity[index] = 0;
      } else rules.refuse(refusalOf(field, values, kind, rule, index), row + index, at);
    };
    if (rule.convert) {
      converted.reserve(count * width);
      convertEach(rule.convert, views, count, converted, 0, onBad);
    } else if (rule.check) checkEach(rule.check, views, 0, count, onBad);
    const data = (rule.convert ? converted.bytes : values.data).subarray(0, count * width);
    return [{ kind: "fixed", width, data, validity: fillNulls(rules, data, width, validity, row, at) }];
  };
}

function refusalOf(
  field: FieldSchema,
  values: ArrowValues,
  kind: NumberKind,
  { to }: ElementRule,
  index: number,
): string {
  const views = viewsOf(values.data);
  const why = isInteger(to)
    ? inexactWords(kind, views, index)
    : notFiniteHint(field, numberReaders[kind](views, index));
  const expected = `expected type '${dataTypeName(field.dataType)}' for field '${field.name}'`;
  return `${expected}, got type '${values.field.type.name}' with value '${numberText(kind, views, index)}'${why}`;
}
