import { BYTES, FieldCursor } from "@sluice/values";
import { tagOf } from "./message-parts.ts";

/**
 * The numbers of a list, one after the other and without tags: the packed run as it stands, or several gathered. Writers may do either.
 * Source: protobuf.dev, "Packed Repeated Fields".
 * @param number of the list in its message
 * @param wireType of a number by itself
 */
export function packedNumbers(message: Uint8Array, number: number, wireType: number): Uint8Array {
  return onlyRun(message, number, wireType) ?? gathered(message, number, wireType);
}

/** The one run that there is, or none; undefined where there is more. */
function onlyRun(message: Uint8Array, number: number, wireType: number): Uint8Array | undefined {
  const cursor = new FieldCursor(message);
  let only: Uint8Array | undefined;
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag !== tagOf(number, BYTES)) {
      if (tag === tagOf(number, wireType)) return undefined;
      cursor.skip(tag & 7);
    } else if (only) return undefined;
    else only = cursor.lengthDelimited();
  }
  return only ?? new Uint8Array(0);
}

/** Number by number there may be millions: none of them gets an object. */
function gathered(message: Uint8Array, number: number, wireType: number): Uint8Array {
  const cursor = new FieldCursor(message);
  const numbers = new Uint8Array(message.length);
  let length = 0;
  while (!cursor.atEnd) {
    const tag = cursor.varint32();
    if (tag === tagOf(number, BYTES)) {
      const run = cursor.lengthDelimited();
      numbers.set(run, length);
      length += run.length;
    } else {
      const from = cursor.at;
      cursor.skip(tag & 7);
      if (tag === tagOf(number, wireType)) for (let at = from; at < cursor.at; at++) numbers[length++] = message[at];
    }
  }
  return numbers.subarray(0, length);
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
