import { excerpt } from "@sluice/errors";
import type { common, schema as wire } from "@sluice/rpc";
import { invalid } from "./refusals.ts";

/** The declared text of a type parameter. @throws {StatusError} 1100 when it is given twice */
export function typeParam(
  field: { readonly typeParams: readonly common.KeyValuePair[] },
  key: string,
): string | undefined {
  const [first, second] = field.typeParams.filter((param) => param.key === key);
  if (second) throw invalid(`duplicated type param (key=${key}) (value=${excerpt(second.value)}) found`);
  return first?.value;
}

/**
 * A type parameter that must be an integer from 1 to `max`.
 * @param what how Milvus calls the value: `maximum length`, `maximum capacity`
 * @throws {StatusError} 1100
 */
export function checkBound(field: wire.FieldSchema, text: string, what: string, max: number): void {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= max) return;
  throw invalid(
    `the ${what} specified for the field(${field.name}) should be in (0, ${max}], but got ${excerpt(text)} instead`,
  );
}
