import { excerptOfBytes } from "@sluice/errors";
import { exactFloat32 } from "@sluice/kernels";
import { DataType, dataTypeName, type FieldSchema, vectorBytes } from "@sluice/schema";
import { float32ToBfloat16Bits, float32ToFloat16Bits } from "@sluice/values";
import { elementBytes, type ValueForm } from "./plan/value-form.ts";

/**
 * A dense vector in column encoding from what stands for it in the form that a mapping names.
 * @throws {RangeError} with the reason, as the user reads it
 */
export function vectorCell(form: ValueForm, field: FieldSchema): (source: Uint8Array) => Uint8Array {
  const type = dataTypeName(field.dataType);
  return (source) => {
    try {
      const bytes = decoded(form, source, field);
      if (!areFinite(bytes, field)) throw new RangeError("it holds NaN or an infinity");
      return bytes;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const value = form === "bytes_be" ? `${source.length} bytes` : `value '${excerptOfBytes(source)}'`;
      throw new RangeError(
        `expected type '${type}' for field '${field.name}', got ${value} as ${form}: ${error.message}`,
      );
    }
  };
}

/** @throws {RangeError} */
function decoded(form: ValueForm, source: Uint8Array, field: FieldSchema): Uint8Array {
  if (form === "bytes_be") return ofBytes(Buffer.from(source), true, field);
  const text = Buffer.from(source).toString("utf8");
  if (form === "text") return encoded(numbersOf(text), field);
  const [encoding, order] = form.split("_") as ["base64" | "hex", "be" | undefined];
  // PostgreSQL prints bytes so.
  const digits = encoding === "hex" ? text.replace(/^\\x/, "") : text;
  return ofBytes(bytesOfText(encoding, digits), order === "be", field);
}

/** @param bytes of its own memory @throws {RangeError} */
function ofBytes(bytes: Buffer, isBigEndian: boolean, { dataType, dim }: FieldSchema): Buffer {
  const width = vectorBytes(dataType, dim);
  if (bytes.length !== width) throw new RangeError(`expected ${width} bytes, got ${bytes.length}`);
  const size = elementBytes[dataType];
  if (isBigEndian && size === 4) bytes.swap32();
  if (isBigEndian && size === 2) bytes.swap16();
  return bytes;
}

function bytesOfText(encoding: "base64" | "hex", text: string): Buffer {
  // Node's decoders leave out what they do not know.
  const isOne = encoding === "hex" ? /^([0-9a-f]{2})*$/i.test(text) : /^[A-Za-z0-9+/_-]*={0,2}$/.test(text);
  if (!isOne) throw new RangeError(`it is no ${encoding}`);
  return Buffer.from(text, encoding);
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
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part))
      throw new RangeError(`"${part.slice(0, 20)}" is no number`);
    const value = exactFloat32(part);
    if (!Number.isFinite(value)) throw new RangeError(`"${part.slice(0, 20)}" is out of range`);
    return value;
  });
}

/** @throws {RangeError} */
function encoded(values: readonly number[], field: FieldSchema): Uint8Array {
  const count = field.dataType === DataType.BinaryVector ? field.dim / 8 : field.dim;
  if (values.length !== count) throw new RangeError(`expected ${count} numbers, got ${values.length}`);
  switch (field.dataType) {
    case DataType.FloatVector:
      return new Uint8Array(Float32Array.from(values).buffer);
    case DataType.Float16Vector:
      return new Uint8Array(Uint16Array.from(values, (value) => float32ToFloat16Bits(Math.fround(value))).buffer);
    case DataType.BFloat16Vector:
      return new Uint8Array(Uint16Array.from(values, (value) => float32ToBfloat16Bits(Math.fround(value))).buffer);
    default: {
      const high = field.dataType === DataType.BinaryVector ? 255 : 127;
      const bad = values.find((value) => !Number.isInteger(value) || value < -128 || value > high);
      if (bad !== undefined) throw new RangeError(`${bad} is no byte`);
      return Uint8Array.from(values, (value) => value & 0xff);
    }
  }
}

function areFinite(bytes: Uint8Array, { dataType }: FieldSchema): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (dataType === DataType.FloatVector) {
    for (let at = 0; at < bytes.length; at += 4) if (!Number.isFinite(view.getFloat32(at, true))) return false;
    return true;
  }
  const exponent = dataType === DataType.Float16Vector ? 0x7c00 : dataType === DataType.BFloat16Vector ? 0x7f80 : 0;
  if (exponent === 0) return true;
  for (let at = 0; at < bytes.length; at += 2) if ((view.getUint16(at, true) & exponent) === exponent) return false;
  return true;
}
