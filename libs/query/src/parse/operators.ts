import type { TokenKind } from "./lexer.ts";

/** Binding powers of the binary operators, loosest first. They are Milvus's levels, where `&` binds looser than `==`. */
export const levels: Partial<Record<TokenKind, number>> = {
  or: 1,
  and: 2,
  "|": 3,
  "^": 4,
  "&": 5,
  "==": 6,
  "!=": 6,
  "<": 7,
  "<=": 7,
  ">": 7,
  ">=": 7,
  not: 9, // Of `not in`.
  in: 9,
  "<<": 10,
  ">>": 10,
  "+": 11,
  "-": 11,
  "*": 12,
  "/": 12,
  "%": 12,
  "**": 14,
  like: 15,
  regex: 15,
};
/** What stands beside `<` and its like: `in` and all that binds tighter. */
export const TERM = 9;
/** What stands right of `in`: `<<` and all that binds tighter. */
export const SHIFT = 10;
/** Looser than `**`, tighter than `*`: `-a ** b` is `-(a ** b)`. */
export const UNARY = 13;
/** Of `like`, `=~` and `!~`, which bind tighter than `**`. */
export const MATCH = 15;
/** Tighter than all of `levels`. */
export const PREFIX = 16;
