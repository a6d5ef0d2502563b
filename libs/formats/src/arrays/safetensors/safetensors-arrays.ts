import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../foreign-content.ts";
import type { ArrayHeader } from "../array-column.ts";
import type { ArraySet, NamedArray } from "../array-set.ts";
import { parseDtype } from "../dtype.ts";
import { arraySet, malformed, readPart } from "../one-file.ts";

const LENGTH_BYTES = 8;
/** Of large models it is some megabytes; the library itself refuses more than 100 MB. */
const MAX_HEADER_BYTES = 32 << 20;
const MAX_DIMENSIONS = 64;

/** NumPy's names of the types that fields take. */
const descrs: Readonly<Record<string, string | undefined>> = {
  ...{ BOOL: "|b1", I8: "|i1", U8: "|u1", I16: "<i2", U16: "<u2", I32: "<i4", U32: "<u4", I64: "<i8", U64: "<u8" },
  ...{ F16: "<f2", BF16: "<V2", F32: "<f4", F64: "<f8" },
};

/**
 * A length of 64 bits, a JSON object of so many bytes, and the data that it describes: `{"name": {"dtype", "shape",
 * "data_offsets"}, "__metadata__": {…}}`. Source: the README of safetensors 0.8.
 * @throws {ImportError} `malformed_file`
 */
export async function safetensorsArrays(source: SourceFile, signal: AbortSignal): Promise<ArraySet> {
  const length = (await readPart(source, 0, LENGTH_BYTES, "the length of its header", signal)).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    const error = malformed(`its header is ${length} bytes long, more than ${MAX_HEADER_BYTES}`, 0);
    throw await withContent(error, source, signal);
  }
  const text = await readPart(source, LENGTH_BYTES, Number(length), "its header", signal);
  const header = parseHeader(text);
  const dataOffset = LENGTH_BYTES + Number(length);
  const arrays = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, tensor]) => arrayOf(source, dataOffset, name, tensor));
  return arraySet("safetensors file", arrays);
}

function parseHeader(view: DataView): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(view));
    if (isObject(header)) return header;
  } catch {
    // Told below, as is a header that is JSON and no object.
  }
  throw malformed("its header is no JSON object", LENGTH_BYTES);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function arrayOf(source: SourceFile, dataOffset: number, name: string, tensor: unknown): NamedArray {
  const isMatrix = isObject(tensor) && Array.isArray(tensor.shape) && tensor.shape.length === 2;
  const header = async () => headerOf(source, dataOffset, name, tensor);
  return { name, source, header, ...(isMatrix && { role: "vectors" as const }) };
}

function headerOf({ sizeBytes }: SourceFile, dataOffset: number, name: string, tensor: unknown): ArrayHeader {
  const fault = (what: string) => malformed(`tensor '${excerpt(name)}' of its header ${what}`, LENGTH_BYTES);
  if (!isObject(tensor)) throw fault("is no object");
  const { dtype, shape, data_offsets: offsets } = tensor;
  if (typeof dtype !== "string") throw fault("has no dtype");
  const descr = Object.hasOwn(descrs, dtype) ? descrs[dtype] : undefined;
  if (descr === undefined) throw unread(name, dtype);
  if (!areSizes(shape) || shape.length > MAX_DIMENSIONS) throw fault("has no shape");
  if (!areSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) throw fault("has no data_offsets");
  const [begin, end] = offsets;
  const bytes = shape.reduce((product, size) => product * size, parseDtype(descr)?.itemBytes ?? 0);
  if (end - begin !== bytes) throw fault(`has ${end - begin} bytes of data, and its shape wants ${bytes}`);
  if (dataOffset + end > sizeBytes) {
    const reason = `the file is cut short: tensor '${excerpt(name)}' ends at byte ${dataOffset + end}, it has ${sizeBytes} bytes`;
    throw new ImportError("malformed_file", reason, { byteOffset: sizeBytes });
  }
  return { descr, fortranOrder: false, shape, dataOffset: dataOffset + begin };
}

function areSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function unread(name: string, dtype: string): ImportError {
  const reason = `tensor '${excerpt(name)}' is of type ${excerpt(dtype)}, which no field takes: save it as F32`;
  return new ImportError("unsupported", reason);
}
