import { excerpt } from "@sluice/errors";
import { OVERFLOW, scanFloat32, scanInt64 } from "@sluice/kernels";
import { wholeNumber } from "@sluice/values";
import { coerceHints } from "../../coercions.ts";
import type { Scanner } from "./scanner.ts";

/** Refuses the value at `p`, which is none of its type. */
export type Refuse = (scanner: Scanner, p: number, type: string) => never;

/** No integer is longer, nor its text. */
const LONGEST_INTEGER = 22;

const refuseValue: Refuse = (scanner, p, type) =>
  scanner.wrongType(
    p,
    type,
    /^Int\d+$/.test(type) && isValueLike(scanner, p, /^"-?\d+"$/) ? coerceHints["text to integer"] : "",
  );

/** Whether the value at `p`, of a few characters, is like that. */
export function isValueLike(scanner: Scanner, p: number, pattern: RegExp): boolean {
  const end = scanner.skipValue(p);
  return end - p <= LONGEST_INTEGER && pattern.test(scanner.text(p, end));
}

/**
 * Behind the integer at `p`, whose halves are in `scanner.integer`. A number with a point or an exponent is one when it is whole:
 * what wrote it had no integers, as JavaScript, or a hole in the column, as pandas.
 */
export function integerAt(scanner: Scanner, p: number, type: string, refuse = refuseValue): number {
  const { bytes, integer } = scanner;
  const outcome = scanInt64(bytes, p, integer);
  const next = bytes[integer.end];
  if (outcome === "invalid")
    return isNumberStart(bytes[p]) ? scanner.syntax(integer.end, "a number") : refuse(scanner, p, type);
  if (next === 0x2e || (next | 0x20) === 0x65) return wholeAt(scanner, p, type, refuse);
  if (outcome === "range") (refuse === refuseValue ? outOfRange : refuse)(scanner, p, type);
  return integer.end;
}

function wholeAt(scanner: Scanner, p: number, type: string, refuse: Refuse): number {
  const { integer } = scanner;
  const end = scanner.skipNumber(p);
  const value = wholeNumber(scanner.text(p, end));
  if (value === undefined) return refuse(scanner, p, type);
  if (BigInt.asIntN(64, value) !== value) return (refuse === refuseValue ? outOfRange : refuse)(scanner, p, type);
  integer.lo = Number(BigInt.asIntN(32, value));
  integer.hi = Number(value >> 32n);
  integer.end = end;
  return end;
}

/** What a number of Python may begin with, too: `NaN`, `Infinity`, `+1`, `.5`. 0 stands for the end of the window. */
export function isNumberStart(byte: number): boolean {
  return (
    byte === 0x2d ||
    (byte - 48) >>> 0 <= 9 ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0 ||
    byte === 0x4e ||
    byte === 0x49
  );
}

/** In Milvus's words. @throws {ImportError} `value_invalid` */
export function outOfRange(scanner: Scanner, p: number, type: string): never {
  const value = excerpt(scanner.text(p, scanner.skipNumber(p)));
  return scanner.invalid(
    p,
    `expected type '${type}' for field '${scanner.field}', got type 'json.Number' with value '${value}': out of range`,
  );
}

/** Reads the float32 at `p` into `out[index]`; answers the position behind it. */
export function float32At(
  scanner: Scanner,
  p: number,
  type: string,
  out: Float32Array,
  index: number,
  refuse = refuseValue,
): number {
  const end = scanFloat32(scanner.bytes, scanner.view, p, scanner.number, out, index);
  return end >= 0 ? end : badFloat(scanner, p, end, type, refuse);
}

function badFloat(scanner: Scanner, p: number, outcome: number, type: string, refuse: Refuse): never {
  if (outcome === OVERFLOW) return (refuse === refuseValue ? outOfRange : refuse)(scanner, p, type);
  const byte = scanner.bytes[p];
  if (!isNumberStart(byte)) return refuse(scanner, p, type);
  const isInfinity = byte === 0x2d && scanner.bytes[p + 1] === 0x49;
  return scanner.syntax(isInfinity ? p : scanner.number.end, "a number");
}
