// Characters of UTF-8, a class for each code point. Tables are made a page of 256 code points at a time, when one is met.

const word = /[\p{Alphabetic}\p{N}]/u;
const pages: (Uint8Array | undefined)[] = [];

/** Letters and digits, as Rust's `char::is_alphanumeric` has them: Alphabetic, or a number of any kind. */
export function isAlphanumeric(codePoint: number): boolean {
  const page = codePoint >>> 8;
  return ((pages[page] ??= pageOf(page))[codePoint & 255] ?? 0) === 1;
}

function pageOf(page: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, i) => (word.test(String.fromCodePoint(page * 256 + i)) ? 1 : 0));
}

/** How many bytes a character takes, by its first; a byte that begins none is one by itself. */
export function lengthAt(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** The code point of `length` bytes at `at`. Bytes that are no UTF-8 give some number, which is no letter or a wrong one. */
export function codePointAt(bytes: Uint8Array, at: number, length: number): number {
  const first = bytes[at];
  switch (length) {
    case 1:
      return first;
    case 2:
      return ((first & 0x1f) << 6) | (bytes[at + 1] & 0x3f);
    case 3:
      return ((first & 0x0f) << 12) | ((bytes[at + 1] & 0x3f) << 6) | (bytes[at + 2] & 0x3f);
    default:
      return (
        (((first & 0x07) << 18) |
          ((bytes[at + 1] & 0x3f) << 12) |
          ((bytes[at + 2] & 0x3f) << 6) |
          (bytes[at + 3] & 0x3f)) &
        0x1fffff
      );
  }
}
