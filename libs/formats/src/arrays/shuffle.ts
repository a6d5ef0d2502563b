/**
 * Undoes a shuffle, after which the first bytes of all elements stood first, then the second ones, and so on; what makes no
 * whole element stays behind.
 */
export function unshuffled(bytes: Uint8Array, itemBytes: number): Uint8Array {
  if (itemBytes <= 1 || itemBytes > bytes.length) return bytes;
  const items = Math.floor(bytes.length / itemBytes);
  const target = Uint8Array.from(bytes);
  for (let k = 0; k < itemBytes; k++) for (let i = 0; i < items; i++) target[i * itemBytes + k] = bytes[k * items + i];
  return target;
}
