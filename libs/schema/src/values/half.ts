const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * IEEE 754 binary16 bits of a float32, rounded to nearest, ties to even. From 65520 on the result is infinity (0x7c00): who
 * may not store that checks it. NaN becomes 0x7e00.
 */
export function float32ToFloat16Bits(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = bits[0] & 0x7fffffff;
  if (magnitude >= 0x47800000) return magnitude > 0x7f800000 ? 0x7e00 : sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const odd = (magnitude >>> 13) & 1;
    return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
  }
  // Beside 0.5, the last bit of a float32 weighs 2^-24, as that of a subnormal half: the addition does the rounding.
  float[0] = Math.abs(float[0]) + 0.5;
  return sign | (bits[0] - 0x3f000000);
}

/** The value of IEEE 754 binary16 bits; always exact. */
export function float16BitsToFloat32(half: number): number {
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return (half & 0x8000 ? -mantissa : mantissa) / 0x1000000;
  const wide = exponent === 0x1f ? 0xff : exponent + 112;
  bits[0] = ((half & 0x8000) << 16) | (wide << 23) | (mantissa << 13);
  return float[0];
}

/** The upper 16 bits of a float32, rounded to nearest, ties to even; beyond the greatest bfloat16: infinity (0x7f80). */
export function float32ToBfloat16Bits(value: number): number {
  float[0] = value;
  const wide = bits[0];
  if ((wide & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  return ((wide + 0x7fff + ((wide >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The value of bfloat16 bits; always exact. */
export function bfloat16BitsToFloat32(half: number): number {
  bits[0] = half << 16;
  return float[0];
}
