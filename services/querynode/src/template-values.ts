import type { Turns } from "@sluice/async";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import type { TemplateValue } from "@sluice/query";
import type { schema } from "@sluice/rpc";

/**
 * The values of `expr_template_values` as the expression language takes them, with turns of the event loop between many.
 * @throws {StatusError} 1100
 */
export async function templateValues(
  messages: Readonly<Record<string, schema.TemplateValue>>,
  turns: Turns,
): Promise<Map<string, TemplateValue>> {
  const values = new Map<string, TemplateValue>();
  for (const [name, message] of Object.entries(messages)) values.set(name, await templateValue(name, message, turns));
  return values;
}

async function templateValue(name: string, { val }: schema.TemplateValue, turns: Turns): Promise<TemplateValue> {
  switch (val?.$case) {
    case "boolVal":
    case "int64Val":
    case "floatVal":
    case "stringVal":
      return val.value;
    case "arrayVal":
      return await listOf(name, val.value, turns);
    default:
      throw new StatusError(
        statusCodes.invalidParameter,
        `the value of expression template variable {${excerpt(name)}} is not supported`,
      );
  }
}

async function listOf(name: string, { data }: schema.TemplateArrayValue, turns: Turns): Promise<TemplateValue[]> {
  if (!data) return [];
  switch (data.$case) {
    case "arrayData":
      return await inTurns(data.value.data, (list) => listOf(name, list, turns), turns);
    case "jsonData":
      return await inTurns(data.value.data, (text) => jsonValue(name, text), turns);
    default:
      return await inTurns<TemplateValue, TemplateValue>(data.value.data, (value) => value, turns);
  }
}

/** Values between two looks at the clock. */
const VALUES_A_LOOK = 1024;

async function inTurns<From, To>(
  from: ArrayLike<From>,
  convert: (value: From) => To | Promise<To>,
  turns: Turns,
): Promise<To[]> {
  const values: To[] = [];
  for (let i = 0; i < from.length; i++) {
    const value = convert(from[i]);
    values.push(value instanceof Promise ? await value : value);
    if (i % VALUES_A_LOOK === 0 && turns.isDue) await turns.next();
  }
  return values;
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
