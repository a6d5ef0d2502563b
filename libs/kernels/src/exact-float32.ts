// The exact way from decimal text to float32, for the rare numbers whose rounding the fast way cannot decide.

/**
 * The float32 nearest to a decimal number, ties to even, rounded once: through a double it would be rounded twice, and a
 * text just beside a midpoint of two float32 would go the wrong way. Overflow gives Infinity.
 * @param text a decimal number; a plus, and no digits on one side of the point, are taken too
 */
export function exactFloat32(text: string): number {
  const double = Number(text);
  const nearest = Math.fround(double);
  if (nearest === double || !Number.isFinite(nearest)) return overflowEdge(text, double, nearest);
  const other = neighbour(nearest, double);
  // Both are float32, so their midpoint is an exact double.
  const midpoint = (nearest + other) / 2;
  if (double !== midpoint) return nearest;
  const side = compareDecimal(text, midpoint);
  if (side === 0) return nearest;
  return side > 0 === other > nearest ? other : nearest;
}

/** Greatest float32, and the midpoint from which on a number overflows. */
const MAX_FLOAT32 = 3.4028234663852886e38;
const OVERFLOW_MIDPOINT = 3.4028235677973366e38;

function overflowEdge(text: string, double: number, nearest: number): number {
  if (Math.abs(double) !== OVERFLOW_MIDPOINT) return nearest;
  const isBelow = compareDecimal(text, double) * Math.sign(double) < 0;
  return isBelow ? Math.sign(double) * MAX_FLOAT32 : nearest;
}

const bits = new DataView(new ArrayBuffer(4));

/** The float32 next to `value` on the side where `towards` lies. */
function neighbour(value: number, towards: number): number {
  if (value === 0) return towards > 0 ? 2 ** -149 : -(2 ** -149);
  bits.setFloat32(0, value);
  const isAway = towards > value === value > 0;
  bits.setInt32(0, bits.getInt32(0) + (isAway ? 1 : -1));
  return bits.getFloat32(0);
}

/** Sign of (decimal - value), exactly. */
function compareDecimal(text: string, value: number): number {
  const [, sign, whole, fraction = "", exponent = "0"] = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(
    text,
  ) as RegExpExecArray;
  let left = BigInt(sign + whole + fraction);
  let right = 1n;
  const scale = Number(exponent) - fraction.length;
  if (scale >= 0) left *= 10n ** BigInt(scale);
  else right = 10n ** BigInt(-scale);
  const [numerator, denominator] = fractionOf(value);
  const difference = left * denominator - numerator * right;
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** A finite double as a fraction of integers. */
function fractionOf(value: number): [numerator: bigint, denominator: bigint] {
  let shift = 0;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  return [BigInt(scaled), 2n ** BigInt(shift)];
}
