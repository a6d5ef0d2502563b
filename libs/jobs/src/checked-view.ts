import { type CheckedRows, type FieldHealth, NORM_BIAS } from "./checked-rows.ts";

/** What users see of a dry run's findings. */
export interface CheckedView extends Omit<CheckedRows, "fields"> {
  readonly fields: readonly FieldView[];
}

/** What was found of one field. Optional members are absent of types that they mean nothing for. */
export interface FieldView {
  readonly field: string;
  readonly nulls: number;
  readonly isConstant: boolean;
  readonly zeroVectors?: number;
  readonly notNormalized?: number;
  /** Vectors by their norm, from `from` to twice that; those that have none are left out. */
  readonly norms?: readonly { readonly from: number; readonly vectors: number }[];
  /** Values that another row has too, all but one of each. */
  readonly duplicates?: number;
  readonly duplicatesEstimated?: boolean;
}

/** Findings without what only merging them needs. */
export function checkedView({ fields, ...rows }: CheckedRows): CheckedView {
  return { ...rows, fields: fields.map(fieldView) };
}

function fieldView({ constant: _, norms, distinct, ...health }: FieldHealth): FieldView {
  const bins = norms?.map((vectors, bin) => ({ from: 2 ** (bin - NORM_BIAS), vectors }));
  return {
    ...health,
    ...(bins && { norms: bins.filter(({ vectors }) => vectors > 0) }),
    ...(distinct && {
      duplicates: Math.max(0, distinct.values - distinct.distinct),
      ...(distinct.isEstimate && { duplicatesEstimated: true }),
    }),
  };
}
