import { excerpt, ImportError } from "@sluice/errors";
import type { ArrayHeader } from "../array-column.ts";
import { LiteralError, type PythonValue, parsePythonDict } from "./python-literal.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic and version. */
const FIXED_BYTES = 8;
/** A header's text is some hundred bytes long, and NumPy itself refuses more than 10 000 unless told otherwise. */
const MAX_TEXT_BYTES = 1 << 17;
/** Dimensions that an array can have. Source: NumPy 2, `NPY_MAXDIMS`. */
const MAX_DIMENSIONS = 64;
const latin1 = new TextDecoder("latin1");
const utf8 = new TextDecoder("utf-8");

/**
 * Bytes from the start of the file that hold its header, as the first bytes of the file tell.
 * @param prefix at least 12 bytes, or the whole file
 * @throws {ImportError} `malformed_file` with the byte: no magic, another version, or cut short
 */
export function npyHeaderBytes(prefix: Uint8Array): number {
  for (let i = 0; i < magic.length; i++) {
    if (i < prefix.length && prefix[i] !== magic[i]) throw malformed("it does not begin with the magic \\x93NUMPY", 0);
  }
  if (prefix.length < FIXED_BYTES) throw cutShort(prefix.length);
  const major = prefix[6];
  if (major < 1 || major > 3 || prefix[7] !== 0)
    throw malformed(`version ${major}.${prefix[7]} is not 1.0, 2.0 or 3.0`, 6);
  const textAt = FIXED_BYTES + (major === 1 ? 2 : 4);
  if (prefix.length < textAt) throw cutShort(prefix.length);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = major === 1 ? view.getUint16(FIXED_BYTES, true) : view.getUint32(FIXED_BYTES, true);
  if (length > MAX_TEXT_BYTES)
    throw malformed(`its header is ${length} bytes long, more than ${MAX_TEXT_BYTES}`, FIXED_BYTES);
  return textAt + length;
}

/**
 * Reads a header; its text is parsed as a literal and never evaluated.
 * @param bytes the start of the file, up to `npyHeaderBytes` or more
 * @throws {ImportError} `malformed_file` with the byte
 */
export function parseNpyHeader(bytes: Uint8Array): ArrayHeader {
  const dataOffset = npyHeaderBytes(bytes);
  if (bytes.length < dataOffset) throw cutShort(bytes.length);
  const textAt = FIXED_BYTES + (bytes[6] === 1 ? 2 : 4);
  const text = (bytes[6] === 3 ? utf8 : latin1).decode(bytes.subarray(textAt, dataOffset));
  const entries = parseEntries(text, textAt);
  const descr = entries.get("descr");
  const fortranOrder = entries.get("fortran_order");
  const shape = entries.get("shape");
  const isComplete = entries.size === 3 && descr !== undefined && shape !== undefined;
  if (!isComplete) throw malformed("its header needs exactly descr, fortran_order and shape", textAt);
  if (typeof fortranOrder !== "boolean") throw malformed("fortran_order is not True or False", textAt);
  const descrText = typeof descr === "string" ? descr : JSON.stringify(descr);
  return { descr: descrText, fortranOrder, shape: checkShape(shape, textAt), dataOffset };
}

function parseEntries(text: string, textAt: number): Map<string, PythonValue> {
  try {
    return parsePythonDict(text);
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    throw malformed(`its header is no dictionary literal: ${error.message}`, textAt + error.at);
  }
}

/** Sizes that a file can have: none negative, and their product exact. */
function checkShape(shape: PythonValue, textAt: number): number[] {
  if (!Array.isArray(shape)) throw malformed("shape is no tuple", textAt);
  if (shape.length > MAX_DIMENSIONS)
    throw malformed(`shape has ${shape.length} dimensions, more than ${MAX_DIMENSIONS}`, textAt);
  let product = 1;
  for (const size of shape) {
    if (typeof size !== "number" || size < 0)
      throw malformed(`shape holds ${excerpt(String(size))}, not only integers from 0 on`, textAt);
    product *= Math.max(size, 1);
    if (!Number.isSafeInteger(product))
      throw malformed(`shape (${excerpt(shape.join(", "))}) is larger than any file`, textAt);
  }
  return shape as number[];
}

function cutShort(size: number): ImportError {
  return malformed("it ends inside its header", size);
}

function malformed(detail: string, byteOffset: number): ImportError {
  return new ImportError("malformed_file", `the file is no NumPy array: ${detail}`, { byteOffset });
}
