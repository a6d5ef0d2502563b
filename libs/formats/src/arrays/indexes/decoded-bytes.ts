import type { RowSource } from "../row-source.ts";

/** Rows of float32 whose bytes stand for one value each. @param values of the 256 bytes @param rowItems bytes of a row */
export function decodedBytes(codes: RowSource, values: Float32Array, rowItems: number): RowSource {
  let raw = new Uint8Array(0);
  return {
    ...codes,
    read: async (firstRow, rows, target, signal) => {
      const count = rows * rowItems;
      if (raw.length < count) raw = new Uint8Array(count);
      await codes.read(firstRow, rows, raw.subarray(0, count), signal);
      const floats = new Float32Array(target.buffer, target.byteOffset, count);
      for (let i = 0; i < count; i++) floats[i] = values[raw[i]];
    },
  };
}
