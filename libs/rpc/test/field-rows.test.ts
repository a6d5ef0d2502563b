import { expect, it } from "@jest/globals";
import { schema } from "@sluice/rpc";
import { valuesOf } from "../src/wire/field-rows.ts";

it("structs are null where their members are, which Milvus alone marks", () => {
  const list = (...data: number[]) => schema.ScalarField.fromPartial({ data: { $case: "intData", value: { data } } });
  const member = (fieldName: string, rows: schema.ScalarField[]) =>
    schema.FieldData.fromPartial({
      ...{ type: schema.DataType.Array, fieldName, validData: [true, false, true] },
      field: {
        $case: "scalars",
        value: { data: { $case: "arrayData", value: { data: rows, elementType: schema.DataType.Int32 } } },
      },
    });
  const fields = [member("page", [list(1, 2), list(), list()]), member("line", [list(3, 4), list(), list()])];
  const struct = schema.FieldData.fromPartial({
    ...{ type: schema.DataType.ArrayOfStruct, fieldName: "places" },
    field: { $case: "structArrays", value: { fields } },
  });
  expect(valuesOf(struct)).toEqual([
    [
      { page: 1, line: 3 },
      { page: 2, line: 4 },
    ],
    null,
    [],
  ]);
});
