/** Bits of a hybrid timestamp that count within a millisecond. Source: Milvus `pkg/util/tsoutil`. */
const LOGICAL_BITS = 18n;

/** Hybrid timestamp: milliseconds since 1970, then a counter within the millisecond. A u64 that fits int64. */
export function composeTso(physicalMs: number, logical = 0n): bigint {
  return (BigInt(physicalMs) << LOGICAL_BITS) | logical;
}

export function physicalMs(timestamp: bigint): number {
  return Number(timestamp >> LOGICAL_BITS);
}
