import { DataType, type DefaultValue, type FieldSchema, fixedWidth } from "@sluice/schema";
import { dropRepeatedKeys } from "@sluice/values";

const encoder = new TextEncoder();
const EMPTY_OBJECT = encoder.encode("{}");

/**
 * What a missing or null value of a field becomes, in column encoding: the default, which beats null; `{}` for `$meta`; else
 * null where the field has nulls. Undefined: the field cannot do without a value.
 */
export function standInOf(field: FieldSchema): Uint8Array | null | undefined {
  if (field.defaultValue !== undefined) return encodeDefault(field, field.defaultValue);
  if (field.isDynamic) return EMPTY_OBJECT;
  return field.nullable ? null : undefined;
}

/** A value in the encoding of the field's column: little-endian bytes of its width, or the bytes of a cell. */
export function encodeDefault(field: FieldSchema, value: DefaultValue): Uint8Array {
  if (value instanceof Uint8Array) {
    const cell = value.slice();
    if (field.dataType === DataType.JSON) dropRepeatedKeys(cell);
    return cell;
  }
  if (typeof value === "string") return encoder.encode(value);
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (field.dataType === DataType.Float) view.setFloat32(0, Number(value), true);
  else if (field.dataType === DataType.Double) view.setFloat64(0, Number(value), true);
  else view.setBigInt64(0, BigInt(value), true);
  // Two's complement: the low bytes of an int64 are the smaller integers, and bool.
  return bytes.subarray(0, fixedWidth(field));
}
