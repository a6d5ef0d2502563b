import type { LeafType } from "@sluice/parquet";
import type { Conversion, ElementType } from "../../../numbers/element-type.ts";
import { type ElementRule, elementRule } from "../../../numbers/elements.ts";
import { type NumberKind, type NumberViews, numberReaders, numberText } from "../../../numbers/number-kind.ts";
import { decimalConversion, decimalText } from "./decimals.ts";
import { dateText, rawTimestamps, timestampText } from "./timestamps.ts";

/** How values of a leaf become elements of one type; undefined where they may not. */
export function leafRule(type: LeafType, to: ElementType): ElementRule | undefined {
  if (type.kind === "decimal") return convertedBy(decimalConversion(type, to), to);
  if (type.kind === "timestamp") return to === "int64" ? rawTimestamps(type) : undefined;
  const kind = storedKind(type);
  if (kind === undefined) return undefined;
  const rule = elementRule(kind, to);
  if (!rule || type.bits === undefined) return rule;
  // Bits above the narrow ones are taken away in the file's memory, which then is not that of the column.
  const convert = rule.convert ?? copyInt32;
  return { to, convert: ofLowBits(convert, type.kind === "int32", type.bits), check: undefined };
}

/** Days and times of the day count, too. */
function storedKind({ kind, width }: LeafType): NumberKind | undefined {
  if (kind === "date" || kind === "time") return width === 4 ? "int32" : "int64";
  return isNumber(kind) ? kind : undefined;
}

/** Kinds of leaves that are numbers, stored as such; decimals and times are none. */
export function isNumber(kind: string): kind is NumberKind {
  return Object.hasOwn(numberReaders, kind);
}

function convertedBy(convert: Conversion | undefined, to: ElementType): ElementRule | undefined {
  return convert && { to, convert, check: undefined };
}

const copyInt32: Conversion = (from, start, count, target, at) => {
  target.int32.set(from.int32.subarray(start, start + count), at);
  return -1;
};

/**
 * What stands above the low bits of a narrow integer does not count: Java writers extend the sign of unsigned bytes, so that
 * 255 is stored as -1.
 */
function ofLowBits(convert: Conversion, isSigned: boolean, bits: 8 | 16): Conversion {
  const shift = 32 - bits;
  return (from, start, count, to, at) => {
    const values = from.int32;
    const end = start + count;
    if (isSigned) for (let i = start; i < end; i++) values[i] = (values[i] << shift) >> shift;
    else for (let i = start; i < end; i++) values[i] = (values[i] << shift) >>> shift;
    return convert(from, start, count, to, at);
  };
}

/** One value of the file, for a message. */
export function describeValue(type: LeafType, from: NumberViews, index: number): string {
  if (type.kind === "decimal") return decimalText(type, from, index);
  if (type.kind === "timestamp") return timestampText(type, from, index);
  if (type.kind === "date") return dateText(from.int32[index]);
  if (!isNumber(type.kind)) return String(from.bytes[index]);
  return numberText(type.kind, from, index);
}
