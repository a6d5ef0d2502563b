import { DataType, type FieldSchema } from "@sluice/schema";

/**
 * How a text holds a dense vector: the bytes of its elements, little-endian or, by `_be`, big-endian, in base64 or hex; or numbers
 * with blanks or commas between them, in brackets or without.
 */
export const valueForms = ["base64", "base64_be", "hex", "hex_be", "text"] as const;
export type ValueForm = (typeof valueForms)[number];

export function isValueForm(value: unknown): value is ValueForm {
  return valueForms.some((form) => form === value);
}

/** Bytes of an element, by the type of the vector. */
const elementBytes: Partial<Record<DataType, number>> = {
  [DataType.FloatVector]: 4,
  [DataType.Float16Vector]: 2,
  [DataType.BFloat16Vector]: 2,
  [DataType.Int8Vector]: 1,
  [DataType.BinaryVector]: 1,
};

export function takesForm({ dataType }: FieldSchema): boolean {
  return elementBytes[dataType] !== undefined;
}

/**
 * The bytes of a vector from a text of its bytes, as the column has them.
 * @param width bytes that the vector must have
 * @throws {RangeError} which says what is wrong with the text
 */
export function vectorBytesOf(
  form: Exclude<ValueForm, "text">,
  text: string,
  { dataType }: FieldSchema,
  width: number,
): Buffer {
  const [encoding, order] = form.split("_") as ["base64" | "hex", "be" | undefined];
  // Node's decoders leave out what they do not know.
  const isOne = encoding === "hex" ? /^([0-9a-f]{2})*$/i.test(text) : /^[A-Za-z0-9+/_-]*={0,2}$/.test(text);
  if (!isOne) throw new RangeError(`it is no ${encoding}`);
  const bytes = Buffer.from(text, encoding);
  if (bytes.length !== width) throw new RangeError(`expected ${width} bytes, got ${bytes.length}`);
  const size = elementBytes[dataType] ?? 1;
  if (order === "be" && size === 4) bytes.swap32();
  if (order === "be" && size === 2) bytes.swap16();
  return bytes;
}

/** The numbers of `[1, 2]`, `[1 2]` or `1 2`. @throws {RangeError} */
export function numbersOf(text: string): number[] {
  const inner = text
    .trim()
    .replace(/^\[|\]$/g, "")
    .trim();
  if (inner.includes("..."))
    throw new RangeError("it has ... where values were left out by the program that printed it");
  const parts = inner === "" ? [] : inner.split(/\s*,\s*|\s+/);
  return parts.map((part) => {
    const value = Number(part);
    if (part === "" || !Number.isFinite(value)) throw new RangeError(`"${part.slice(0, 20)}" is no number`);
    return value;
  });
}
