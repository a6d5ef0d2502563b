/** Greatest exponent of ten, and least one, that a fast conversion scales by. */
export const POWER_BIAS = 60;
/** Powers of ten by exponent + 60. */
export const POWERS = Float64Array.from({ length: 2 * POWER_BIAS + 1 }, (_, i) => Number(`1e${i - POWER_BIAS}`));
