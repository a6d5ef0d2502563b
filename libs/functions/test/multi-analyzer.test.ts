import { describe, expect, it, test } from "@jest/globals";
import type { VarColumn } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { analyzerParamsOf, FunctionOutputs, multiAnalyzerOf, termId } from "../src/index.ts";

const params = JSON.stringify({
  by_field: "language",
  alias: { en: "english", cn: "chinese", wrong: "nobody" },
  analyzers: { english: { type: "english" }, default: { tokenizer: "whitespace" }, plain: {} },
});

describe("several analyzers of one field", () => {
  test.each([
    ["english", '{"type":"english"}'],
    ["en", '{"type":"english"}'],
    ["plain", "{}"],
    ["default", '{"tokenizer":"whitespace"}'],
    ["", '{"tokenizer":"whitespace"}'],
    ["French", '{"tokenizer":"whitespace"}'],
    ["cn", '{"tokenizer":"whitespace"}'],
    ["wrong", '{"tokenizer":"whitespace"}'],
  ])("the one called %j is %s", (name, wanted) => {
    expect(multiAnalyzerOf(params).paramsOf(name)).toBe(wanted);
    expect(analyzerParamsOf({ multi_analyzer_params: params })(name)).toBe(wanted);
  });

  it("of one analyzer names say nothing", () => {
    expect(analyzerParamsOf({ analyzer_params: '{"type":"english"}' })("plain")).toBe('{"type":"english"}');
    expect(analyzerParamsOf({})("plain")).toBe("");
  });

  test.each([
    ["{", "multi analyzer params is no JSON object: {"],
    ["[]", "multi analyzer params is no JSON object: []"],
    ["{}", "multi analyzer params now must set by_field to specify with field decide analyzer"],
    ['{"by_field": 1}', "multi analyzer params by_field must be string but now: 1"],
    ['{"by_field": "l"}', "multi analyzer params must set analyzers"],
    ['{"by_field": "l", "analyzers": []}', "unmarshal analyzers failed: they must be an object, but got: []"],
    ['{"by_field": "l", "analyzers": {"a": {}}}', "multi analyzer must set default analyzer for all unknown value"],
    [
      '{"by_field": "l", "alias": {"a": 1}, "analyzers": {"default": {}}}',
      'multi analyzer alias must be string map but now: {"a":1}',
    ],
    [
      '{"by_field": "l", "analyzers": {"default": {}, "thai": {"type": "thai"}}}',
      "analyzer thai: analyzer thai is not supported by this server: it needs a dictionary",
    ],
  ])("%s are refused", (text, reason) => {
    expect(() => multiAnalyzerOf(text)).toThrow(reason);
  });

  it("more than 64 are refused", () => {
    const names = Array.from({ length: 65 }, (_, i) => [i === 0 ? "default" : `a${i}`, {}]);
    const many = JSON.stringify({ by_field: "l", analyzers: Object.fromEntries(names) });
    expect(() => multiAnalyzerOf(many)).toThrow("a field can have 64 analyzers, but got 65");
  });
});

it("each row's text is split by the analyzer that its field names", () => {
  const fields = [
    field("id", DataType.Int64, { fieldId: 100, isPrimaryKey: true }),
    field("text", DataType.VarChar, { fieldId: 101, typeParams: { multi_analyzer_params: params } }),
    field("terms", DataType.SparseFloatVector, { fieldId: 102, isFunctionOutput: true }),
    field("language", DataType.VarChar, { fieldId: 103, nullable: true }),
  ];
  const functions = [{ name: "f", type: "bm25" as const, inputId: 101, outputId: 102, params: {} }];
  const columns = [
    undefined,
    texts(["The Dogs", "The Dogs", "The Dogs", null, "The Dogs"]),
    undefined,
    texts(["en", "plain", "??", "en", null]),
  ];
  const filled = new FunctionOutputs(collection(fields, { functions })).fill({ rowCount: 5, columns, sourceBytes: 0 });
  const { offsets, data } = filled.columns[2] as VarColumn;
  const termsOf = (row: number) => {
    const words = new Uint32Array(data.slice(offsets[row], offsets[row + 1]).buffer);
    return [...words].filter((_, i) => i % 2 === 0);
  };
  const terms = (...words: string[]) => words.map(termId).sort((a, b) => a - b);
  expect([0, 1, 2, 3, 4].map(termsOf)).toEqual([
    ...[terms("dog"), terms("the", "dogs"), terms("The", "Dogs"), [], terms("The", "Dogs")],
  ]);
});

function texts(values: readonly (string | null)[]): VarColumn {
  const cells = values.map((text) => Buffer.from(text ?? ""));
  const offsets = new Uint32Array(values.length + 1);
  for (const [i, { length }] of cells.entries()) offsets[i + 1] = offsets[i] + length;
  const validity = values.includes(null) ? Uint8Array.from(values, (text) => (text === null ? 0 : 1)) : undefined;
  return { kind: "var", offsets, data: Buffer.concat(cells), validity };
}
