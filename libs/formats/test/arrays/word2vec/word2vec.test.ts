import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import fc from "fast-check";
import { word2vecFormat } from "../../../src/arrays/word2vec/index.ts";
import {
  expectCutsLikeWhole,
  expectDamageIsTold,
  fixture,
  readFiles,
  refusal,
  sourcesOf,
  vectorSchema,
} from "../array-files.ts";

const { words, plain, vectors } = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/expected.json"), "utf8"),
) as { words: string[]; plain: string[]; vectors: number[][] };
const file = (name: string) => ({ [name]: fixture(import.meta.dirname, name) });
/** Words are the key. */
const schema = collection([
  field("name", DataType.VarChar, { isPrimaryKey: true, maxLength: 100 }),
  field("vector", DataType.FloatVector, { dim: 4 }),
]);
const rows = words.map((name, i) => ({ name, vector: vectors[i] }));
const text = (content: string) => ({ "a.vec": Buffer.from(content) });

describe.each([
  ["text.vec", words],
  ["glove.glove", words],
  ["binary.w2v", plain],
])("%s of gensim", (name, kept) => {
  it("gives words as keys, with blanks in them where the form allows it", async () => {
    const found = await readFiles(word2vecFormat, file(name), { schema });
    expect(found.rows).toEqual(rows.filter((row) => kept.includes(row.name)));
    await expectCutsLikeWhole(word2vecFormat, file(name), { schema });
  });

  it("that is damaged is an error, or other words", () =>
    expectDamageIsTold(word2vecFormat, name, file(name)[name], {
      schema,
      runs: 40,
      mayLoseTail: name !== "binary.w2v",
    }));
});

it.each([
  ["with a header", "2 4\na 1 2 3 4\nb 5 6 7 8\n"],
  ["without one", "a 1 2 3 4\nb 5 6 7 8\n"],
  ["with a tab in its header", "2\t4\na 1 2 3 4\nb 5 6 7 8\n"],
])("that an editor has begun with a byte order mark has none in its first word, %s", async (_, content) => {
  const expected = [
    { name: "a", vector: [1, 2, 3, 4] },
    { name: "b", vector: [5, 6, 7, 8] },
  ];
  for (const mark of ["", "\ufeff"])
    expect((await readFiles(word2vecFormat, text(mark + content), { schema })).rows).toEqual(expected);
  await expectCutsLikeWhole(word2vecFormat, text(`\ufeff${content}`), { schema });
});

it("whose keys are numbers gives the number of the row, and the word to a field of that name", async () => {
  const more = [field("word", DataType.VarChar, { maxLength: 100 })];
  const found = await readFiles(word2vecFormat, file("text.vec"), { schema: vectorSchema(4, { more }) });
  expect(found.rows).toEqual(words.map((word, id) => ({ id, vector: vectors[id], word })));
  const without = await readFiles(word2vecFormat, file("text.vec"), { schema: vectorSchema(4) });
  expect(without.rows).toEqual(words.map((_, id) => ({ id, vector: vectors[id] })));
  expect(without.warnings[0]).toContain("'word' was not imported");
});

describe("a binary file with a blank in a word, as gensim writes it", () => {
  const binary = (...written: string[]) => ({
    "a.w2v": Buffer.concat([
      Buffer.from(`${written.length} 4\n`),
      ...written.flatMap((word) => [Buffer.from(`${word} `), Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)]),
    ]),
  });

  it.each([
    ["new york", "b", "c"],
    ["b", "new york", "c"],
  ])("is refused by the bytes in the word behind it: %s, %s, %s", async (...written) => {
    const { reason, at } = await refusal(word2vecFormat, binary(...written), { schema });
    expect(reason).toContain("has the byte 0x00: in binary files a word ends at its first blank");
    expect(at).toMatchObject({ row: written.indexOf("new york") + 1 });
  });

  it("is refused by what is left where it is the last", async () => {
    const { reason } = await refusal(word2vecFormat, binary("b", "new york"), { schema });
    expect(reason).toContain("something stands behind its last word");
  });

  it("differs from one that ends with a line feed", async () => {
    const files = { "a.w2v": Buffer.concat([binary("b", "c")["a.w2v"], Buffer.from("\n")]) };
    expect((await readFiles(word2vecFormat, files, { schema })).rows).toHaveLength(2);
  });
});

it("is described", async () => {
  const found = await word2vecFormat.describe(await sourcesOf(file("glove.glove")), new AbortController().signal);
  expect(found).toMatchObject({
    rowCount: 7,
    columns: [
      { name: "word", dataType: DataType.VarChar },
      { name: "vector", dataType: DataType.FloatVector, dim: 4 },
    ],
  });
});

it("numbers may be written as no JSON has them, and blanks stand at the end of lines", async () => {
  const { rows: found } = await readFiles(word2vecFormat, text("2 4\nx .5 +1 2. 1E2 \r\n\ny\t1\t2\t3\t4\n"), {
    schema,
  });
  expect(found).toEqual([
    { name: "x", vector: [0.5, 1, 2, 100] },
    { name: "y", vector: [1, 2, 3, 4] },
  ]);
});

it.each<[string, string, RegExp]>([
  ["fewer words than the first line tells", "3 4\nx 1 2 3 4\n", /tells 3 words, and it has 1/],
  ["more words than the first line tells", "1 4\nx 1 2 3 4\ny 1 2 3 4\n", /tells 1 words, and it has 2/],
  ["a short line", "x 1 2 3 4\ny 1 2 3\n", /a line has no word and 4 numbers/],
  ["a dimension of nobody", "3 99999\nx 1", /tells a dimension of 99999/],
  ["something else", '{"a": 1}\n', /neither ROWS and DIMENSION nor a word and numbers.*JSON/],
])("refuses %s", async (_, content, words) => {
  const { code, reason } = await refusal(word2vecFormat, text(content), { schema });
  expect([code, reason]).toEqual(["malformed_file", expect.stringMatching(words)]);
});

it("puts rows with what is no number aside", async () => {
  const content = text("x 1 2 3 4\ny 1 nan 3 4\nz 1 2 3 4\nw 1 2 oops 4\n");
  const { rows: found, rejected } = await readFiles(word2vecFormat, content, { schema, goesOn: true });
  expect(found.map(({ name }) => name)).toEqual(["x", "z"]);
  expect(rejected.map(({ at }) => at?.row)).toEqual([1, 3]);
});

it("gives the float32 that is nearest to the text", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 30 }),
      async (values) => {
        const content = values.map((value, i) => `w${i} ${value} 0 0 ${-value}\n`).join("");
        const found = await readFiles(word2vecFormat, text(content), { schema });
        expect(found.rows.map(({ vector }) => (vector as number[])[0] + 0)).toEqual(values.map((value) => value + 0));
      },
    ),
    { numRuns: 50, seed: 2 },
  ));
