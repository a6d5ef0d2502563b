import type { Column } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { type CollectionSchema, DataType, type FieldSchema, vectorBytes } from "@sluice/schema";
import { BYTES, eachElement, FIXED32, FIXED64, FieldCursor, VARINT } from "@sluice/values";
import type { RowRejects } from "../../row-rejects.ts";

/** A member of a struct array, with the elements that each row has of it. */
interface Member {
  readonly field: FieldSchema;
  readonly lengths: Uint32Array;
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
  const isLeftOut = (row: number) => rejects.has(firstRow + row);
  for (const { name } of structs) {
    const members = fields.flatMap((field, i): Member[] => {
      const column = columns[i];
      const isMember = column && field.name.startsWith(`${name}[`);
      return isMember ? [{ field, lengths: lengthsOf(field, column, rowCount, isLeftOut) }] : [];
    });
    for (let row = 0; row < rowCount && members.length > 1; row++) {
      const odd = members.find(({ lengths }) => lengths[row] !== members[0].lengths[row]);
      if (!odd) continue;
      const at = { file, row: firstRow + row, field: odd.field.name };
      rejects.add(firstRow + row, new ImportError("malformed_file", unequalWords(name, members[0], odd, row), at));
    }
  }
}

function unequalWords(struct: string, first: Member, odd: Member, row: number): string {
  const expected = `'${first.field.name}' has ${first.lengths[row]} elements`;
  return `the lists of struct array '${struct}' differ in length: ${expected}, '${odd.field.name}' ${odd.lengths[row]}`;
}

/** @param isLeftOut of a row, whose cell may be anything; its length is 0, as a null's */
function lengthsOf(
  field: FieldSchema,
  column: Column,
  rowCount: number,
  isLeftOut: (row: number) => boolean,
): Uint32Array {
  const lengths = new Uint32Array(rowCount);
  if (column.kind !== "var") return lengths;
  const cells = new FieldCursor(column.data);
  const count = field.dataType === DataType.ArrayOfVector ? vectorCounter(field) : elementCounter(field);
  for (let row = 0; row < rowCount; row++) {
    if (isLeftOut(row)) continue;
    cells.at = column.offsets[row];
    cells.end = column.offsets[row + 1];
    lengths[row] = count(cells);
  }
  return lengths;
}

function elementCounter({ elementType }: FieldSchema): (cells: FieldCursor) => number {
  const wireType = wireTypeOf(elementType);
  let elements = 0;
  const take = (cells: FieldCursor) => {
    cells.skip(wireType);
    elements++;
  };
  return (cells) => {
    elements = 0;
    eachElement(elementType, cells, take);
    return elements;
  };
}

/** Of cells as `encodeVectorArrayCell` writes them: the dimension, then all vectors, where they are floats packed once more. */
function vectorCounter({ elementType, dim }: FieldSchema): (cells: FieldCursor) => number {
  const width = vectorBytes(elementType, dim);
  const enter = (cells: FieldCursor) => {
    cells.skip(VARINT);
    cells.enter();
  };
  return (cells) => {
    if (cells.atEnd) return 0;
    cells.skip(VARINT);
    cells.skip(VARINT);
    enter(cells);
    if (elementType === DataType.FloatVector && !cells.atEnd) enter(cells);
    return (cells.end - cells.at) / width;
  };
}

function wireTypeOf(elementType: DataType): number {
  switch (elementType) {
    case DataType.Float:
      return FIXED32;
    case DataType.Double:
      return FIXED64;
    case DataType.VarChar:
    case DataType.String:
      return BYTES;
    default:
      return VARINT;
  }
}
