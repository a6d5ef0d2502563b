import { BYTES, FieldCursor } from "@sluice/values";

/**
 * The numbers of a list, the field 1 of its message, one after the other and without tags: the packed run as it stands, or
 * several gathered. Writers may do either. Source: protobuf.dev, "Packed Repeated Fields".
 */
export function packedNumbers(list: Uint8Array): Uint8Array {
  const cursor = new FieldCursor(list);
  const runs: Uint8Array[] = [];
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag >>> 3 === 1 && (tag & 7) === BYTES) runs.push(cursor.lengthDelimited());
    else {
      const from = cursor.at;
      cursor.skip(tag & 7);
      if (tag >>> 3 === 1) runs.push(list.subarray(from, cursor.at));
    }
  }
  return runs.length === 1 ? runs[0] : Buffer.concat(runs);
}

/** How many varints there are: each ends in a byte below 128. */
export function countVarints(packed: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < packed.length; i++) count += 1 - (packed[i] >>> 7);
  return count;
}

/**
 * Reads varints of 64 bits into two words each, the lower first: a bigint for each of millions would cost more than all else.
 * @param words room for two of each
 * @throws {RangeError} for one of more than 10 bytes, and when the last one is cut short
 */
export function readVarints(packed: Uint8Array, words: Uint32Array): void {
  let at = 0;
  for (let i = 0; at < packed.length; i += 2) {
    let byte = packed[at++];
    let [low, high] = [byte & 0x7f, 0];
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 63 || at >= packed.length) throw new RangeError("malformed protobuf: a varint has no end");
      byte = packed[at++];
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high |= part >>> 4;
      } else high |= part << (shift - 32);
    }
    words[i] = low;
    words[i + 1] = high;
  }
}
