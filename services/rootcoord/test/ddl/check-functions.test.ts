import { describe, expect, it, test } from "@jest/globals";
import { schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { checkSchema } from "../../src/ddl/check-schema.ts";
import { defaultLimits } from "../../src/ddl/limits.ts";
import { schemaForms } from "../../src/ddl/stored-schema.ts";
import { idField, outcome, pairs, schemaOf, vectorField } from "./harness.ts";

type FieldParts = Parameters<typeof wire.FieldSchema.fromPartial>[0];
type FunctionParts = Parameters<typeof wire.FunctionSchema.fromPartial>[0];

const text = (more: FieldParts = {}, params = {}): FieldParts => ({
  ...{ name: "text", dataType: DataType.VarChar },
  typeParams: pairs({ max_length: "100", enable_analyzer: "true", ...params }),
  ...more,
});
const terms = (more: FieldParts = {}): FieldParts => ({ name: "terms", dataType: DataType.SparseFloatVector, ...more });
const bm25 = (more: FunctionParts = {}): FunctionParts => ({
  ...{ name: "f", type: wire.FunctionType.BM25, inputFieldNames: ["text"], outputFieldNames: ["terms"] },
  ...more,
});
const minHash: FunctionParts = {
  ...{ name: "m", type: wire.FunctionType.MinHash, inputFieldNames: ["text"], outputFieldNames: ["sign"] },
  params: pairs({ num_hashes: "4" }),
};
const several = (field: string) => JSON.stringify({ by_field: field, analyzers: { default: {} } });
const schemaWith = (functions: readonly FunctionParts[], fields: readonly FieldParts[]) =>
  schemaOf({ fields: [idField(), vectorField(), ...fields], functions: [...functions] });
const check = (functions: readonly FunctionParts[], fields: readonly FieldParts[] = [text(), terms()]) =>
  outcome((async () => checkSchema(schemaWith(functions, fields), { limits: defaultLimits, timezone: "UTC" }))());

describe("functions", () => {
  it("pass, whether the client marks the output or not", async () => {
    expect(await check([bm25()])).toBe("ok");
    expect(await check([bm25()], [text(), terms({ isFunctionOutput: true })])).toBe("ok");
    expect(await check([bm25()], [text({ nullable: true }), terms()])).toBe("ok");
    expect(await check([bm25()], [text({}, { multi_analyzer_params: several("text") }), terms()])).toBe("ok");
  });

  test.each<[string, readonly FunctionParts[], readonly FieldParts[] | undefined, string]>([
    ["unknown input", [bm25({ inputFieldNames: ["x"] })], undefined, "1100 function input field not found: x"],
    ["unknown output", [bm25({ outputFieldNames: ["x"] })], undefined, "1100 function output field not found: x"],
    ["two of one name", [bm25(), bm25()], undefined, "1100 duplicate function name f"],
    ["no name", [bm25({ name: "" })], undefined, "1100 function name cannot be empty"],
    ["one output of two", [bm25(), bm25({ name: "g" })], undefined, "1100 duplicate function output field name terms"],
    ["params", [bm25({ params: pairs({ k: "1" }) })], undefined, "1100 BM25 function accepts no params"],
    [
      "text that is not analyzed",
      [bm25()],
      [text({}, { enable_analyzer: "false" }), terms()],
      "1100 BM25 function input field must set enable_analyzer to true",
    ],
    [
      "no text",
      [bm25({ inputFieldNames: ["v"] })],
      undefined,
      "1100 BM25 function input field must be a VARCHAR/TEXT field",
    ],
    [
      "a dense output",
      [bm25({ outputFieldNames: ["v"] })],
      undefined,
      "1100 BM25 function output field must be a SparseFloatVector field",
    ],
    [
      "a key as output",
      [bm25({ outputFieldNames: ["id"] })],
      undefined,
      "1100 function output field cannot be primary field: id",
    ],
    [
      "a nullable output",
      [bm25()],
      [text(), terms({ nullable: true })],
      "1100 function output field cannot be nullable: terms",
    ],
    [
      "an output without function",
      [],
      [text(), terms({ isFunctionOutput: true })],
      "1100 field terms is marked as a function's output",
    ],
    [
      "an analyzer that is not here",
      [bm25()],
      [text({}, { analyzer_params: '{"type":"thai"}' }), terms()],
      "1100 build analyzer of field text failed: analyzer thai is not supported by this server: it needs a dictionary",
    ],
    [
      "several analyzers of which nothing names one",
      [bm25()],
      [text({}, { multi_analyzer_params: "{}" }), terms()],
      "1100 build analyzer of field text failed: multi analyzer params now must set by_field",
    ],
    [
      "several analyzers that a field names which there is not",
      [bm25()],
      [text({}, { multi_analyzer_params: several("nope") }), terms()],
      "1100 multi analyzer dependent field nope not exist in the collection",
    ],
    [
      "several analyzers that numbers name",
      [bm25()],
      [text({}, { multi_analyzer_params: several("id") }), terms()],
      "1100 multi analyzer params now only support by string field, but field id is not string",
    ],
    [
      "several analyzers where words are matched",
      [bm25()],
      [text({}, { multi_analyzer_params: several("text"), enable_match: "true" }), terms()],
      "1100 multi analyzer now only support for bm25, but now field text enable match",
    ],
    [
      "several analyzers beside one",
      [bm25()],
      [text({}, { multi_analyzer_params: several("text"), analyzer_params: "{}" }), terms()],
      "1100 field text analyzer params should be none if has multi analyzer params",
    ],
    [
      "several analyzers of what a signature is made of",
      [minHash],
      [
        text({}, { multi_analyzer_params: several("text") }),
        { name: "sign", dataType: DataType.BinaryVector, typeParams: pairs({ dim: "128" }) },
      ],
      "1100 multi analyzer now only support for bm25, but now field text is input of a MinHash function",
    ],
    [
      "match without analyzer",
      [],
      [text({}, { enable_analyzer: "false", enable_match: "true" })],
      "1100 field text enables match, but not enable_analyzer",
    ],
    [
      "a signature of another size",
      [minHash],
      [text(), { name: "sign", dataType: DataType.BinaryVector, typeParams: pairs({ dim: "64" }) }],
      "1100 the dim of a MinHash function's output must be 32 * num_hashes: dim is 64, num_hashes 4",
    ],
    [
      "a signature of floats",
      [{ ...minHash, outputFieldNames: ["v"] }],
      undefined,
      "1100 MinHash function output field must be one BinaryVector",
    ],
    [
      "a type that is not here",
      [bm25({ type: wire.FunctionType.MolFingerprint })],
      undefined,
      "1100 functions of type MolFingerprint are not supported by this server: f (compute its output before",
    ],
  ])("%s is refused", async (_, functions, fields, refusal) => {
    expect(await check(functions, fields)).toContain(refusal);
  });

  it("get numbers, their fields by id, and mark their outputs", () => {
    const { declared, stored } = schemaForms(schemaWith([bm25()], [text(), terms()]), "c");
    for (const { fields, functions } of [declared, stored]) {
      expect(functions).toMatchObject([{ id: 100n, inputFieldIds: [102n], outputFieldIds: [103n] }]);
      expect(fields.filter(({ isFunctionOutput }) => isFunctionOutput).map(({ name }) => name)).toEqual(["terms"]);
    }
  });
});
