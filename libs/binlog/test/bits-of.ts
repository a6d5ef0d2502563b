import type { BloomFilter } from "../src/index.ts";

/** The bits of a filter as a statistics log has them. */
export function bitsOf(filter: BloomFilter | undefined): string | undefined {
  if (!filter) return undefined;
  const bytes = Buffer.alloc(filter.encodedLength);
  filter.encodeInto(bytes, 0);
  return bytes.toString("latin1");
}
