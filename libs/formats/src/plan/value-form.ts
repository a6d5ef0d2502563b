import { DataType, type FieldSchema } from "@sluice/schema";

/**
 * How a text holds a dense vector: the bytes of its elements, little-endian or, by `_be`, big-endian, in base64 or hex; or numbers
 * with blanks or commas between them, in brackets or without. `bytes_be`: no text, but the bytes themselves, big-endian.
 */
export const valueForms = ["base64", "base64_be", "hex", "hex_be", "text", "bytes_be"] as const;
/** Named by `as` of a mapping. */
export type ValueForm = (typeof valueForms)[number];

/** Whether an option's value is one of them. */
export function isValueForm(value: unknown): value is ValueForm {
  return valueForms.some((form) => form === value);
}

/** Bytes of an element, by the type of the vector. */
export const elementBytes: Partial<Record<DataType, number>> = {
  [DataType.FloatVector]: 4,
  [DataType.Float16Vector]: 2,
  [DataType.BFloat16Vector]: 2,
  [DataType.Int8Vector]: 1,
  [DataType.BinaryVector]: 1,
};

/** Dense vectors alone. */
export function takesForm({ dataType }: FieldSchema): boolean {
  return elementBytes[dataType] !== undefined;
}
