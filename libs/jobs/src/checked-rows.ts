import { DistinctSample, type DistinctSampleRecord } from "./distinct-sample.ts";

/** Norms of vectors by powers of two: `counts[i]` have a norm in [2^(i - NORM_BIAS), 2^(i + 1 - NORM_BIAS)); the ends take what lies beyond. */
export const NORM_BINS = 40;
/** The bin of norms in [1, 2). */
export const NORM_BIAS = 20;

/** What the rows of a dry run are like in one field. Vectors with numbers for elements only have norms. */
export interface FieldHealth {
  readonly field: string;
  readonly nulls: number;
  /** All values are the same; the field has more than one row. */
  readonly isConstant: boolean;
  /** Of a value, as bytes, for telling whether several tasks saw the same constant; absent where values differ. */
  readonly constant?: string;
  /** All components are 0. */
  readonly zeroVectors?: number;
  /** The norm differs from 1 by more than a thousandth, and is not 0. */
  readonly notNormalized?: number;
  /** Counts by norm, `NORM_BINS` of them. */
  readonly norms?: readonly number[];
  /** Of keys and vectors: what it takes to tell how many are different. */
  readonly distinct?: DistinctSampleRecord;
}

/** What a dry run found out of the rows of one task, all of which can be imported. */
export interface CheckedRows {
  readonly rows: number;
  /** Of all values, as they would lie in segments before they are compressed. */
  readonly columnBytes: number;
  /** Segments that the rows would become. */
  readonly segments: number;
  /** Seconds that reading and checking took. */
  readonly seconds: number;
  readonly fields: readonly FieldHealth[];
}

/** The findings of several tasks as one. */
export function mergeChecked(parts: readonly CheckedRows[]): CheckedRows | undefined {
  if (parts.length === 0) return undefined;
  const sum = (of: (part: CheckedRows) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    rows: sum(({ rows }) => rows),
    columnBytes: sum(({ columnBytes }) => columnBytes),
    segments: sum(({ segments }) => segments),
    seconds: sum(({ seconds }) => seconds),
    fields: parts[0].fields.map(({ field }, i) =>
      mergeField(
        field,
        parts.filter(({ rows }) => rows > 0).flatMap(({ fields }) => fields[i] ?? []),
      ),
    ),
  };
}

function mergeField(field: string, parts: readonly FieldHealth[]): FieldHealth {
  const sum = (of: (part: FieldHealth) => number | undefined) =>
    parts.reduce((total, part) => total + (of(part) ?? 0), 0);
  const [first] = parts;
  const isConstant =
    parts.length > 0 && parts.every(({ constant }) => constant !== undefined && constant === first.constant);
  const samples = parts.flatMap(({ distinct }) => distinct ?? []);
  return {
    field,
    nulls: sum(({ nulls }) => nulls),
    isConstant,
    ...(isConstant && { constant: first.constant }),
    ...(first?.norms && {
      zeroVectors: sum(({ zeroVectors }) => zeroVectors),
      notNormalized: sum(({ notNormalized }) => notNormalized),
      norms: Array.from({ length: NORM_BINS }, (_, bin) => sum(({ norms }) => norms?.[bin])),
    }),
    ...(samples.length > 0 && { distinct: DistinctSample.merge(samples) }),
  };
}
