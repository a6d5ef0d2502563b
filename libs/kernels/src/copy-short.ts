const WORD = 4;

/** From so many bytes on, `set` of an array is faster than `copyShort`. */
export const LONG_BYTES = 48;

/**
 * Copies a value of some bytes, as most texts are: a call of `set` would take ten times as long, and a loop over bytes two to four times.
 * Words are copied, the last of which may lap over the one before.
 */
export function copyShort(from: DataView, start: number, to: DataView, at: number, length: number): void {
  if (length < WORD) {
    for (let i = 0; i < length; i++) to.setUint8(at + i, from.getUint8(start + i));
    return;
  }
  const last = length - WORD;
  for (let i = 0; i < last; i += WORD) to.setInt32(at + i, from.getInt32(start + i, true), true);
  to.setInt32(at + last, from.getInt32(start + last, true), true);
}

/** The same memory, for `copyShort`. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
