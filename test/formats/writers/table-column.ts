import type { FieldSample } from "../field-samples.ts";

/** A column of a table: what it holds in each row; null where a row has none. */
export interface TableColumn {
  readonly name: string;
  readonly sample: FieldSample;
  /** Which rows have the value; default all. */
  readonly isGiven?: (row: number) => boolean;
  /** What single rows hold, in the form of `sample`; default the same in all. */
  readonly cells?: readonly FieldSample[];
}

/** Files of one format with the columns as its usual writers make them; undefined where the format cannot express them. */
export type WriteFiles = (
  columns: readonly TableColumn[],
  rows: number,
) => Readonly<Record<string, Uint8Array>> | undefined;

/** A column without `isGiven` has a value in every row. */
export const always = () => true;

/** What each row has, by column. */
export function columnsOf(columns: readonly TableColumn[], rows: number): Record<string, unknown[]> {
  const all = rowsOf(columns, rows);
  return Object.fromEntries(columns.map(({ name }) => [name, all.map((row) => row[name])]));
}

/** What each row has, as JSON. */
export function rowsOf(columns: readonly TableColumn[], rows: number): Record<string, unknown>[] {
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      columns.map(({ name, sample, cells, isGiven = always }) => [
        name,
        isGiven(row) ? (cells?.[row] ?? sample).json : null,
      ]),
    ),
  );
}

/** What a column holds in a row, as a sample; undefined where it holds none. */
export function cellOf({ sample, cells, isGiven = always }: TableColumn, row: number): FieldSample | undefined {
  return isGiven(row) ? (cells?.[row] ?? sample) : undefined;
}
