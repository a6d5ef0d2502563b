/** Bits of a hybrid timestamp that count within a millisecond. Source: Milvus `pkg/util/tsoutil`. */
const LOGICAL_BITS = 18n;

/** Hybrid timestamp: milliseconds since 1970, then a counter within the millisecond. A u64 that fits int64. */
export function composeTso(physicalMs: number, logical = 0n): bigint {
  return (BigInt(physicalMs) << LOGICAL_BITS) | logical;
}

/** Unix milliseconds of a hybrid timestamp. */
export function physicalMs(timestamp: bigint): number {
  return Number(timestamp >> LOGICAL_BITS);
}

/** No clock counts so far within a millisecond: in the moments that iterators are told it marks them as such. */
const SESSION_MARK = 1n << 17n;

/**
 * The moment of a snapshot as an iterator is told it, which sends it back for its other pages. Clients of before 2.5 send the time of
 * their last write instead, which pins nothing: others may have written since.
 */
export function sessionTimestamp(timestamp: bigint): bigint {
  return timestamp | SESSION_MARK;
}

/** The moment that an iterator was told; undefined for any other time. */
export function momentOfSession(timestamp: bigint): bigint | undefined {
  return (timestamp & SESSION_MARK) === 0n ? undefined : timestamp & ~SESSION_MARK;
}
