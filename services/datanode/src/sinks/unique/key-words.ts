import type { Column } from "@sluice/columns";

/** Words of a key in a table: an int64 is its two halves, of text it is a hash of 128 bits. */
export function keyWordCount(column: Column): number {
  return column.kind === "fixed" ? 2 : 4;
}

/** The keys of a batch as words, `keyWordCount` each. Memory is borrowed from the column where it can be. */
export function keyWords(column: Column, rowCount: number): Uint32Array {
  if (column.kind === "fixed") return new Uint32Array(column.data.buffer, column.data.byteOffset, 2 * rowCount);
  const words = new Uint32Array(4 * rowCount);
  const { data, offsets } = column;
  for (let row = 0; row < rowCount; row++) hashText(data, offsets[row], offsets[row + 1], words, 4 * row);
  return words;
}

/** Four lanes with multipliers of their own: two texts that collide in all of them are not to be expected in 2^60. */
function hashText(data: Uint8Array, begin: number, end: number, out: Uint32Array, at: number): void {
  let [a, b, c, d] = [0x243f6a88, 0x85a308d3, 0x13198a2e, end - begin];
  for (let i = begin; i < end; i++) {
    const byte = data[i] + 1;
    a = Math.imul(a ^ byte, 0x9e3779b1);
    b = Math.imul(b ^ byte ^ (a >>> 15), 0x85ebca6b);
    c = Math.imul((c + byte) ^ (b >>> 13), 0xc2b2ae35);
    d = Math.imul((d ^ byte) + (c >>> 16), 0x27d4eb2f);
  }
  out[at] = a ^ (d >>> 15);
  out[at + 1] = b ^ (a >>> 13);
  out[at + 2] = c ^ (b >>> 16);
  out[at + 3] = d ^ (c >>> 15);
}
