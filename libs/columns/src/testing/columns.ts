import type { Column } from "../column.ts";

/** Equal-width values as a column; a null where `validity` says 0. */
export function fixed(data: ArrayBufferView, width: number, validity?: readonly number[]): Column {
  return {
    kind: "fixed",
    width,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    validity: validity && Uint8Array.from(validity),
  };
}

/** Int64 without nulls. */
export const longs = (...values: bigint[]): Column => fixed(BigInt64Array.from(values), 8);

/** Values of any length; `null` is a null. */
export function cells(...values: (string | Uint8Array | null)[]): Column {
  const bytes = values.map((value) => Buffer.from(value ?? ""));
  const offsets = new Uint32Array(values.length + 1);
  for (const [row, { length }] of bytes.entries()) offsets[row + 1] = offsets[row] + length;
  const validity = values.includes(null) ? Uint8Array.from(values, (value) => Number(value !== null)) : undefined;
  return { kind: "var", offsets, data: Buffer.concat(bytes), validity };
}
