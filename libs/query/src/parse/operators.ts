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
export const TERM = 9;
export const SHIFT = 10;
export const UNARY = 13;
export const MATCH = 15;
export const PREFIX = 16;
