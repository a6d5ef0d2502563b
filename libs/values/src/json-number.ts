const POINT = 0x2e;
const MINUS = 0x2d;

/** Digits that a double always holds exactly. */
const SAFE_DIGITS = 15;
/** Longer integers are beyond every literal that they are compared with; a bigint of 60 000 digits takes milliseconds. */
const LITERAL_DIGITS = 40;

/** Is the number between the offsets written as an integer, without point and exponent? */
export function isIntegerText(data: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = data[at];
    if (byte === POINT || byte === 0x65 || byte === 0x45) return false;
  }
  return true;
}

/** Longer ones are beyond every integer of a column. */
const MAX_WHOLE_DIGITS = 40;

/**
 * The integer that the text of a JSON number stands for exactly, with or without point and exponent: `1951.0`, `1e3`, `15e-1`
 * is none. Undefined for other numbers; beyond some 40 digits, a value that no column takes.
 */
export function wholeNumber(text: string): bigint | undefined {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  // The value is `digits` times ten to the power of `zeros`, and ends with no zero itself.
  const digits = (whole + fraction).replace(/0+$/, "");
  const zeros = Number(exponent) + whole.length - digits.length;
  const significant = digits.replace(/^0+/, "");
  if (significant === "") return 0n;
  if (zeros < 0) return undefined;
  const magnitude =
    significant.length + zeros > MAX_WHOLE_DIGITS ? 10n ** 40n : BigInt(significant) * 10n ** BigInt(zeros);
  return sign === "-" ? -magnitude : magnitude;
}

/**
 * The number as the comparisons want it: an integer text exactly (a double up to 15 digits, beyond that a bigint), any
 * other, and one beyond every int64, as double. NaN for text that is no number.
 */
export function readJsonNumber(data: Uint8Array, start: number, end: number): number | bigint {
  const negative = data[start] === MINUS;
  const digits = negative ? start + 1 : start;
  let value = 0;
  for (let at = digits; at < end; at++) {
    const digit = data[at] - 0x30;
    if (!(digit >= 0 && digit <= 9)) return readFloat(data, start, end, digits, at, value);
    value = value * 10 + digit;
  }
  if (end - digits > LITERAL_DIGITS) return Number(text(data, start, end));
  if (end - digits > SAFE_DIGITS) return BigInt(text(data, start, end));
  if (end === digits) return Number.NaN;
  return negative ? -value : value;
}

/** `whole` is the value of the digits before `point`, exact when there are few of them. */
function readFloat(data: Uint8Array, start: number, end: number, digits: number, point: number, whole: number): number {
  if (data[point] !== POINT || end - digits > SAFE_DIGITS + 1) return Number(text(data, start, end));
  let value = whole;
  for (let at = point + 1; at < end; at++) {
    const digit = data[at] - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number(text(data, start, end));
    value = value * 10 + digit;
  }
  // Both operands are exact (15 digits, a power of ten below 10^22), so the one division rounds correctly.
  const result = value / powersOfTen[end - point - 1];
  return data[start] === MINUS ? -result : result;
}

const powersOfTen = Array.from({ length: SAFE_DIGITS + 2 }, (_, power) => 10 ** power);

function text(data: Uint8Array, start: number, end: number): string {
  return Buffer.from(data.buffer, data.byteOffset + start, end - start).toString("latin1");
}
