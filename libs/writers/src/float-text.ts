/** Powers of ten that decimals are scaled by; all are exact. */
const TENS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
/** What six digits make at least, when they are a whole number. Fewer never tell less: six tell every decimal of six. */
const SIX_DIGITS = 1e5;
/** Digits that are tried: six to nine, and nine tell every float. */
const TRIES = 4;
/** Outside of them numbers have an exponent, or more digits than we count with. The float next to 0.000001 is below it. */
const [LEAST, BEYOND] = [9e-7, 1e9];
/** So much farther from a float a decimal must still mean it: then it does whether it is read by way of a double or not. */
const FARTHER = 1 + 1e-6;

/** Bytes that a float's text has at most: the double of one with an exponent has 24. */
export const FLOAT_TEXT_BYTES = 24;

const scratch = Buffer.alloc(FLOAT_TEXT_BYTES);

/** The text of a float of 32 bits, as `writeFloatText` has it. */
export function floatText(float: number): string {
  return scratch.toString("latin1", 0, writeFloatText(float, scratch, 0));
}

/** The text of a double: its fewest digits, and the sign of a zero. */
export function doubleText(double: number): string {
  return double === 0 ? zeroText(double) : String(double);
}

/** A zero keeps its sign, with a point: "-0" is a whole number to many readers of JSON, which have one zero of these. */
function zeroText(zero: number): string {
  return Object.is(zero, -0) ? "-0.0" : "0";
}

/**
 * Writes a float of 32 bits by the fewest digits that mean it, from six on: 0.1 for the float next to it, which is
 * 0.10000000149011612 and whose text would take five times as long. No text is made where the digits are counted at once.
 * @returns where it ends
 */
export function writeFloatText(float: number, bytes: Uint8Array, at: number): number {
  if (float < 0) {
    bytes[at] = 0x2d;
    return writeFloatText(-float, bytes, at + 1);
  }
  if (float === 0) return writeText(zeroText(float), bytes, at);
  if (float < BEYOND && float === Math.floor(float)) return writeWhole(float | 0, bytes, at);
  if (!(float >= LEAST && float < BEYOND)) return writeText(String(float), bytes, at);
  const first = fewestPlaces(float);
  for (let places = first; places < first + TRIES; places++) {
    const scaled = Math.floor(float * TENS[places] + 0.5);
    // One rounding of two exact numbers: the double that the decimal means.
    const off = scaled / TENS[places] - float;
    if (Math.fround(float + off * FARTHER) === float) return writeDecimal(scaled | 0, places, bytes, at);
  }
  return writeText(String(float), bytes, at);
}

/** Places behind the point with which a float has six digits. */
function fewestPlaces(float: number): number {
  let places = float < 1 ? 6 : 0;
  while (float * TENS[places] < SIX_DIGITS) places++;
  return places;
}

/** `scaled` with its point before the last `places` digits, without zeros at the end. */
function writeDecimal(scaled: number, places: number, bytes: Uint8Array, at: number): number {
  let digits = scaled;
  let left = places;
  for (let tenth = (digits / 10) | 0; left > 0 && tenth * 10 === digits; tenth = (digits / 10) | 0) {
    digits = tenth;
    left--;
  }
  // A number of ten places has nothing before the point. Division of integers is twice as fast as that of doubles.
  const ten = left < 10 ? TENS[left] | 0 : 0;
  const whole = ten === 0 ? 0 : (digits / ten) | 0;
  const point = writeWhole(whole, bytes, at);
  if (left === 0) return point;
  bytes[point] = 0x2e;
  return writeDigits(digits - whole * ten, bytes, point + 1, left);
}

function writeWhole(whole: number, bytes: Uint8Array, at: number): number {
  let length = 1;
  while (length < 10 && whole >= TENS[length]) length++;
  return writeDigits(whole, bytes, at, length);
}

/** The last `length` digits of a whole number. */
function writeDigits(whole: number, bytes: Uint8Array, at: number, length: number): number {
  let left = whole;
  for (let i = at + length - 1; i >= at; i--) {
    const tenth = (left / 10) | 0;
    bytes[i] = 0x30 + left - tenth * 10;
    left = tenth;
  }
  return at + length;
}

function writeText(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
