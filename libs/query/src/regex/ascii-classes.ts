import { type CodePoints, together } from "./code-points.ts";

const digits = [[0x30, 0x39]] as const;
const letters = [
  [0x41, 0x5a],
  [0x61, 0x7a],
] as const;
/** What `\b` and `\w` take for parts of words: ASCII's letters and digits, and `_`, as in RE2. */
export const wordPoints: CodePoints = together([...digits, ...letters, [0x5f, 0x5f]]);

/** `\d`, `\s`, `\w`: of ASCII alone, as in RE2. */
export const perlClasses: ReadonlyMap<string, CodePoints> = new Map<string, CodePoints>([
  ["d", digits],
  ["s", together([...[9, 10, 12, 13, 32].map((point): [number, number] => [point, point])])],
  ["w", wordPoints],
]);

/** `[[:alpha:]]` and the like. */
export const posixClasses: ReadonlyMap<string, CodePoints> = new Map<string, CodePoints>([
  ["alnum", together([...digits, ...letters])],
  ["alpha", letters],
  ["ascii", [[0, 0x7f]]],
  [
    "blank",
    together([
      [9, 9],
      [32, 32],
    ]),
  ],
  [
    "cntrl",
    together([
      [0, 0x1f],
      [0x7f, 0x7f],
    ]),
  ],
  ["digit", digits],
  ["graph", [[0x21, 0x7e]]],
  ["lower", [[0x61, 0x7a]]],
  ["print", [[0x20, 0x7e]]],
  [
    "punct",
    together([
      [0x21, 0x2f],
      [0x3a, 0x40],
      [0x5b, 0x60],
      [0x7b, 0x7e],
    ]),
  ],
  [
    "space",
    together([
      [9, 13],
      [32, 32],
    ]),
  ],
  ["upper", [[0x41, 0x5a]]],
  ["word", wordPoints],
  ["xdigit", together([...digits, [0x41, 0x46], [0x61, 0x66]])],
]);
