import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import type { Format } from "../../../src/format.ts";
import { formatOfPath } from "../../../src/format-list.ts";
import {
  expectCutsLikeWhole,
  expectDamageIsTold,
  fixture,
  type Outcome,
  readFiles,
  refusal,
  sourcesOf,
  vectorSchema,
} from "../array-files.ts";

// Indexes that programs saved give what the programs give back: those that were not deleted, under their labels.

type ExpectedRow = { readonly id: string; readonly vector: readonly number[] };
const expected: Record<string, ExpectedRow[]> = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/expected.json"), "utf8"),
);
const file = (name: string) => ({ [name]: fixture(import.meta.dirname, name) });
const formatOf = (name: string) => formatOfPath(name) as Format;
const programOf = (name: string) => name.slice(name.lastIndexOf(".") + 1);

/** What a user has to say of a file besides. */
function optionsFor(name: string): Record<string, string> {
  const [kind, program] = name.split(".");
  if (program === "annoy") return { index_metric: kind, ...(kind === "hamming" && { index_dim: "5" }) };
  return { allow_lossy: "true" };
}

function schemaFor(name: string) {
  if (name === "b1.usearch") return vectorSchema(16, { type: DataType.BinaryVector });
  if (name === "hamming.annoy") return vectorSchema(8, { type: DataType.BinaryVector });
  return vectorSchema(5);
}

/** Bytes at the end whose loss nobody sees: nodes of annoy are as good without the last, links of a graph are not looked at. */
function unseenTail(name: string): boolean | number {
  const bytes = Buffer.from(fixture(import.meta.dirname, name));
  const headerAt = { hnswlib: 0, voyager: 19 }[programOf(name)];
  if (headerAt === undefined) return programOf(name) === "annoy";
  return bytes.length - (headerAt + 96 + 20 * (bytes.readUInt32LE(headerAt + 24) + 4));
}

const read = (name: string): Promise<Outcome> =>
  readFiles(formatOf(name), file(name), { schema: schemaFor(name), options: optionsFor(name) });

/** Components as the field has them: bits as hexadecimal digits. */
function inField(name: string, vector: readonly number[]): unknown {
  if (name === "b1.usearch") return Buffer.from(vector).toString("hex");
  if (name !== "hamming.annoy") return vector.map((value) => expect.closeTo(value, 6));
  return Buffer.of(vector.reduce((bits, bit, i) => bits | (bit << (7 - i)), 0)).toString("hex");
}

describe.each(Object.keys(expected))("%s", (name) => {
  it("gives what its program gives", async () => {
    const { rows } = await read(name);
    const sorted = [...rows].sort((a, b) => (BigInt(`${a.id}`) < BigInt(`${b.id}`) ? -1 : 1));
    expect(sorted.map(({ id, vector }) => ({ id: `${id}`, vector }))).toEqual(
      expected[name].map(({ id, vector }) => ({ id, vector: inField(name, vector) })),
    );
  });

  it("is cut between any two vectors", () =>
    expectCutsLikeWhole(formatOf(name), file(name), { schema: schemaFor(name), options: optionsFor(name) }));

  it("is described", async () => {
    const signal = new AbortController().signal;
    const { columns } = await formatOf(name).describe(await sourcesOf(file(name)), signal, optionsFor(name));
    expect(columns.map((column) => column.name)).toEqual(["vector", "id"]);
  });

  it("that is damaged is an error, or rows", () =>
    expectDamageIsTold(formatOf(name), name, file(name)[name], {
      schema: schemaFor(name),
      options: optionsFor(name),
      runs: 60,
      mayLoseTail: unseenTail(name),
    }));
});

it.each([
  ["l2.hnswlib", ["hnswlib index: 1 rows were left out, being marked as deleted in the index"]],
  ["cosine.hnswlib", [expect.stringContaining("its vectors have length 1"), expect.stringContaining("1 rows")]],
  ["cosine.voyager", [expect.stringContaining("its space is cosine"), expect.stringContaining("1 rows")]],
  ["angular.annoy", ["annoy index: 2 rows were left out, being ids that no item was added with"]],
  ["f32.usearch", ["usearch index: 1 rows were left out, being removed from the index"]],
  ["bf16.usearch", [expect.stringContaining("it keeps its vectors as bfloat16")]],
  ["l2.nmslib", []],
])("%s says what the user should know", async (name, warnings) => {
  expect((await read(name)).warnings).toEqual(warnings);
});

it.each(["float8.voyager", "e4m3.voyager", "bf16.usearch", "f16.usearch", "i8.usearch"])(
  "%s has lost bits, and is refused unless the user says otherwise",
  async (name) => {
    const { code, reason } = await refusal(formatOf(name), file(name), { schema: schemaFor(name) });
    expect([code, reason]).toEqual(["unsupported", expect.stringContaining("by the option allow_lossy=true")]);
  },
);

describe("an annoy index", () => {
  const annoy = formatOf("a.annoy");
  const refusedWith = async (options: Record<string, string>, name = "angular.annoy") =>
    (await refusal(annoy, file(name), { schema: vectorSchema(5), options })).reason;

  it("does not tell its metric", async () => {
    expect(await refusedWith({})).toContain("options.index_metric is missing");
    expect(await refusedWith({ index_metric: "cosine" })).toContain("options.index_metric is 'cosine'");
  });

  it("of another dimension than the option says is refused", async () => {
    expect(await refusedWith({ index_metric: "angular", index_dim: "6" })).toContain("do not fit it");
    expect(await refusedWith({ index_metric: "angular", index_dim: "x" })).toContain("options.index_dim must be");
  });

  it.each([
    ["angular", 32],
    ["euclidean", 36],
    ["manhattan", 36],
    ["dot", 36],
  ])(
    "that is cut short behind an item is refused, also where that has as many below it as it could: %s",
    async (metric, nodeBytes) => {
      const name = `${metric}.annoy`;
      for (let nodes = 2; nodes <= 20; nodes++) {
        const cut = { [name]: file(name)[name].subarray(0, nodes * nodeBytes) };
        const options = { index_metric: metric, index_dim: "5" };
        const { code, reason } = await refusal(annoy, cut, { schema: vectorSchema(5), options });
        expect([nodes, code, reason]).toEqual([nodes, "malformed_file", expect.stringContaining("or it is cut short")]);
      }
    },
  );

  it("that is read with another metric has another dimension than its field", async () => {
    expect(await refusedWith({ index_metric: "euclidean" })).toContain("expected dim '5' for FloatVector field");
  });
});

it("what is no index says what it is", async () => {
  const json = { "a.hnsw": Buffer.from('{"id": 1}'.padEnd(200)) };
  expect((await refusal(formatOf("a.hnsw"), json)).reason).toContain("the file is JSON");
  expect((await refusal(formatOf("a.voy"), { "a.voy": json["a.hnsw"] })).reason).toContain("format=hnswlib");
  expect((await refusal(formatOf("a.usearch"), { "a.usearch": json["a.hnsw"] })).reason).toContain("the file is JSON");
});
