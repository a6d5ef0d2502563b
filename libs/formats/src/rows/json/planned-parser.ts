import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { dataTypeName } from "@sluice/schema";
import { type Coercions, integerOfText, isIntegerField, isTextField, NO_SUCH_TEXT } from "../../coercions.ts";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { tooLong } from "../../plan/refusals.ts";
import type { ValueForm } from "../../plan/value-form.ts";
import { vectorCell } from "../../vector-cells.ts";
import { givenParser } from "./given-parsers.ts";
import { isNumberStart } from "./numbers.ts";
import type { ValueParser } from "./value-parser.ts";
import { valueParser } from "./value-parsers.ts";

const QUOTE = 0x22;

/** The parser of a field's values as the plan has it: that of its type, and what the options of the import take besides. */
export function plannedParser(plan: FieldPlan, builder: FixedBuilder | VarBuilder, coercions: Coercions): ValueParser {
  const { schema, options } = plan;
  const { field } = builder;
  const parse = valueParser(schema, builder);
  const form = options.forms?.get(field.name);
  if (form) return textVectorParser(builder as FixedBuilder, form, parse);
  const given = options.isGiven ? givenParser(builder, parse) : undefined;
  if (given) return given;
  if (!options.coerces) return parse;
  if (isIntegerField(field)) return digitsParser(builder as FixedBuilder, parse, coercions);
  return isTextField(field) ? numberTextParser(builder as VarBuilder, parse, coercions) : parse;
}

/** A text of digits for an integer field, where it is the text of that integer: `007` is none. */
function digitsParser({ buffer, width, field }: FixedBuilder, parse: ValueParser, coercions: Coercions): ValueParser {
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) return parse(scanner, p, row);
    const end = scanner.string(p);
    const value = integerOfText(field, scanner.textOf(p, end));
    if (value === undefined) scanner.wrongType(p, dataTypeName(field.dataType), `: ${NO_SUCH_TEXT}`);
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
  const cell = vectorCell(form, field);
  return (scanner, p, row) => {
    if (scanner.bytes[p] !== QUOTE) return parse(scanner, p, row);
    const end = scanner.string(p);
    try {
      buffer.bytes.set(cell(scanner.unescaped(p, end)), row * width);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      scanner.invalid(p, error.message);
    }
    return end;
  };
}
