/**
 * Definition levels of an OPTIONAL column at the top of a V1 page: a uint32 length, then one bit a row in the RLE/bit-packed
 * hybrid. Source: parquet-format `Encodings.md`.
 * @param validity one byte a row, 0 = null; undefined = no nulls
 */
export function definitionLevels(validity: Uint8Array | undefined, rowCount: number): Uint8Array {
  return validity?.includes(0) ? bitPacked(validity, rowCount) : allPresent(rowCount);
}

/** One RLE run of ones. */
function allPresent(rows: number): Uint8Array {
  const run = [...varint(rows * 2), 1];
  return Uint8Array.of(run.length, 0, 0, 0, ...run);
}

/** One bit-packed run; its length counts groups of eight rows. */
function bitPacked(validity: Uint8Array, rows: number): Uint8Array {
  const groups = (rows + 7) >>> 3;
  const header = varint(groups * 2 + 1);
  const levels = new Uint8Array(4 + header.length + groups);
  new DataView(levels.buffer).setUint32(0, header.length + groups, true);
  levels.set(header, 4);
  const base = 4 + header.length;
  for (let row = 0; row < rows; row++) if (validity[row] !== 0) levels[base + (row >>> 3)] |= 1 << (row & 7);
  return levels;
}

/** Unsigned LEB128. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}
