import { type Column, isNull, varValue } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { type CollectionSchema, DataType, type FieldSchema, vectorBytes } from "@sluice/schema";
import { decodeArrayCell, decodeVectorArrayCell } from "@sluice/values";
import type { RowRejects } from "../../row-rejects.ts";

interface Member {
  readonly field: FieldSchema;
  readonly column: Column;
}

/**
 * Refuses rows whose struct array has more elements in one member than in another: an answer would leave some of them out.
 * @param columns parallel to the fields of the schema @param firstRow row of the segment @param file for errors
 * @throws {ImportError} `malformed_file`, where rows are not rejected one by one
 */
export function checkStructLengths(
  { fields, structs }: CollectionSchema,
  columns: readonly (Column | undefined)[],
  rowCount: number,
  firstRow: number,
  rejects: RowRejects,
  file: string,
): void {
  for (const { name } of structs) {
    const members = fields.flatMap((field, i): Member[] => {
      const column = columns[i];
      return column && field.name.startsWith(`${name}[`) ? [{ field, column }] : [];
    });
    for (let row = 0; row < rowCount && members.length > 1; row++) {
      if (rejects.has(firstRow + row)) continue;
      const [expected, ...others] = members.map((member) => lengthIn(member, row));
      const odd = others.findIndex((length) => length !== expected);
      if (odd < 0) continue;
      const { field } = members[odd + 1];
      const reason = `the lists of struct array '${name}' differ in length: '${members[0].field.name}' has ${expected} elements, '${field.name}' ${others[odd]}`;
      const at = { file, row: firstRow + row, field: field.name };
      rejects.add(firstRow + row, new ImportError("malformed_file", reason, at));
    }
  }
}

/** Of the list in a row; 0 of a null, whose elements are none. */
function lengthIn({ field, column }: Member, row: number): number {
  if (column.kind !== "var" || isNull(column, row)) return 0;
  const { dataType, elementType, dim } = field;
  const cell = varValue(column, row);
  if (dataType !== DataType.ArrayOfVector) return decodeArrayCell(elementType, cell).length;
  return decodeVectorArrayCell(elementType, dim, cell).length / vectorBytes(elementType, dim);
}
