import { expect, it } from "@jest/globals";
import { checkProposed, lostKey } from "../src/commands/proposed-names.ts";

const proposed = {
  autoId: false,
  enableDynamicField: false,
  fields: [
    { fieldName: "doc id", dataType: "VarChar", isPrimary: true },
    { fieldName: "emb", dataType: "FloatVector" },
  ],
  indexParams: [{ fieldName: "emb", metricType: "COSINE" }],
};

it("fields that --create makes are those that --map is about", () => {
  checkProposed({ ...proposed, fields: [{ fieldName: "vector", dataType: "FloatVector" }] }, [
    ["emb", "vector"],
    ["rest", "$meta"],
  ]);
  expect(() => checkProposed({ ...proposed, fields: [] }, [["data.x", "other"]])).toThrow(
    '--create makes no field "other": what lies at "data.x" in the first rows is nothing that one field takes',
  );
});

it.each([
  ["doc id", "doc_id"],
  [" name", "name"],
  ["2024", "_2024"],
  ["größe (cm)", "gr_e_cm_"],
])("a column %j, which no field can be called after, is refused with a name for it", (name, better) => {
  const fields = [{ fieldName: name, dataType: "VarChar" }];
  expect(() => checkProposed({ ...proposed, fields })).toThrow(`--map "${name}=${better}"`);
});

it.each([
  ["id\ttitle", "--option sep=$'\\t' cuts it"],
  ["id;title", "--option 'sep=;' cuts it"],
  ["17", "--option header=false --option columns="],
  ["[0.5, 1]", "--option header=false --option columns="],
])("of a header %j that is none it is told how to read the file", (name, hint) => {
  const fields = [{ fieldName: name, dataType: "VarChar" }];
  expect(() => checkProposed({ ...proposed, fields })).toThrow(hint);
});

it("a column of keys that nothing takes is told where keys are made", () => {
  const unsupported = [
    { column: "raw", type: "binary" },
    { column: "id", type: "fixed_size_binary[16]" },
  ];
  const schema = { autoId: true, enableDynamicField: false, indexParams: [], fields: [], unsupported };
  expect(lostKey(schema)).toBe('keys are made: no field takes those of "id" (fixed_size_binary[16])');
  expect(lostKey({ ...schema, autoId: false })).toBeUndefined();
});
