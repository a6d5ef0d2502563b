// IEEE 754 binary16 and bfloat16, as the bits of a uint16. float32 -> half rounds to nearest, ties to even.

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);
const f16 = new Float16Array(1);
const u16 = new Uint16Array(f16.buffer);

/** Overflow gives the bits of Infinity: the caller refuses it. */
export function float32ToFloat16Bits(value: number): number {
  f16[0] = Math.fround(value);
  return u16[0];
}

/** Exact: every half is a float32. */
export function float16BitsToFloat32(bits: number): number {
  u16[0] = bits;
  return f16[0];
}

/** Rounded to the nearest, ties to even; every NaN is 0x7fc0. */
export function float32ToBfloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0; // Rounding up some NaNs would turn them into zero.
  f32[0] = value;
  const bits = u32[0];
  // Half of the dropped part, plus one when the kept part is odd: ties go to even.
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Exact: the upper half of a float32. */
export function bfloat16BitsToFloat32(bits: number): number {
  u32[0] = bits << 16;
  return f32[0];
}
