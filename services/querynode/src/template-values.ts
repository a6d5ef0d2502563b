import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import type { TemplateValue } from "@sluice/query";
import type { schema } from "@sluice/rpc";

/** The values of `expr_template_values` as the expression language takes them. @throws {StatusError} 1100 */
export function templateValues(messages: Readonly<Record<string, schema.TemplateValue>>): Map<string, TemplateValue> {
  return new Map(Object.entries(messages).map(([name, message]) => [name, templateValue(name, message)]));
}

function templateValue(name: string, { val }: schema.TemplateValue): TemplateValue {
  switch (val?.$case) {
    case "boolVal":
    case "int64Val":
    case "floatVal":
    case "stringVal":
      return val.value;
    case "arrayVal":
      return listOf(name, val.value);
    default:
      throw new StatusError(
        statusCodes.invalidParameter,
        `the value of expression template variable {${excerpt(name)}} is not supported`,
      );
  }
}

function listOf(name: string, { data }: schema.TemplateArrayValue): TemplateValue[] {
  if (!data) return [];
  switch (data.$case) {
    case "arrayData":
      return data.value.data.map((list) => listOf(name, list));
    case "jsonData":
      return data.value.data.map((text) => jsonValue(name, text));
    default:
      return [...(data.value.data as Iterable<TemplateValue>)];
  }
}

/** Lists of mixed kinds come as JSON texts, one a value; integers keep all their digits. */
function jsonValue(name: string, text: Uint8Array): TemplateValue {
  const exactIntegers = (_key: string, value: unknown, context: { source?: string }) =>
    typeof value === "number" && isInteger(context.source) ? BigInt(context.source ?? value) : value;
  try {
    return (JSON.parse as (text: string, reviver: typeof exactIntegers) => TemplateValue)(
      Buffer.from(text).toString("utf8"),
      exactIntegers,
    );
  } catch (error) {
    throw new StatusError(
      statusCodes.invalidParameter,
      `the value of expression template variable {${excerpt(name)}} is not JSON`,
      { cause: error },
    );
  }
}

/** Longer ones are no int64, and a bigint of many digits takes long. */
const MAX_DIGITS = 40;

function isInteger(source = ""): boolean {
  return source.length <= MAX_DIGITS && /^-?\d+$/.test(source);
}
