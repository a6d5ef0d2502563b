const empty = new Uint8Array(0);

/**
 * Definition levels of an OPTIONAL column at the top of a V1 page: a uint32 length, then one bit a row in the RLE/bit-packed
 * hybrid. Empty for a REQUIRED column. Source: parquet-format `Encodings.md`.
 * @param validity one byte a row, 0 = null; undefined = no nulls
 */
export function definitionLevels(
  isOptional: boolean,
  validity: Uint8Array | undefined,
  from: number,
  to: number,
): Uint8Array {
  if (!isOptional) return empty;
  const firstNull = validity ? validity.indexOf(0, from) : -1;
  return firstNull < 0 || firstNull >= to ? allPresent(to - from) : bitPacked(validity!, from, to);
}

/** One RLE run of ones. */
function allPresent(rows: number): Uint8Array {
  const run = [...varint(rows * 2), 1];
  return Uint8Array.of(run.length, 0, 0, 0, ...run);
}

/** One bit-packed run; its length counts groups of eight rows. */
function bitPacked(validity: Uint8Array, from: number, to: number): Uint8Array {
  const groups = (to - from + 7) >>> 3;
  const header = varint(groups * 2 + 1);
  const levels = new Uint8Array(4 + header.length + groups);
  new DataView(levels.buffer).setUint32(0, header.length + groups, true);
  levels.set(header, 4);
  const base = 4 + header.length;
  for (let row = from; row < to; row++) {
    const bit = row - from;
    if (validity[row] !== 0) levels[base + (bit >>> 3)] |= 1 << (bit & 7);
  }
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
