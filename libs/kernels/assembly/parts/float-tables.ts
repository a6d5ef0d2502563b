/** Tables that the host fills in, float-kernel.ts: behind what other kernels of an arena keep in its first bytes. */
const TABLES: usize = 0xf0000;
/** Sixteen bytes each, in the order of their use. */
export const CONSTANTS: usize = TABLES;
/** Powers of ten by exponent + 60. */
export const POWERS: usize = TABLES + 256;
export const POWER_BIAS: i32 = 60;
/** What sixteen digits are multiplied by, by how many of them stand in front of the point. */
export const SCALES: usize = POWERS + 8 * (60 - 16);
/** By count of digits in front of the point, up to 16: which of sixteen bytes are digits, in their order. */
export const ORDERS: usize = TABLES + 1280;
/** 32 bytes of ones, then 32 of zeros. */
export const ONES: usize = TABLES + 1568;
/**
 * What digits that are left out may add, by count of digits, up to 63: of those behind a point, of which sixteen are taken; then, in units
 * of the sixteenth, of all digits, of which fifteen are.
 */
export const LEFT_OUT: usize = TABLES + 1632;
/** Places of commas. */
export const COMMAS: usize = TABLES + 4096;
