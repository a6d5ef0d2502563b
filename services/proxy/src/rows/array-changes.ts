import { isNull, VarBuilder, type VarColumn, varValue } from "@sluice/columns";
import type { FieldSchema } from "@sluice/schema";
import { decodeArrayCell, encodeArrayCell } from "@sluice/values";
import { refused } from "./given-columns.ts";

/** What becomes of an array that is there: elements are added behind it, or all that equal one of those given are taken out. */
export type ArrayChange = "array_append" | "array_remove";

type Elements = ReturnType<typeof decodeArrayCell>;

/**
 * Arrays of rows after a change. One that is null, or of a row that is new, counts as empty.
 * @param rowOf of each row the stored one, or -1
 * @throws {StatusError} 1100 for more elements than `max_capacity`
 */
export function changedArrays(
  field: FieldSchema,
  change: ArrayChange,
  { given, stored }: { readonly given: VarColumn; readonly stored: VarColumn | undefined },
  rowOf: Int32Array,
): VarColumn {
  const builder = new VarBuilder(field, rowOf.length);
  builder.setValid(0, rowOf.length);
  for (const [row, at] of rowOf.entries()) {
    const old = at < 0 || !stored ? [] : elementsOf(field, stored, at);
    const named = elementsOf(field, given, row);
    const elements = change === "array_append" ? [...old, ...named] : without(old, named);
    if (field.maxCapacity > 0 && elements.length > field.maxCapacity)
      throw refused(
        `the length (${elements.length}) of array field ${field.name} would exceed its max capacity (${field.maxCapacity}), row number: ${row}`,
      );
    builder.put(row, encodeArrayCell(field.elementType, elements));
  }
  return builder.take(rowOf.length) as VarColumn;
}

function elementsOf({ elementType }: FieldSchema, column: VarColumn, row: number): Elements {
  return isNull(column, row) ? [] : decodeArrayCell(elementType, varValue(column, row));
}

function without(elements: Elements, named: Elements): Elements {
  const gone = new Set(named);
  return elements.filter((element) => !gone.has(element));
}
