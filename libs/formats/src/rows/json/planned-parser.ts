import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { excerpt } from "@sluice/errors";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import { float32ToBfloat16Bits, float32ToFloat16Bits } from "@sluice/values";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { tooLong } from "../../plan/refusals.ts";
import { numbersOf, type ValueForm, vectorBytesOf } from "../../plan/value-form.ts";
import type { Coercions } from "./coercions.ts";
import { isNumberStart } from "./numbers.ts";
import type { Scanner } from "./scanner.ts";
import { type ValueParser, valueParser } from "./value-parsers.ts";

const QUOTE = 0x22;

/** Bits of the greatest integer of each type. */
const integerBits: Partial<Record<DataType, bigint>> = {
  [DataType.Int8]: 7n,
  [DataType.Int16]: 15n,
  [DataType.Int32]: 31n,
  [DataType.Int64]: 63n,
};

/** The parser of a field's values as the plan has it: that of its type, and what the options of the import take besides. */
export function plannedParser(plan: FieldPlan, builder: FixedBuilder | VarBuilder, coercions: Coercions): ValueParser {
  const { schema, options } = plan;
  const { field } = builder;
  const parse = valueParser(schema, builder);
  const form = options.forms?.get(field.name);
  if (form) return textVectorParser(builder as FixedBuilder, form, parse);
  if (!options.coerces) return parse;
  if (integerBits[field.dataType] !== undefined) return digitsParser(builder as FixedBuilder, parse, coercions);
  return isKeyText(field) ? numberTextParser(builder as VarBuilder, parse, coercions) : parse;
}

function isKeyText({ dataType }: FieldSchema): boolean {
  return dataType === DataType.VarChar || dataType === DataType.String || dataType === DataType.Text;
}

/** A text of digits for an integer field, where it is the text of that integer: `007` is none. */
function digitsParser({ buffer, width, field }: FixedBuilder, parse: ValueParser, coercions: Coercions): ValueParser {
  const limit = 1n << (integerBits[field.dataType] as bigint);
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) return parse(scanner, p, row);
    const end = scanner.string(p);
    const text = scanner.textOf(p, end);
    const value = /^(0|-?[1-9]\d{0,18})$/.test(text) ? BigInt(text) : undefined;
    if (value === undefined || value >= limit || value < -limit)
      scanner.wrongType(p, dataTypeName(field.dataType), ": it is not the text of such a number");
    if (width === 8) buffer.int64[row] = value as bigint;
    else if (width === 4) buffer.int32[row] = Number(value);
    else if (width === 2) buffer.int16[row] = Number(value);
    else buffer.int8[row] = Number(value);
    coercions.count(field.name, "text to integer");
    return end;
  };
}

/** An integer for a field of text: the text is what stands in the file. */
function numberTextParser(builder: VarBuilder, parse: ValueParser, coercions: Coercions): ValueParser {
  const { field } = builder;
  return (scanner, p, row) => {
    if (!isNumberStart(scanner.bytes[p])) return parse(scanner, p, row);
    const end = scanner.skipNumber(p);
    if (!/^(0|-?[1-9]\d*)$/.test(scanner.text(p, end)))
      scanner.wrongType(p, dataTypeName(field.dataType), ": only integers have one text");
    const text = scanner.bytes.subarray(p, end);
    if (field.maxLength > 0 && text.length > field.maxLength) scanner.invalid(p, tooLong(field, text));
    builder.copy(row, scanner.bytes, p, end);
    coercions.count(field.name, "integer to text");
    return end;
  };
}

/** Lists are read as ever: some programs write both. */
function textVectorParser(builder: FixedBuilder, form: ValueForm, parse: ValueParser): ValueParser {
  const { buffer, width, field } = builder;
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) return parse(scanner, p, row);
    const end = scanner.string(p);
    const text = scanner.textOf(p, end);
    try {
      const bytes = form === "text" ? encoded(numbersOf(text), field) : vectorBytesOf(form, text, field, width);
      if (!areFinite(bytes, field)) throw new RangeError("it holds NaN or an infinity");
      buffer.bytes.set(bytes, row * width);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refuse(scanner, p, field, text, `${form}: ${error.message}`);
    }
    return end;
  };
}

function refuse(scanner: Scanner, p: number, field: FieldSchema, text: string, why: string): never {
  const type = dataTypeName(field.dataType);
  return scanner.invalid(
    p,
    `expected type '${type}' for field '${field.name}', got type 'string' with value '${excerpt(text)}', as ${why}`,
  );
}

/** @throws {RangeError} */
function encoded(values: readonly number[], field: FieldSchema): Uint8Array {
  const count = field.dataType === DataType.BinaryVector ? field.dim / 8 : field.dim;
  if (values.length !== count) throw new RangeError(`expected ${count} numbers, got ${values.length}`);
  switch (field.dataType) {
    case DataType.FloatVector:
      return new Uint8Array(Float32Array.from(values).buffer);
    case DataType.Float16Vector:
      return new Uint8Array(Uint16Array.from(values, (value) => float32ToFloat16Bits(Math.fround(value))).buffer);
    case DataType.BFloat16Vector:
      return new Uint8Array(Uint16Array.from(values, (value) => float32ToBfloat16Bits(Math.fround(value))).buffer);
    default: {
      const high = field.dataType === DataType.BinaryVector ? 255 : 127;
      const bad = values.find((value) => !Number.isInteger(value) || value < -128 || value > high);
      if (bad !== undefined) throw new RangeError(`${bad} is no byte`);
      return Uint8Array.from(values, (value) => value & 0xff);
    }
  }
}

function areFinite(bytes: Uint8Array, { dataType }: FieldSchema): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (dataType === DataType.FloatVector) {
    for (let at = 0; at < bytes.length; at += 4) if (!Number.isFinite(view.getFloat32(at, true))) return false;
    return true;
  }
  const exponent = dataType === DataType.Float16Vector ? 0x7c00 : dataType === DataType.BFloat16Vector ? 0x7f80 : 0;
  if (exponent === 0) return true;
  for (let at = 0; at < bytes.length; at += 2) if ((view.getUint16(at, true) & exponent) === exponent) return false;
  return true;
}
