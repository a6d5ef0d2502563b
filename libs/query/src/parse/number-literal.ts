import { excerpt } from "@sluice/errors";
import { FilterError } from "../filter-error.ts";

/** An integer or float literal and where it ends. Integers may be 2^63, which only a minus before it makes legal. */
export interface NumberLiteral {
  readonly value: bigint | number;
  readonly end: number;
}

const decimalFloat = /(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/y;
const hexFloat = /0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)/y;
const integer = /0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9]\d*/y;

/** Reads the number at `start`, where a digit stands or a point before a digit. */
export function readNumber(text: string, start: number): NumberLiteral {
  let end = start;
  while (isDigit(text.charCodeAt(end))) end++;
  const next = text.charCodeAt(end);
  // The usual case, and the elements of long lists: a decimal with neither point nor exponent behind it.
  const plain = end > start && text.charCodeAt(start) !== 0x30 && next !== 0x2e && (next | 0x20) !== 0x65;
  if (plain && end - start <= 19) return { value: readDecimal(text.slice(start, end), start), end };
  return readHexFloat(text, start) ?? readDecimalFloat(text, start) ?? readInteger(text, start);
}

/** Through a double as long as that is exact, which is faster. */
function readDecimal(digits: string, start: number): bigint {
  return digits.length <= 15 ? BigInt(Number(digits)) : checkMagnitude(BigInt(digits), digits, start);
}

function checkMagnitude(value: bigint, literal: string, start: number): bigint {
  if (value > 2n ** 63n) throw new FilterError(`int64 overflow: ${excerpt(literal)}`, start);
  return value;
}

function readHexFloat(text: string, start: number): NumberLiteral | undefined {
  const match = matchAt(hexFloat, text, start);
  const [whole, fraction = "", exponent] = match ? match.slice(1) : [""];
  if (!match || whole.length + fraction.length === 0) return undefined;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits.length > 64) throw new FilterError(`float literal is too long: ${excerpt(match[0])}`, start);
  const power = Number(exponent) - 4 * fraction.length;
  // In two halves, because 2^power alone may leave the range of doubles while the product does not.
  const half = Math.trunc(power / 2);
  return {
    value: checkFinite(Number(BigInt(`0x${digits || "0"}`)) * 2 ** half * 2 ** (power - half), match[0], start),
    end: start + match[0].length,
  };
}

function readDecimalFloat(text: string, start: number): NumberLiteral | undefined {
  const match = matchAt(decimalFloat, text, start);
  return match ? { value: checkFinite(Number(match[0]), match[0], start), end: start + match[0].length } : undefined;
}

/** A leading zero means octal. `08` ends behind the zero, and what follows is then an error of the parser. */
function readInteger(text: string, start: number): NumberLiteral {
  const literal = matchAt(integer, text, start)![0];
  const octal = /^0[0-7]/.test(literal);
  const value = literal.length > 80 ? 2n ** 64n : BigInt(octal ? `0o${literal.slice(1)}` : literal);
  return { value: checkMagnitude(value, literal, start), end: start + literal.length };
}

function checkFinite(value: number, literal: string, start: number): number {
  if (!Number.isFinite(value)) throw new FilterError(`float overflow: ${excerpt(literal)}`, start);
  return value;
}

function matchAt(pattern: RegExp, text: string, start: number): RegExpExecArray | null {
  pattern.lastIndex = start;
  return pattern.exec(text);
}

/** @param code of UTF-16: only ASCII's ten */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
