const BACKSLASH = 0x5c;

/** Letters that stand for a control character behind a backslash. */
const controls: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };
const controlOf = new Uint8Array(256);
for (const [letter, byte] of Object.entries(controls)) controlOf[letter.charCodeAt(0)] = byte;

/**
 * `bytes[start, stop)` without its backslash escapes, into `out`, which is as long at least; answers the length. None ends
 * with a backslash. Source: PostgreSQL, COPY, text format: letters, one to three octal digits, `x` with one or two
 * hexadecimal ones; any other character stands for itself.
 */
export function unescapeText(bytes: Uint8Array, start: number, stop: number, out: Uint8Array): number {
  let to = 0;
  for (let at = start; at < stop; ) {
    if (bytes[at] !== BACKSLASH) {
      out[to++] = bytes[at++];
      continue;
    }
    const digits = digitsAt(bytes, at + 1, stop);
    if (digits > 0) {
      const isHex = bytes[at + 1] === 0x78;
      const text = String.fromCharCode(...bytes.subarray(at + (isHex ? 2 : 1), at + 1 + digits));
      out[to++] = Number.parseInt(text, isHex ? 16 : 8);
      at += 1 + digits;
    } else {
      out[to++] = controlOf[bytes[at + 1]] || bytes[at + 1];
      at += 2;
    }
  }
  return to;
}

/** Length of `x41` or `101` at `p`; 0 where neither stands. */
function digitsAt(bytes: Uint8Array, p: number, stop: number): number {
  const isHex = bytes[p] === 0x78;
  const first = isHex ? p + 1 : p;
  const last = Math.min(stop, first + (isHex ? 2 : 3));
  let at = first;
  while (at < last && isDigit(bytes[at], isHex)) at++;
  return at > first ? at - p : 0;
}

function isDigit(byte: number, isHex: boolean): boolean {
  if (!isHex) return byte >= 0x30 && byte <= 0x37;
  return (byte - 0x30) >>> 0 <= 9 || ((byte | 0x20) - 0x61) >>> 0 <= 5;
}
