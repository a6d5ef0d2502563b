import { describe, expect, it } from "@jest/globals";
import type { Column } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { fixtureSchema } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import { type ArrayElement, encodeArrayCell, encodeVectorArrayCell } from "@sluice/values";
import { checkStructLengths } from "../../../src/columnar/segments/struct-lengths.ts";
import { RowRejects } from "../../../src/row-rejects.ts";

const NONE = new Uint8Array(0);

function columnOf(cells: readonly Uint8Array[]): Column {
  const offsets = Uint32Array.from([0, ...cells.map((_, i) => Buffer.concat(cells.slice(0, i + 1)).length)]);
  return { kind: "var", offsets, data: Buffer.concat(cells), validity: undefined };
}

/** The rows that are refused of a struct array with a text that has two elements in each row, and a member of a type. */
async function refused(field: object, cells: readonly Uint8Array[]): Promise<unknown[]> {
  const schema = fixtureSchema({
    fields: [{ name: "id", type: DataType.Int64, is_primary: true }],
    struct_fields: [
      {
        name: "s",
        max_capacity: 9,
        fields: [
          { name: "t", type: DataType.VarChar, params: { max_length: 9 } },
          { name: "m", ...field } as { name: string; type: DataType },
        ],
      },
    ],
  });
  const found: unknown[] = [];
  const rejects = new RowRejects(({ row, error }) => void found.push([row, error.reason]));
  // It has no cell.
  rejects.add(11, new ImportError("value_invalid", "before"));
  const columns = schema.fields.map(({ name }) => {
    if (name === "id") return undefined;
    return columnOf(name === "s[t]" ? cells.map(() => encodeArrayCell(DataType.VarChar, ["a", "bcd"])) : cells);
  });
  checkStructLengths(schema, columns, cells.length, 10, rejects, "f");
  await rejects.taken({ rowCount: cells.length, columns: [], sourceBytes: 0 }, 10);
  return found;
}

const words = (count: number) =>
  `the lists of struct array 's' differ in length: 's[t]' has 2 elements, 's[m]' ${count}`;

describe("rows whose struct arrays have members of unequal length are refused", () => {
  it.each<[DataType, ArrayElement]>([
    [DataType.Bool, true],
    [DataType.Int8, -1],
    [DataType.Int64, -(2n ** 63n)],
    [DataType.Float, 0.5],
    [DataType.Double, 0.5],
    [DataType.VarChar, ""],
  ])("with elements of type %i", async (type, value) => {
    const cell = (count: number) =>
      encodeArrayCell(
        type,
        Array.from({ length: count }, () => value),
      );
    const params = type === DataType.VarChar ? { max_length: 9 } : {};
    expect(await refused({ type, params }, [cell(2), NONE, cell(3), cell(0), cell(2)])).toEqual([
      [11, "before"],
      [12, words(3)],
      [13, words(0)],
    ]);
  });

  it.each([
    [DataType.FloatVector, 32],
    [DataType.BinaryVector, 1],
    [DataType.Float16Vector, 16],
    [DataType.Int8Vector, 8],
  ])("with vectors of type %i", async (type, width) => {
    const cell = (count: number) => encodeVectorArrayCell(type, 8, new Uint8Array(count * width));
    expect(await refused({ type, params: { dim: 8 } }, [cell(2), NONE, cell(300), cell(0), NONE])).toEqual([
      [11, "before"],
      [12, words(300)],
      [13, words(0)],
      [14, words(0)],
    ]);
  });
});
