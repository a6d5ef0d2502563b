import { expect, it } from "@jest/globals";
import { checkVectors } from "../src/commands/proposed-vectors.ts";

const fields = (types: Record<string, string>) =>
  Object.entries(types).map(([fieldName, dataType]) => ({ fieldName, dataType }));
const refusal = (types: Record<string, string>) => () => checkVectors({ fields: fields(types) }, "t.csv");

it("a collection with a vector, or lists of them, is taken", () => {
  checkVectors({ fields: fields({ id: "Int64", v: "FloatVector" }) }, "t.csv");
  checkVectors({ fields: fields({ id: "Int64", lines: "ArrayOfStruct" }) }, "t.csv");
});

it("of one without it is told how a column becomes a vector", () => {
  expect(refusal({ id: "Int64", v: "Array" })).toThrow(
    '("v" read as plain arrays), which a collection needs: --map COLUMN=vector',
  );
  expect(refusal({ id: "Int64", x1: "Double", x2: "Double" })).toThrow(
    "(no list of numbers), which a collection needs: --map",
  );
});

it("of numbers that stand in a column each it is told to write them as a list", () => {
  const spread = { id: "Int64", dim_0: "Double", dim_1: "Double", dim_2: "Double", dim_3: "Double" };
  expect(refusal(spread)).toThrow("a number a column (dim_0, dim_1, …) makes no vector");
});

it("of a vector that is not read it is told why", () => {
  const unsupported = [
    { column: "title", type: "binary" },
    { column: "vector", type: "not read: array 'vector' is compressed by \"bz2\"" },
  ];
  expect(() => checkVectors({ fields: fields({ id: "Int64" }), unsupported }, "t.zarr")).toThrow(
    "no column of t.zarr is a vector: array 'vector' is compressed by \"bz2\"",
  );
});
