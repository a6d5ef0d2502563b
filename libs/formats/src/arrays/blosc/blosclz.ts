import { Damage } from "@sluice/parquet";

/** A control byte's highest three bits: a match, from this length on told by more bytes. */
const LONG = 7;
const MIN_MATCH = 3;
const FAR = 0x1fff;

/**
 * Decodes the bytes of `input`, which must fill `output`. Source: c-blosc 1.21, `blosclz.c`: runs of literals and matches, the
 * first being literals. @throws {Damage}
 */
export function decodeBloscLz(input: Uint8Array, output: Uint8Array): void {
  let at = 0;
  let to = 0;
  for (let control = input[at++] & 31; ; control = input[at++]) {
    if (control < 32) {
      const count = control + 1;
      if (at + count > input.length || to + count > output.length) throw damage();
      output.set(input.subarray(at, at + count), to);
      at += count;
      to += count;
    } else {
      let length = control >> 5;
      if (length === LONG) {
        let more = 255;
        while (more === 255 && at < input.length) length += more = input[at++];
      }
      let distance = ((control & 31) << 8) + input[at++];
      if (distance === FAR) {
        distance += (input[at] << 8) | input[at + 1];
        at += 2;
      }
      length += MIN_MATCH - 1;
      // Zero means the byte before.
      const from = to - distance - 1;
      if (at > input.length || from < 0 || to + length > output.length) throw damage();
      for (let i = 0; i < length; i++) output[to + i] = output[from + i];
      to += length;
    }
    if (at === input.length) break;
  }
  if (to !== output.length) throw damage();
}

function damage(): Damage {
  return new Damage("blosclz: it does not hold what it announces");
}
