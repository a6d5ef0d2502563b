import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { exactFloat32 } from "@sluice/kernels";
import { DataType, dataTypeName } from "@sluice/schema";
import { dropRepeatedKeys } from "@sluice/values";
import { NO_SUCH_TEXT } from "../../coercions.ts";
import type { ValueParser } from "./value-parser.ts";

const [QUOTE, OPEN] = [0x22, 0x7b];

/**
 * The parser for a field of rows that a client sends one by one, who may write numbers and flags as text, and any JSON: what Milvus
 * takes over REST. Undefined where files may have the same. Source: around-import §2.5.
 */
export function givenParser(builder: FixedBuilder | VarBuilder, parse: ValueParser): ValueParser | undefined {
  switch (builder.field.dataType) {
    case DataType.JSON:
      return anyJsonParser(builder as VarBuilder, parse);
    case DataType.Float:
      return textParser(builder as FixedBuilder, parse, floatIn, ({ float32 }, row, value) => {
        float32[row] = value;
      });
    case DataType.Double:
      return textParser(builder as FixedBuilder, parse, doubleIn, ({ float64 }, row, value) => {
        float64[row] = value;
      });
    case DataType.Bool:
      return textParser(builder as FixedBuilder, parse, flagIn, ({ bytes }, row, value) => {
        bytes[row] = value;
      });
    default:
      return undefined;
  }
}

/** Lists, numbers, true and false as they stand; a text holds JSON, as ever. */
function anyJsonParser(builder: VarBuilder, parse: ValueParser): ValueParser {
  return (scanner, p, row) => {
    if (scanner.bytes[p] === QUOTE || scanner.bytes[p] === OPEN) return parse(scanner, p, row);
    const end = scanner.skipValue(p);
    builder.copy(row, scanner.bytes, p, end);
    builder.offsets[row + 1] = dropRepeatedKeys(builder.data, builder.offsets[row], builder.offsets[row + 1]);
    return end;
  };
}

/** @param valueIn no finite number for a text that is none of the field's values */
function textParser(
  { buffer, field }: FixedBuilder,
  parse: ValueParser,
  valueIn: (text: string) => number,
  put: (buffer: FixedBuilder["buffer"], row: number, value: number) => void,
): ValueParser {
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) return parse(scanner, p, row);
    const end = scanner.string(p);
    const text = scanner.textOf(p, end).trim();
    const value = text === "" ? Number.NaN : valueIn(text);
    if (!Number.isFinite(value)) scanner.wrongType(p, dataTypeName(field.dataType), `: ${NO_SUCH_TEXT}`);
    put(buffer, row, value);
    return end;
  };
}

/** Decimal digits, as JSON has them, and what others write so: JavaScript reads `0x10` as well, which no other client means. */
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function doubleIn(text: string): number {
  return decimal.test(text) ? Number(text) : Number.NaN;
}

function floatIn(text: string): number {
  return Number.isFinite(doubleIn(text)) ? exactFloat32(text) : Number.NaN;
}

function flagIn(text: string): number {
  if (text === "true") return 1;
  return text === "false" ? 0 : Number.NaN;
}
