// Numbers as they travel between querynodes: little-endian, side by side, as they lie in memory.

type Numbers = Uint32Array | Float32Array | Float64Array;

/** A view, not to be written. */
export function packed({ buffer, byteOffset, byteLength }: Numbers): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** In memory of their own: what arrives lies anywhere. */
export const unpacked = {
  uint32: (bytes: Uint8Array) => new Uint32Array(aligned(bytes, Uint32Array.BYTES_PER_ELEMENT)),
  float32: (bytes: Uint8Array) => new Float32Array(aligned(bytes, Float32Array.BYTES_PER_ELEMENT)),
  float64: (bytes: Uint8Array) => new Float64Array(aligned(bytes, Float64Array.BYTES_PER_ELEMENT)),
};

function aligned(bytes: Uint8Array, width: number): ArrayBuffer {
  if (bytes.length % width !== 0) throw new RangeError(`${bytes.length} bytes of numbers of ${width}`);
  return new Uint8Array(bytes).buffer;
}
