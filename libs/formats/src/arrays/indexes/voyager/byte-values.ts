/** What bytes stand for as voyager's Float8: 127ths of a whole. */
export const float8Values = Float32Array.from({ length: 256 }, (_, byte) => ((byte << 24) >> 24) / 127);

/**
 * What bytes stand for as voyager's E4M3: from the lowest bit on the sign, 4 bits of exponent (bias 7) and 3 of mantissa, which is
 * another order than that of the OCP's type of this name; the least numbers are half of its. Seen with voyager 2.2.3.
 */
export const e4m3Values = Float32Array.from({ length: 256 }, (_, byte) => e4m3(byte));

function e4m3(byte: number): number {
  const sign = byte & 1 ? -1 : 1;
  const [exponent, mantissa] = [(byte >>> 1) & 15, byte >>> 5];
  if (exponent === 15 && mantissa === 7) return Number.NaN;
  return sign * (exponent === 0 ? mantissa : 8 + mantissa) * 2 ** (exponent - 10);
}
