import { expect, it } from "@jest/globals";
import { withMappedNames } from "../src/commands/proposed-names.ts";

const proposed = {
  autoId: false,
  enableDynamicField: false,
  fields: [
    { fieldName: "doc id", dataType: "VarChar", isPrimary: true },
    { fieldName: "emb", dataType: "FloatVector" },
  ],
  indexParams: [{ fieldName: "emb", metricType: "COSINE" }],
};

it("fields that --create makes, and their indexes, are called as --map wants them", () => {
  const map = [["doc id", "id"] as const, ["emb", "vector"] as const, ["data.x", "other"] as const];
  const { fields, indexParams } = withMappedNames(proposed, map);
  expect(fields.map(({ fieldName }) => fieldName)).toEqual(["id", "vector"]);
  expect(indexParams).toEqual([{ fieldName: "vector", metricType: "COSINE" }]);
});

it.each([
  ["doc id", "doc_id"],
  ["2024", "_2024"],
  ["größe (cm)", "gr_e_cm_"],
])("a column %j, which no field can be called after, is refused with a name for it", (name, better) => {
  const fields = [{ fieldName: name, dataType: "VarChar" }];
  expect(() => withMappedNames({ ...proposed, fields })).toThrow(`--map "${name}=${better}"`);
});
