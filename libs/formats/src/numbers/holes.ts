import { DataType, type FieldSchema } from "@sluice/schema";
import { isFloat, isInteger } from "./number-kind.ts";

/** Whether the option `nan=null` is for a field. */
export function isNullableScalar({ dataType, nullable }: FieldSchema): boolean {
  return nullable && isScalar(dataType);
}

/**
 * Which floats say that a row has no value; undefined where none does. NaN where an integer belongs is how pandas writes it; by the
 * option `nan=null` NaN and infinities are that of every scalar that may be null.
 * @param standIn what rows without a value get, see `standInOf` @param kind of the source @param to what they become
 */
export function holeOf(
  field: FieldSchema,
  standIn: Uint8Array | null | undefined,
  { kind, to }: { readonly kind: string | undefined; readonly to: string },
  nanIsNull = false,
): ((value: number) => boolean) | undefined {
  if (standIn === undefined || !isFloat(kind ?? "")) return undefined;
  if (nanIsNull && isNullableScalar(field)) return isNotFinite;
  return isInteger(to) ? Number.isNaN : undefined;
}

/** What to do about a number that was refused; nothing of one that is finite, or no scalar. */
export function notFiniteHint({ dataType }: FieldSchema, value: number): string {
  return isScalar(dataType) && isNotFinite(value) ? NAN_HINT : "";
}

/** For a NaN, or an infinity, that was refused. */
export const NAN_HINT = "; the option nan=null makes null of it in scalar fields that may be null";

/** What programs write for NaN and infinities. */
export function isNotFiniteWord(text: string): boolean {
  return /^[+-]?(nan|inf|infinity)$/i.test(text);
}

function isNotFinite(value: number): boolean {
  return !Number.isFinite(value);
}

function isScalar(dataType: DataType): boolean {
  return dataType >= DataType.Bool && dataType <= DataType.Double;
}
