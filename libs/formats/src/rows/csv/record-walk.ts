import { CARRIAGE_RETURN, LINE_FEED } from "./csv-scanner.ts";
import type { Dialect } from "./dialect.ts";

const BACKSLASH = 0x5c;

/** Where a byte stands: what is before it in its cell decides what it may be. */
export const states = {
  /** At the beginning of a cell. */
  start: 0,
  /** In a cell without quotes. */
  bare: 1,
  quoted: 2,
  /** Behind a quote that ends its cell, or is the first of two. */
  quote: 3,
  /** Behind a carriage return that stands behind a closing quote. */
  return: 4,
  /** Behind a backslash that escapes. */
  escaped: 5,
  /** No record goes on like this. */
  broken: 6,
} as const;

/** The state behind each byte, at `state << 8 | byte`. */
export type WalkTable = Uint8Array;

/**
 * How records are walked through byte by byte. A line feed that leads to `start` ends a record.
 * @param dialect with a separator of one byte @param isLenient whether a quote in a cell without quotes is text
 */
export function walkTable({ separator: [separator], quote, hasEscapes }: Dialect, isLenient: boolean): WalkTable {
  const table = new Uint8Array(7 << 8).fill(states.broken);
  const set = (state: number, byte: number, next: number) => {
    if (byte >= 0) table[(state << 8) | byte] = next;
  };
  for (const state of [states.start, states.bare]) table.fill(states.bare, state << 8, (state + 1) << 8);
  table.fill(states.quoted, states.quoted << 8, (states.quoted + 1) << 8);
  set(states.start, quote, states.quoted);
  set(states.bare, quote, isLenient ? states.bare : states.broken);
  set(states.quoted, quote, states.quote);
  set(states.quote, quote, states.quoted);
  set(states.quote, CARRIAGE_RETURN, states.return);
  for (const state of [states.start, states.bare, states.quote]) {
    set(state, separator, states.start);
    set(state, LINE_FEED, states.start);
  }
  set(states.return, LINE_FEED, states.start);
  if (hasEscapes) setEscapes(table);
  return table;
}

/** With escapes there are no quotes, and a line feed ends the record but behind a backslash. */
function setEscapes(table: WalkTable): void {
  table.fill(states.broken, states.quoted << 8);
  for (const state of [states.start, states.bare]) table[(state << 8) | BACKSLASH] = states.escaped;
  table.fill(states.bare, states.escaped << 8, (states.escaped + 1) << 8);
}
