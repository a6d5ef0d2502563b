import { crc32 } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import type { VarColumn } from "@sluice/columns";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import fc from "fast-check";
import { analyzerOf, FunctionOutputs, queryTerms, TokenNumbers, termId, tokensOf } from "../src/index.ts";

const TEXT = 101;
const TERMS = 102;

function schemaWith(params: string): CollectionSchema {
  const fields: FieldSchema[] = [
    field("id", DataType.Int64, { fieldId: 100, isPrimaryKey: true }),
    field("text", DataType.VarChar, { fieldId: TEXT, nullable: true, typeParams: { analyzer_params: params } }),
    field("terms", DataType.SparseFloatVector, { fieldId: TERMS, isFunctionOutput: true }),
  ];
  const functions = [{ name: "f", type: "bm25" as const, inputId: TEXT, outputId: TERMS, params: {} }];
  return collection(fields, { functions });
}

function textColumn(texts: readonly (string | null)[]): VarColumn {
  const cells = texts.map((text) => Buffer.from(text ?? ""));
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, { length }] of cells.entries()) offsets[i + 1] = offsets[i] + length;
  const validity = texts.includes(null) ? Uint8Array.from(texts, (text) => (text === null ? 0 : 1)) : undefined;
  return { kind: "var", offsets, data: Buffer.concat(cells), validity };
}

/** What the function makes of texts, row by row. */
function rowsOf(params: string, texts: readonly (string | null)[]): Buffer[] {
  const batch = { rowCount: texts.length, columns: [undefined, textColumn(texts), undefined], sourceBytes: 0 };
  const { offsets, data } = new FunctionOutputs(schemaWith(params)).fill(batch).columns[2] as VarColumn;
  return texts.map((_, row) => Buffer.from(data.slice(offsets[row], offsets[row + 1])));
}

const hexOf = (params: string, text: string | null) => rowsOf(params, [text])[0].toString("hex");

describe("counts of terms", () => {
  // Recorded from a real Milvus: around-import §4.7.
  it.each([
    ["{}", "Hello, World! hello", "86a61036000000404311773a0000803f"],
    ['{"tokenizer":"standard"}', "Hello, World! hello", "86a610360000803f8289d1f70000803f473eb6fb0000803f"],
  ])("with %s", (params, text, hex) => {
    expect(hexOf(params, text)).toBe(hex);
  });

  it.each([
    ["milvus", 725768567],
    ["Milvus", 753818689],
    ["数据", 1734835005],
  ])("the number of %s", (token, id) => {
    expect(termId(token)).toBe(id);
  });

  it("of a token the first 100 bytes count", () => {
    expect(termId(`${"a".repeat(100)}b`)).toBe(termId("a".repeat(100)));
  });

  it("null, empty text and text without tokens are empty rows, and none is null", () => {
    expect(rowsOf("", [null, "", " - ", "a"]).map(({ length }) => length)).toEqual([0, 0, 0, 8]);
  });

  it("an output that is there already stays", () => {
    const given = textColumn(["12345678"]);
    const batch = { rowCount: 1, columns: [undefined, textColumn(["a"]), given], sourceBytes: 0 };
    expect(new FunctionOutputs(schemaWith("")).fill(batch).columns[2]).toBe(given);
  });

  const words = fc.array(
    fc.oneof(fc.constantFrom("the", "Fox", "fox", "数据", "Ünï", "-"), fc.string({ unit: "grapheme" })),
  );
  it.each(["", '{"type":"english"}', '{"tokenizer":"whitespace","filter":["asciifolding"]}'])(
    "of any texts those of a plain count, with %j",
    (params) => {
      fc.assert(
        fc.property(fc.array(words), (lists) => {
          const texts = lists.map((list) => list.join(" "));
          expect(rowsOf(params, texts)).toEqual(texts.map((text) => plainCount(params, text)));
        }),
        { numRuns: 50 },
      );
    },
  );
});

/** The same, a map a row. */
function plainCount(params: string, text: string): Buffer {
  const counts = new Map<number, number>();
  for (const token of tokensOf(analyzerOf(params), text)) {
    const id = termId(token.text);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const row = Buffer.alloc(8 * counts.size);
  for (const [i, [term, count]] of [...counts].sort(([a], [b]) => a - b).entries()) {
    row.writeUInt32LE(term, 8 * i);
    row.writeFloatLE(count, 8 * i + 4);
  }
  return row;
}

it("texts that are searched for have the terms of rows, each its own", () => {
  const texts = ["fox dog fox", "", "the", "zebra"].map((text) => Buffer.from(text));
  const found = queryTerms('{"type":"english"}', texts).map(({ terms, counts }) => [[...terms], [...counts]]);
  const [fox, dog] = [termId("fox"), termId("dog")];
  expect(found).toEqual([
    fox < dog
      ? [
          [fox, dog],
          [2, 1],
        ]
      : [
          [dog, fox],
          [1, 2],
        ],
    [[], []],
    [[], []],
    [[termId("zebra")], [1]],
  ]);
});

describe("numbers of tokens", () => {
  it("each different token is worked out once, however often it comes, and the table grows", () => {
    const asked: string[] = [];
    const numbers = new TokenNumbers(analyzerOf(""), (token) => {
      asked.push(token);
      return crc32(token);
    });
    const text = Array.from({ length: 20_000 }, (_, i) => `word${i % 5000}`);
    const bytes = Buffer.from(text.join(" "));
    const count = numbers.scan(bytes, 0, bytes.length);
    expect(Array.from(numbers.numbers.subarray(0, count))).toEqual(text.map((token) => crc32(token)));
    expect(asked.length).toBe(5000);
  });

  it("more than is remembered is forgotten, and still right", () => {
    const numbers = new TokenNumbers(analyzerOf(""), (token) => crc32(token));
    const text = Array.from({ length: 30_000 }, (_, i) => `${i}`.padStart(200, "x"));
    const bytes = Buffer.from(text.join(" "));
    const count = numbers.scan(bytes, 0, bytes.length);
    expect(count).toBe(30_000);
    expect(numbers.numbers[29_999]).toBe(crc32(text[29_999]));
    expect(numbers.numbers[12_345]).toBe(crc32(text[12_345]));
  });
});
