/** Powers of ten that are exact as doubles. */
const TENS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Fewer digits never tell more of a float than six do, and nine tell every one. The last is for logarithms that are rounded. */
const [FEWEST, MOST] = [6, 10];

/**
 * The double whose shortest text is that of a float32: 0.1 for the float next to it, which is 0.10000000149011612. JSON then has no
 * digits that the float never had, as Go writes floats of 32 bits.
 */
export function shortFloat(float: number): number {
  if (float === 0 || !Number.isFinite(float)) return float;
  const size = Math.abs(float);
  const exponent = Math.floor(Math.log10(size));
  for (let digits = FEWEST; digits <= MOST; digits++) {
    const scale = digits - 1 - exponent;
    if (Math.abs(scale) >= TENS.length) return withPrecision(float);
    // One rounding of two exact numbers: what the decimal text means.
    const short =
      scale >= 0 ? Math.round(size * TENS[scale]) / TENS[scale] : Math.round(size / TENS[-scale]) * TENS[-scale];
    if (Math.fround(short) === size) return Math.sign(float) * short;
  }
  return withPrecision(float);
}

/** Of the smallest and greatest floats, which are rare. */
function withPrecision(float: number): number {
  for (let digits = 1; digits < MOST; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return float;
}
