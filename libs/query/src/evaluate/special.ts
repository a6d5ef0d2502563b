import { TokenNumbers } from "@sluice/functions";
import { analyzerOf } from "../analyzer.ts";
import { isNear } from "../edit-distance.ts";
import type { CalendarInterval, Predicate } from "../plan.ts";
import { RunFinder } from "../run-finder.ts";
import { SlopFinder } from "../slop-finder.ts";
import { dropNulls, fixedColumn, type Selector } from "./selector.ts";
import { bytesSelector } from "./strings.ts";

type Leaf<Kind> = Extract<Predicate, { kind: Kind }>;

/** Tokens of rows that the query has not. */
const OTHER = 0x7fffffff;

/** At least so many of the query's tokens occur, or others that are near them. A query without tokens matches nothing. */
export function textMatchSelector({ field, tokens, atLeast, distance }: Leaf<"textMatch">, wanted: boolean): Selector {
  const numberOf = distance > 0 ? nearNumbersOf(tokens, distance) : numbersOf(tokens);
  const texts = new TokenNumbers(analyzerOf(field.schema), numberOf);
  /** Of each token of the query, the last text that had it. */
  const seen = new Float64Array(tokens.length);
  let text = 0;
  const test = (data: Uint8Array, start: number, end: number) => {
    if (tokens.length < atLeast) return false;
    const count = texts.scan(data, start, end);
    text++;
    for (let i = 0, found = 0; i < count; i++) {
      const number = texts.numbers[i];
      if (number >= tokens.length || seen[number] === text) continue;
      seen[number] = text;
      if (++found >= atLeast) return true;
    }
    return false;
  };
  return bytesSelector(field, test, wanted);
}

/** The tokens occur one behind the other, as far apart as in the query: words that an analyzer drops keep their places. */
export function phraseSelector(leaf: Leaf<"phrase">, wanted: boolean): Selector {
  return leaf.slop > 0 ? loosePhraseSelector(leaf, wanted) : strictPhraseSelector(leaf, wanted);
}

function loosePhraseSelector({ field, tokens, slop }: Leaf<"phrase">, wanted: boolean): Selector {
  const numberOf = numbersOf([...new Set(tokens.map(({ text }) => text))]);
  const texts = new TokenNumbers(analyzerOf(field.schema), numberOf);
  const last = tokens.at(-1)?.position ?? 0;
  const words = tokens.map(({ text, position }) => ({ number: numberOf(text), before: last - position }));
  const finder = words.length === 0 ? undefined : new SlopFinder(words, slop);
  const test = (data: Uint8Array, start: number, end: number) => {
    if (!finder) return false;
    const count = texts.scan(data, start, end);
    return finder.isIn(texts.numbers, count);
  };
  return bytesSelector(field, test, wanted);
}

function strictPhraseSelector({ field, tokens }: Leaf<"phrase">, wanted: boolean): Selector {
  const numberOf = numbersOf([...new Set(tokens.map(({ text }) => text))]);
  const texts = new TokenNumbers(analyzerOf(field.schema), numberOf);
  const length = tokens.length === 0 ? 0 : tokens[tokens.length - 1].position - tokens[0].position + 1;
  const run = new Int32Array(length).fill(-1);
  for (const { text, position } of tokens) run[position - tokens[0].position] = numberOf(text);
  const finder = run.includes(-1) ? undefined : new RunFinder(run);
  const test = (data: Uint8Array, start: number, end: number) => {
    if (length === 0) return false;
    const count = texts.scan(data, start, end);
    if (finder) return finder.find(texts.numbers, 0, count) >= 0;
    return hasWithGaps(texts.numbers, count, run);
  };
  return bytesSelector(field, test, wanted);
}

/** @param run with -1 where any token may stand */
function hasWithGaps(numbers: Uint32Array, count: number, run: Int32Array): boolean {
  for (let first = 0; first + run.length <= count; first++) {
    let at = 0;
    while (at < run.length && (run[at] < 0 || run[at] === numbers[first + at])) at++;
    if (at === run.length) return true;
  }
  return false;
}

function numbersOf(tokens: readonly string[]): (token: string) => number {
  const numbers = new Map(tokens.map((token, number) => [token, number]));
  return (token) => numbers.get(token) ?? OTHER;
}

/** Of the first token that is near. Each different one is compared once: its number is remembered. */
function nearNumbersOf(tokens: readonly string[], distance: number): (token: string) => number {
  const characters = tokens.map((token) => [...token]);
  return (token) => {
    const given = [...token];
    const number = characters.findIndex((one) => isNear(one, given, distance));
    return number < 0 ? OTHER : number;
  };
}

const DAY_MICROS = 86_400_000_000n;
const DAY_MS = 86_400_000;

/** A Timestamptz moved by months and years, whose length depends on where it starts. */
export function calendarSelector({ field, interval, low, high }: Leaf<"calendar">, wanted: boolean): Selector {
  return (batch, rows, count) => {
    const column = fixedColumn(batch, field);
    const micros = new BigInt64Array(column.data.buffer, column.data.byteOffset, batch.rowCount);
    const known = dropNulls(column, rows, count);
    let kept = 0;
    for (let i = 0; i < known; i++) {
      const row = rows[i];
      const moved = addInterval(micros[row], interval);
      if ((moved >= low && moved <= high) === wanted) rows[kept++] = row;
    }
    return kept;
  };
}

/** In UTC, normalised without clamping: 31 January plus a month is 2 or 3 March. */
function addInterval(micros: bigint, { months, days, micros: rest }: CalendarInterval): bigint {
  const timeOfDay = ((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS;
  const date = civilFromDays(Number((micros - timeOfDay) / DAY_MICROS));
  const moved = daysFromCivil(date.year, date.month + months) + date.day - 1 + days;
  return BigInt(moved) * DAY_MICROS + timeOfDay + rest;
}

interface CivilDate {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
}

/** The Gregorian calendar repeats after 400 years, and `Date` knows fewer years than int64 microseconds can express. */
const CYCLE_DAYS = 146_097;

function civilFromDays(days: number): CivilDate {
  const cycles = Math.floor(days / CYCLE_DAYS);
  const date = new Date((days - cycles * CYCLE_DAYS) * DAY_MS);
  return { year: date.getUTCFullYear() + 400 * cycles, month: date.getUTCMonth(), day: date.getUTCDate() };
}

/** Days from 1 January 1970 to the first of the month; months beyond the year count into other years. */
function daysFromCivil(year: number, month: number): number {
  const full = year + Math.floor(month / 12);
  const cycles = Math.floor((full - 1970) / 400);
  return cycles * CYCLE_DAYS + Date.UTC(full - 400 * cycles, ((month % 12) + 12) % 12, 1) / DAY_MS;
}
