import type { LeafType } from "@sluice/parquet";
import { isInteger, type NumberKind, type NumberViews, numberText } from "../../../numbers/number-kind.ts";
import type { TextOut } from "../../../text-out.ts";
import { decimalText } from "./decimals.ts";
import { dateText, timestampText, timeText } from "./timestamps.ts";

/** Writes one value of a leaf as a text. */
export type LeafWriter = (from: NumberViews, index: number, out: TextOut) => void;

/** How values that are no text are shown as one; undefined for numbers, which are none, and for what nothing is known of. */
export function leafWriter(type: LeafType): LeafWriter | undefined {
  switch (type.kind) {
    case "uuid":
      return ({ bytes }, index, out) => out.uuid(bytes, index * 16);
    case "timestamp":
      return (from, index, out) => out.ascii(timestampText(type, from, index));
    case "date":
      return ({ int32 }, index, out) => out.ascii(dateText(int32[index]));
    case "time":
      return (from, index, out) => out.ascii(timeText(type, from, index));
    case "decimal":
      return type.width === 0 ? undefined : (from, index, out) => out.ascii(decimalText(type, from, index));
    default:
      return undefined;
  }
}

/** The same of integers, which stand for a text only where that was asked for; undefined for others. */
export function integerWriter({ kind, bits }: LeafType): LeafWriter | undefined {
  if (!isInteger(kind)) return undefined;
  if (bits === undefined) return (from, index, out) => out.ascii(numberText(kind as NumberKind, from, index));
  // What stands above the low bits does not count: see `leafRule`.
  const shift = 32 - bits;
  return ({ int32 }, index, out) =>
    out.ascii(String(kind === "int32" ? (int32[index] << shift) >> shift : (int32[index] << shift) >>> shift));
}
