import { Damage } from "@sluice/parquet";

/** Control bytes below it stand before literals. */
const MIN_MATCH_CONTROL = 32;
/** A match's length in the highest three bits, of which this one says that a byte more follows. */
const LONG = 7;
/** What a match is longer than the number that stands for it. */
const SHORTEST = 2;

/**
 * What the bytes stand for, at most `maxBytes`. Source: LibLZF 3.6, `lzf_d.c`: runs of literals, and matches by their distance.
 * @throws {Damage}
 */
export function decodeLzf(input: Uint8Array, maxBytes: number): Uint8Array {
  const output = new Uint8Array(maxBytes);
  let to = 0;
  for (let at = 0; at < input.length; ) {
    const control = input[at++];
    if (control < MIN_MATCH_CONTROL) {
      const count = control + 1;
      if (at + count > input.length || to + count > maxBytes) throw damage();
      output.set(input.subarray(at, at + count), to);
      at += count;
      to += count;
      continue;
    }
    const isLong = control >> 5 === LONG;
    const length = SHORTEST + (control >> 5) + (isLong ? input[at++] : 0);
    const from = to - 1 - (((control & 31) << 8) | input[at++]);
    // Behind the end of the input `length` or `from` is no number.
    if (!(from >= 0 && to + length <= maxBytes)) throw damage();
    // It may reach into itself: byte by byte.
    for (const end = to + length; to < end; to++) output[to] = output[from + to - (end - length)];
  }
  return output.subarray(0, to);
}

function damage(): Damage {
  return new Damage("lzf: it is cut short or damaged");
}
