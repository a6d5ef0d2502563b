import type { CanonicalRow } from "../canonical-rows.ts";
import { ListLengths } from "../rows/list-lengths.ts";

/** What is seen of one column in a sample of rows. */
export interface ColumnFacts {
  readonly rows: number;
  readonly nulls: number;
  /** Different values; of vectors and JSON too, by their text. */
  readonly distinct: number;
  /** Greatest length in UTF-8 bytes, of text and of text in lists; 0 without any. */
  readonly maxLength: number;
  /** Dimensions of the vectors that the lists are; undefined where they are none. */
  readonly dim: number | undefined;
  /** Smallest and greatest norm of lists of numbers. */
  readonly norms: readonly [least: number, greatest: number] | undefined;
}

/** A column that a row does not have is null there. */
export function columnFacts(name: string, rows: readonly CanonicalRow[]): ColumnFacts {
  const values = rows.map((row) => row[name] ?? null).filter((value) => value !== null);
  const lists = values.filter((value) => Array.isArray(value));
  const texts = [...values, ...lists.flat()].filter((value) => typeof value === "string");
  return {
    rows: rows.length,
    nulls: rows.length - values.length,
    distinct: new Set(values.map((value) => JSON.stringify(value))).size,
    maxLength: Math.max(0, ...texts.map((text) => Buffer.byteLength(text))),
    dim: dimOf(name, lists),
    norms: normsOf(lists),
  };
}

function dimOf(name: string, lists: readonly unknown[][]): number | undefined {
  const lengths = new ListLengths();
  for (const list of lists) lengths.add(list.length);
  return lengths.dimOf(name);
}

function normsOf(lists: readonly unknown[][]): ColumnFacts["norms"] {
  const norms = lists
    .filter((list) => list.every((item) => typeof item === "number"))
    .map((list) => Math.hypot(...list));
  return norms.length === 0 ? undefined : [Math.min(...norms), Math.max(...norms)];
}
