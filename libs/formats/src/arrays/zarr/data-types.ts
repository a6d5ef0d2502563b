import { parseDtype } from "../dtype.ts";
import { unsupported } from "./unsupported.ts";

/** Elements of an array in NumPy's words; `text`: texts of any length, each with its length. */
export type ElementText = { readonly descr: string } | "text";

/** Types of version 3 that are called otherwise than NumPy's. Source: zarr-specs 3.1, data types; zarr-extensions. */
const names: Readonly<Record<string, string>> = {
  ...{ bool: "|b1", int8: "|i1", int16: "<i2", int32: "<i4", int64: "<i8", uint8: "|u1", uint16: "<u2" },
  ...{ uint32: "<u4", uint64: "<u8", float16: "<f2", float32: "<f4", float64: "<f8", bfloat16: "<V2" },
};

/** @param type of `zarr.json` @param isBig as the codec `bytes` says @throws {ImportError} `unsupported` */
export function elementsOfV3(type: unknown, isBig: boolean, array: string): ElementText {
  const name = typeof type === "string" ? type : (type as { name?: unknown } | null)?.name;
  const { length_bytes: bytes, unit, scale_factor: scale } = configurationOf(type);
  if (name === "string") return "text";
  const known = typeof name === "string" ? names[name] : undefined;
  if (known !== undefined) return { descr: isBig ? known.replace("<", ">") : known };
  const order = isBig ? ">" : "<";
  if (name === "fixed_length_utf32" && Number.isSafeInteger(bytes))
    return { descr: `${order}U${(bytes as number) / 4}` };
  if (name === "null_terminated_bytes" && Number.isSafeInteger(bytes)) return { descr: `|S${bytes}` };
  if (name === "numpy.datetime64" && Number.isSafeInteger(scale) && typeof unit === "string")
    return { descr: `${order}M8[${scale === 1 ? "" : scale}${unit}]` };
  throw unsupported(array, `holds elements of type ${JSON.stringify(type)}, which no field takes`);
}

function configurationOf(type: unknown): Record<string, unknown> {
  const { configuration } = (type ?? {}) as { configuration?: Record<string, unknown> };
  return configuration ?? {};
}

/**
 * The bytes of an element that stands for those of chunks that were never written; undefined where nothing says what they are.
 * @param fill of the metadata @throws {ImportError} `unsupported` for a value that is not known
 */
export function fillBytes(elements: ElementText, fill: unknown, array: string): Uint8Array | undefined {
  if (fill === null || fill === undefined) return undefined;
  if (elements === "text") return Buffer.from(fill === 0 ? "" : String(fill));
  const dtype = parseDtype(elements.descr);
  const itemBytes = dtype?.itemBytes ?? 1;
  if (fill === 0 || fill === "" || fill === false) return new Uint8Array(itemBytes);
  const view = new DataView(new ArrayBuffer(itemBytes));
  const number = numberOf(fill);
  if (number !== undefined && dtype && putNumber(view, dtype.code, number, !dtype.bigEndian))
    return new Uint8Array(view.buffer);
  throw unsupported(
    array,
    `has the fill value ${JSON.stringify(fill)}, and chunks that were never written: write them`,
  );
}

function numberOf(fill: unknown): number | bigint | undefined {
  if (fill === "NaN") return Number.NaN;
  if (fill === "Infinity" || fill === "-Infinity") return Number(fill);
  if (typeof fill === "boolean") return Number(fill);
  return typeof fill === "number" || typeof fill === "bigint" ? fill : undefined;
}

/** Whether it is a number of that type. */
function putNumber(view: DataView, code: string, number: number | bigint, isLittle: boolean): boolean {
  const value = Number(number);
  if (code === "f8") view.setFloat64(0, value, isLittle);
  else if (code === "f4") view.setFloat32(0, value, isLittle);
  else if (typeof number === "number" && !Number.isSafeInteger(value)) return false;
  else if (code === "i8" || code === "M8") view.setBigInt64(0, BigInt(number), isLittle);
  else if (code === "u8") view.setBigUint64(0, BigInt(number), isLittle);
  else if (code === "i4" || code === "u4") view.setInt32(0, value, isLittle);
  else if (code === "i2" || code === "u2") view.setInt16(0, value, isLittle);
  else if (code === "i1" || code === "u1" || code === "b1") view.setInt8(0, value);
  else return false;
  return true;
}
