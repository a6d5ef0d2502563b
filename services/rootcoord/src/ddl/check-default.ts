import { excerpt } from "@sluice/errors";
import type { schema as wire } from "@sluice/rpc";
import { DataType, dataTypeName } from "@sluice/schema";
import { describeJsonError, findJsonError, parseTimestamptz, wktToWkb } from "@sluice/values";
import { invalid } from "./refusals.ts";
import { typeParam } from "./type-params.ts";

type Field = wire.FieldSchema;
type Value = NonNullable<wire.ValueField["data"]>;
type Case = Value["$case"];

/**
 * Members of ValueField in which a default of the type may come, its own first. Types that are not here have no defaults.
 * pymilvus sends every int of Python as `longData`, whatever the field's type.
 */
const casesOf: Readonly<Record<number, readonly Case[] | undefined>> = {
  [DataType.Bool]: ["boolData"],
  [DataType.Int8]: ["intData", "longData"],
  [DataType.Int16]: ["intData", "longData"],
  [DataType.Int32]: ["intData", "longData"],
  [DataType.Int64]: ["longData"],
  [DataType.Float]: ["floatData", "longData"],
  [DataType.Double]: ["doubleData", "longData"],
  [DataType.VarChar]: ["stringData"],
  [DataType.Text]: ["stringData"],
  [DataType.JSON]: ["bytesData"],
  [DataType.Geometry]: ["stringData"],
  [DataType.Timestamptz]: ["stringData", "timestamptzData"],
};

const typesOfCases: Readonly<Record<Case, string>> = {
  boolData: "DataType_Bool",
  intData: "DataType_Int",
  longData: "DataType_Int64",
  floatData: "DataType_Float",
  doubleData: "DataType_Double",
  stringData: "DataType_VarChar",
  bytesData: "DataType_JSON",
  timestamptzData: "DataType_Timestamptz",
  dateData: "DataType_Date",
  timeData: "DataType_Time",
};

/**
 * Checks that a field's default value is one of its values. A ValueField without content counts as none.
 * @param timezone of Timestamptz text without offset
 * @throws {StatusError} 1100
 */
export function checkDefault(field: Field, timezone: string): void {
  const data = field.defaultValue?.data;
  if (!data) return;
  const cases = casesOf[field.dataType];
  if (!cases) throw invalid(`type not support default_value, type:${dataTypeName(field.dataType)}, name:${field.name}`);
  if (!cases.includes(data.$case)) {
    const type = dataTypeName(field.dataType);
    throw invalid(
      `type (${type}) of field (${field.name}) is not equal to the type(${typesOfCases[data.$case]}) of default_value`,
    );
  }
  checkValue(field, data, timezone);
}

function checkValue(field: Field, data: Value, timezone: string): void {
  switch (data.$case) {
    case "intData":
    case "longData":
      checkInteger(field, data.value);
      break;
    case "floatData":
    case "doubleData":
      if (!Number.isFinite(data.value)) throw invalid(`default value of field ${field.name} is not a finite number`);
      break;
    case "bytesData":
      checkJson(field, data.value);
      break;
    case "stringData":
      checkText(field, data.value, timezone);
  }
}

function checkJson({ name }: Field, text: Uint8Array): void {
  const error = findJsonError(text);
  if (error < 0) return;
  throw invalid(`default value of JSON field ${name} is not valid JSON: ${describeJsonError(text, error)}`);
}

/** Greatest magnitude of integers that a field's type holds exactly; of its own member, nothing is to be checked. */
const integerBits: Readonly<Record<number, number | undefined>> = {
  [DataType.Int8]: 7,
  [DataType.Int16]: 15,
  [DataType.Int32]: 31,
  [DataType.Float]: 24,
  [DataType.Double]: 53,
};

function checkInteger(field: Field, value: number | bigint): void {
  const bits = integerBits[field.dataType];
  if (bits === undefined) return;
  const min = -(2 ** bits);
  if (value >= min && value < -min) return;
  throw invalid(`[${value}] out of range [${min} <= value <= ${-min - 1}], default value of field ${field.name}`);
}

/** A field with its default in the member that is its type's own, where readers look for it. Its default was checked. */
export function withOwnDefault(field: Field): Field {
  const data = field.defaultValue?.data;
  const own = casesOf[field.dataType]?.[0];
  if (data?.$case !== "longData" || own === "longData") return field;
  return { ...field, defaultValue: { data: { $case: own, value: Number(data.value) } as Value } };
}

function checkText(field: Field, text: string, timezone: string): void {
  switch (field.dataType) {
    case DataType.VarChar: {
      const length = Buffer.byteLength(text);
      if (length <= Number(typeParam(field, "max_length"))) return;
      throw invalid(`the length (${length}) of string exceeds max length (${typeParam(field, "max_length")})`);
    }
    case DataType.Geometry:
      refuseFrom(() => wktToWkb(text), `invalid default value for geometry field, field name = ${field.name}`);
      break;
    case DataType.Timestamptz:
      refuseFrom(() => parseTimestamptz(text, timezone), `got invalid timestamptz string '${excerpt(text)}'`);
  }
}

/** Turns what a parser says into a refusal. Anything but a RangeError is a defect and passes. */
function refuseFrom(parse: () => unknown, text: string): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid(`${text}: ${error.message}`);
  }
}
