/** A value of a field, or a figure over several. */
export type Scalar = bigint | number | string | boolean | null;

/** Order of two values of one kind, texts by their bytes: negative where the first one comes first. */
export function compareScalars(
  a: Scalar,
  b: Scalar,
  { descending, nullsFirst }: { readonly descending: boolean; readonly nullsFirst: boolean },
): number {
  if (a === null || b === null) {
    if (a === b) return 0;
    return (a === null) === nullsFirst ? -1 : 1;
  }
  const order =
    typeof a === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : Number(a > b) - Number(a < b);
  return descending ? -order : order;
}
