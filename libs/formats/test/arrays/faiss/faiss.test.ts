import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { faissFormat } from "../../../src/arrays/faiss/index.ts";
import {
  expectCutsLikeWhole,
  expectDamageIsTold,
  fixture,
  readFiles,
  refusal,
  sourcesOf,
  vectorSchema,
} from "../array-files.ts";

const shared = join(import.meta.dirname, "../../../../../test/fixtures/faiss");
const index = (name: string) => ({ "a.index": new Uint8Array(readFileSync(join(shared, `${name}.index`))) });
const own = (name: string) => ({ "a.faiss": fixture(import.meta.dirname, `${name}.faiss`) });
const reconstructed = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/expected.json"), "utf8"));
const schema = vectorSchema(8);
const lossy = { allow_lossy: "true" };

describe("quantized vectors", () => {
  it.each(Object.keys(reconstructed).filter((name) => !name.includes("pq")))(
    "of %s are imported as faiss reconstructs them, where the option says so",
    async (name) => {
      const reading = { schema: vectorSchema(6), options: lossy };
      const { rows, warnings } = await readFiles(faissFormat, own(name), reading);
      const close = (vector: number[]) => vector.map((value) => expect.closeTo(value, 5));
      expect(rows).toEqual(reconstructed[name].map((vector: number[], id: number) => ({ id, vector: close(vector) })));
      expect(warnings[0]).toMatch(/^FAISS index: its vectors were (rounded|quantized) to /);
      await expectCutsLikeWhole(faissFormat, own(name), reading);
    },
  );

  it("are refused without it", async () => {
    const { code, reason, at } = await refusal(faissFormat, own("8bit"), { schema: vectorSchema(6) });
    expect(code).toBe("unsupported");
    expect(reason).toContain("its vectors are quantized to 8 bits a component, with fewer bits than were put in");
    expect(reason).toContain("allow_lossy=true");
    expect(at).toEqual({ file: "a.faiss" });
  });

  it.each(["refine-pq", "ivf-pq-refine"])(
    "whose index keeps the vectors as well (%s) are left for those",
    async (name) => {
      const { rows } = await readFiles(faissFormat, own(name), { schema: vectorSchema(6) });
      expect(rows.length).toBe(40);
      expect(rows).toEqual(reconstructed[name].map((vector: number[], id: number) => ({ id, vector })));
    },
  );
});

it.each(["flat-l2", "idmap-flat", "ivf-flat-ids", "ivf-sparse-lists", "idmap-ivf", "hnsw"])(
  "%s is cut between any two vectors",
  (name) => expectCutsLikeWhole(faissFormat, index(name), { schema }),
);

it.each(["nsg", "nndescent"])("the vectors of a graph (%s) are those of its storage, in parts too", async (name) => {
  const reading = { schema: vectorSchema(6) };
  const vector = (i: number) => [0, 1, 2, 3, 4, 5].map((k) => ((i * (k + 3) * 37) % 101) / 8);
  const rows = Array.from({ length: 150 }, (_, i) => ({ id: i, vector: vector(i) }));
  expect(await readFiles(faissFormat, own(name), reading)).toMatchObject({ rows });
  await expectCutsLikeWhole(faissFormat, own(name), reading);
  await expectDamageIsTold(faissFormat, "a.faiss", own(name)["a.faiss"], reading);
});

it("vectors that an index keeps once (IVFFlatDedup) are rows for each of their ids", async () => {
  const reading = { schema: vectorSchema(6) };
  const vector = (i: number) => [0, 1, 2, 3, 4, 5].map((k) => ((i * (k + 3) * 37) % 101) / 8);
  const of = (row: number) => (row < 40 ? row : row < 47 ? row - 40 : 3);
  const rows = Array.from({ length: 48 }, (_, i) => ({ id: 3 * i - 20, vector: vector(of(i)) }));
  const found = await readFiles(faissFormat, own("dedup"), reading);
  expect(found.rows.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual(rows);
  await expectCutsLikeWhole(faissFormat, own("dedup"), reading);
  await expectDamageIsTold(faissFormat, "a.faiss", own("dedup")["a.faiss"], reading);
});

it("ids are left out where keys are made, and that is said if they were given", async () => {
  const automatic = vectorSchema(8, { key: { autoId: true } });
  expect((await readFiles(faissFormat, index("flat-l2"), { schema: automatic })).warnings).toEqual([]);
  const { rows, warnings } = await readFiles(faissFormat, index("idmap-flat"), { schema: automatic });
  expect(Object.keys(rows[0])).toEqual(["vector"]);
  expect(warnings).toEqual([
    "FAISS index: 'id' was not imported: the primary key does not come from it; fields_mapping can name a field for it",
  ]);
});

it("positions are no keys where the import has other files; ids that were given are", async () => {
  const { reason } = await refusal(faissFormat, index("flat-l2"), { schema, isOneOfSeveral: true });
  expect(reason).toContain("would be the number of the row in its file");
  expect((await readFiles(faissFormat, index("idmap-flat"), { schema, isOneOfSeveral: true })).rows.length).toBe(120);
});

it("a metric that collections do not have is told", async () => {
  const { warnings } = await readFiles(faissFormat, index("flat-lp"), { schema });
  expect(warnings).toEqual(["FAISS index: its metric (number 4 of FAISS) is none of a collection's: choose one"]);
});

it("bytes behind the index are told", async () => {
  const bytes = Buffer.concat([index("flat-l2")["a.index"], Buffer.alloc(7)]);
  const { warnings } = await readFiles(faissFormat, { "a.index": bytes }, { schema });
  expect(warnings).toEqual(["FAISS index: 7 bytes behind its end were not read"]);
});

it("an index is described by what it holds", async () => {
  const found = await faissFormat.describe(await sourcesOf(index("binary-idmap")), new AbortController().signal);
  expect(found).toMatchObject({
    rowCount: 120,
    columns: [
      { name: "vector", type: "|u1 (120, 4)", dim: 32 },
      { name: "id", type: "<i8 (120)" },
    ],
  });
});

it.each([
  ["null", "it was saved without the vectors"],
  ["IwPf", "approximations"],
  ["ISVF", "an index of SVS is not read"],
  ["IxPT", "it holds transformed vectors"],
  ["Ix??", "it is no FAISS index"],
])("%s is refused with what it is", async (fourcc, words) => {
  const bytes = Buffer.concat([Buffer.from(fourcc), Buffer.alloc(100)]);
  expect((await refusal(faissFormat, { "a.index": bytes }, { schema })).reason).toContain(words);
});

it("indexes in indexes without end are refused", async () => {
  const level = Buffer.alloc(37);
  level.write("IxMp");
  level.writeInt32LE(8, 4);
  const bytes = Buffer.concat(Array.from({ length: 10_000 }, () => level));
  expect((await refusal(faissFormat, { "a.index": bytes }, { schema })).reason).toContain("lie in each other");
});

describe("damage is told", () => {
  it.each(["idmap-flat", "ivf-flat-ids", "idmap-ivf", "hnsw", "binary-ivf"])("in %s", (name) =>
    expectDamageIsTold(faissFormat, "a.index", index(name)["a.index"], {
      schema: name.startsWith("binary") ? vectorSchema(32) : schema,
      runs: 150,
    }),
  );
});
