import { excerpt } from "@sluice/errors";

/** A literal, a folded constant or a template value: bool, int64 (bigint), double, string, or a list of such. */
export type Constant = boolean | bigint | number | string | readonly Constant[];

/** A value of `expr_template_values`; numbers are doubles, bigints int64. */
export type TemplateValue = Constant;

/** What is below it is no integer of any field. */
export const MIN_INT64 = -(2n ** 63n);
/** What is above it is no integer of any field. */
export const MAX_INT64 = 2n ** 63n - 1n;

/** Nothing else that a constant may be is an object. */
export function isList(value: Constant): value is readonly Constant[] {
  return typeof value === "object";
}

/** Bools are no numbers. */
export function isNumeric(value: Constant): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number";
}

/** The type's name in Milvus's messages. */
export function constantType(value: Constant): string {
  switch (typeof value) {
    case "boolean":
      return "Bool";
    case "bigint":
      return "Int64";
    case "number":
      return "Double";
    case "string":
      return "VarChar";
    default:
      return "Array";
  }
}

/**
 * The beginning of a value as Milvus's messages show it: the text form of protobuf's `GenericValue`, such as `float_val:1.5`.
 */
export function constantText(value: Constant): string {
  return excerpt(genericText(value));
}

function genericText(value: Constant): string {
  switch (typeof value) {
    case "boolean":
      return `bool_val:${value}`;
    case "bigint":
      return `int64_val:${value}`;
    case "number":
      return `float_val:${value}`;
    case "string":
      return `string_val:${JSON.stringify(excerpt(value))}`;
    default:
      // No more of a list than is shown.
      return `array_val:{${value
        .slice(0, 8)
        .map((item) => `array:{${constantText(item)}}`)
        .join(" ")}}`;
  }
}

const encoder = new TextEncoder();

/** As text is stored; surrogates without their other half become U+FFFD. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Order of two strings by their UTF-8 bytes, which is their order by code points (not by UTF-16 units). */
export function compareStrings(a: string, b: string): number {
  return Buffer.compare(encoder.encode(a), encoder.encode(b));
}
