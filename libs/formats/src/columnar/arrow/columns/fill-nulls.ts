import type { SourceLocation } from "@sluice/errors";
import type { FieldRules } from "../../parquet/columns/column-reader.ts";

/**
 * Puts the stand-in of a field where values are null; answers the column's validity.
 * @param validity a byte for each value, 0 for a null @throws {ImportError} for a field that has no stand-in
 */
export function fillNulls(
  rules: FieldRules,
  data: Uint8Array,
  width: number,
  validity: Uint8Array | undefined,
  row: number,
  at: SourceLocation,
): Uint8Array | undefined {
  if (!validity) return undefined;
  const { standIn } = rules;
  for (let i = validity.indexOf(0); i >= 0; i = validity.indexOf(0, i + 1)) {
    rules.checkNull(row + i, at);
    if (standIn) data.set(standIn, i * width);
    else data.fill(0, i * width, (i + 1) * width);
  }
  return standIn === null ? validity : undefined;
}
