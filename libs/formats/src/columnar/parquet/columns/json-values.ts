import { isUtf8 } from "node:buffer";
import { excerptOfBytes } from "@sluice/errors";
import type { LeafType } from "@sluice/parquet";
import { describeJsonError, findJsonError, normalWkb, wkbToWkt } from "@sluice/values";
import { isFloat, numberReaders } from "../../../numbers/number-kind.ts";
import { type TextOut, writeFloat } from "../../../text-out.ts";
import { bigEndian, scaledText } from "./decimals.ts";
import type { ValueWriter } from "./json-writers.ts";
import { isNumber } from "./leaf-rule.ts";
import { leafWriter } from "./leaf-text.ts";
import type { NestedRows } from "./nested-rows.ts";

/** As much as the widest fixed decimal has: digits cost more than they are many. */
const MAX_DECIMAL_BYTES = 64;

/** How values of a leaf are written as JSON. */
export interface JsonLeaf {
  /** As strings, with quotes. */
  readonly isQuoted: boolean;
  /** @param rows where the values lie */
  readonly writer: (rows: NestedRows) => ValueWriter;
}

/** Undefined for what JSON has no form for: plain bytes, and types that nothing is known of. */
export function jsonLeaf(type: LeafType): JsonLeaf | undefined {
  switch (type.kind) {
    case "bool":
      return {
        isQuoted: false,
        writer:
          ({ fixed }) =>
          (index, out) =>
            out.ascii(fixed.bytes[index] === 1 ? "true" : "false"),
      };
    case "null":
      return { isQuoted: false, writer: () => (_index, out) => out.ascii("null") };
    case "text":
      return type.isJson ? { isQuoted: false, writer: embeddedJson } : { isQuoted: true, writer: jsonText };
    case "geometry":
      return { isQuoted: true, writer: geometry };
  }
  if (type.kind === "decimal" && type.width === 0)
    return { isQuoted: false, writer: (rows) => bytesDecimal(type, rows) };
  if (isNumber(type.kind)) return { isQuoted: false, writer: (rows) => numberWriter(type, rows) };
  const write = leafWriter(type);
  if (!write) return undefined;
  const isQuoted = type.kind !== "decimal";
  return {
    isQuoted,
    writer:
      ({ fixed }) =>
      (index, out) =>
        quoted(isQuoted, out, () => write(fixed, index, out)),
  };
}

function quoted(isQuoted: boolean, out: TextOut, write: () => void): void {
  if (isQuoted) out.ascii('"');
  write();
  if (isQuoted) out.ascii('"');
}

function numberWriter({ kind, bits }: LeafType, { fixed }: NestedRows): ValueWriter {
  if (kind === "int64") return (index, out) => out.ascii(String(fixed.int64[index]));
  if (kind === "uint64") return (index, out) => out.ascii(String(BigInt.asUintN(64, fixed.int64[index])));
  if (bits !== undefined) return narrowWriter(kind === "int32", bits, fixed);
  const read = numberReaders[kind as "int32"];
  if (!isFloat(kind)) return (index, out) => out.ascii(String(read(fixed, index)));
  return (index, out) => {
    const value = read(fixed, index);
    writeFloat(value, out);
  };
}

/** Of narrow integers only the low bits count. */
function narrowWriter(isSigned: boolean, bits: 8 | 16, fixed: NestedRows["fixed"]): ValueWriter {
  const shift = 32 - bits;
  return (index, out) => {
    const raised = fixed.int32[index] << shift;
    out.ascii(String(isSigned ? raised >> shift : raised >>> shift));
  };
}

function bytesDecimal({ scale = 0 }: LeafType, { texts }: NestedRows): ValueWriter {
  return (index, out) => {
    const [start, end] = [texts.offsets[index], texts.offsets[index + 1]];
    if (end - start > MAX_DECIMAL_BYTES) throw new RangeError(`a decimal of ${end - start} bytes`);
    out.ascii(scaledText(bigEndian(texts.data, start, end), scale));
  };
}

function jsonText({ texts }: NestedRows): ValueWriter {
  return (index, out) => {
    const [start, end] = [texts.offsets[index], texts.offsets[index + 1]];
    const bytes = texts.data.subarray(start, end);
    if (!isUtf8(bytes)) throw new RangeError(`it contains invalid UTF-8 data, value=${excerptOfBytes(bytes)}`);
    out.jsonString(texts.data, start, end);
  };
}

function embeddedJson({ texts }: NestedRows): ValueWriter {
  return (index, out) => {
    const [start, end] = [texts.offsets[index], texts.offsets[index + 1]];
    const error = findJsonError(texts.data, start, end);
    if (error >= 0) {
      const why = describeJsonError(texts.data, error, end);
      throw new RangeError(
        `it is called JSON and is none: ${why}, value=${excerptOfBytes(texts.data.subarray(start, end))}`,
      );
    }
    out.copy(texts.data, start, end);
  };
}

function geometry({ texts }: NestedRows): ValueWriter {
  return (index, out) => {
    const wkb = texts.data.subarray(texts.offsets[index], texts.offsets[index + 1]);
    out.ascii(`"${wkbToWkt(normalWkb(wkb))}"`);
  };
}
