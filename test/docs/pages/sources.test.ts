import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { bookFields, type FieldSpec, hasAll, pythonOf, useRest, useServer } from "../../support/index.ts";
import { adapt, Page, root, runAsUser } from "../blocks.ts";

// Pages of docs/sources that have no test of their own: every command imports what the page says.

const fixture = useServer();
const rest = useRest(fixture);
const folder = join(root, "docs/sources");
const names = readdirSync(folder).map((file) => file.replace(/\.md$/, ""));

/** What a page imports: words of a block, and the rows that come of it. */
interface Sample {
  readonly name: string;
  /** Words of the Python that writes the files, for which index libraries are needed. */
  readonly writer?: string;
  readonly imports: readonly (readonly [words: string, rows: number])[];
  /** What one of the warnings says. */
  readonly warning?: string;
}

const samples: readonly Sample[] = [
  { name: "annoy", imports: [["index.annoy", 18]] },
  {
    name: "arrays",
    imports: [
      ["id.ibin", 3],
      ["id.json", 3],
    ],
  },
  { name: "avro", imports: [["books.avro", 20]] },
  { name: "bins", imports: [["crop_nb_3", 3]] },
  { name: "chroma", imports: [["chroma/", 21]] },
  { name: "faiss", writer: "write_index", imports: [["import/create", 3]] },
  { name: "hdf5", writer: "create_dataset", imports: [["import/create", 3]] },
  {
    name: "hnswlib",
    imports: [["index.bin", 19]],
    warning: "1 rows were left out, being marked as deleted in the index",
  },
  { name: "lance", imports: [["books.lance/", 2500]] },
  {
    name: "milvus-lite",
    imports: [
      ["milvus-lite.db/", 21],
      ["milvus-lite-2.db", 5],
    ],
  },
  { name: "ngt", imports: [["ngt/obj", 19]] },
  { name: "nmslib", imports: [["index.nmslib.dat", 20]] },
  {
    name: "numpy",
    writer: "np.savez",
    imports: [
      ['"vector.npy"]', 3],
      ['"both.npz"]', 3],
    ],
  },
  { name: "postgresql", imports: [["items.tsv", 2]] },
  { name: "qdrant", imports: [["qdrant/", 2]] },
  { name: "safetensors", writer: "save_file", imports: [["import/create", 3]] },
  { name: "sql", imports: [["shelf.sql", 2]] },
  { name: "sqlite", imports: [["shelf.db", 3]] },
  { name: "sqlite-vec", imports: [["sqlite-vec.db", 18]] },
  { name: "usearch", writer: "index.save", imports: [["import/create", 3]] },
  { name: "vecs", imports: [["vector.fvecs", 3]] },
  { name: "voyager", writer: "index.save", imports: [["import/create", 3]] },
  { name: "word2vec", imports: [["words.vec", 2]] },
  { name: "zarr", imports: [["emb.zarr", 3]] },
];

beforeAll(async () => {
  await createCollections();
  await copyFiles();
});

describe("docs/sources", () => {
  it("lists every page, and leads nowhere else", () => {
    const links = [...readFileSync(join(folder, "README.md"), "utf8").matchAll(/\(([\w-]+)\.md\)/g)];
    expect(new Set(links.map(([, name]) => name))).toEqual(new Set(names.filter((name) => name !== "README")));
  });

  it.each(names)("%s: links lead to pages and headings that exist", (name) => {
    const file = join(folder, `${name}.md`);
    for (const [, link] of readFileSync(file, "utf8").matchAll(/\]\(([^)]+)\)/g)) {
      const [path, anchor] = link.split("#");
      const target = join(dirname(file), path);
      expect({ link, isThere: existsSync(target) }).toEqual({ link, isThere: true });
      if (anchor) expect(anchorsOf(readFileSync(target, "utf8"))).toContain(anchor);
    }
  });

  it("has blocks in no page that nobody runs", () => {
    const tested = samples.map(({ name }) => name);
    const others = names.filter((name) => !tested.includes(name) && !existsSync(testOf(name)));
    expect(others.filter((name) => new Page(`docs/sources/${name}.md`).left.length > 0)).toEqual([]);
  });

  for (const sample of samples) {
    const test = sample.writer === undefined || hasAll("indexes") ? it : it.skip;
    test(`${sample.name} runs as written`, () => runPage(sample));
  }

  it("says truly what has become of the rows", async () => {
    const { client } = fixture;
    expect(await client.count("lite2", "title == 'new' and words[0] == 'é' and int16 == -300 and lang == 'de'")).toBe(
      1,
    );
    expect(await client.count("lite", "id in [3, 4, 10]")).toBe(0);
    expect(await client.count("items", "title == 'a tab: \\t'")).toBe(1);
    expect(await client.count("words", "word == 'new york'")).toBe(1);
    expect(await client.count("books", "title == 'book 2'")).toBe(1);
    expect(await client.count("vectors", "id in [20, 30, 50, 60, 70, 80, 90]")).toBe(7);
  });
});

const testOf = (name: string) => join(root, `test/docs/pages/sources/${name}.test.ts`);

/** Names of the headings of a page, as links have them. */
function anchorsOf(text: string): string[] {
  const heads = [...text.matchAll(/^#+ (.*)$/gm)];
  return heads.map(([, head]) =>
    head
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
}

async function runPage({ name, writer, imports, warning = "" }: Sample): Promise<void> {
  const { server, importRoot } = fixture;
  const page = new Page(`docs/sources/${name}.md`);
  if (writer) await runAsUser(pythonOf("indexes"), ["-c", page.block(writer)], importRoot);
  for (const [words, importedRows] of imports) {
    const text = adapt(page.block(words), { "localhost:19530": server.address });
    const answer = JSON.parse(await runAsUser("sh", ["-ec", text], importRoot));
    expect(answer).toMatchObject({ code: 0 });
    const job = await rest.ended(answer.data.jobId);
    expect(job).toMatchObject({ state: "Completed", importedRows });
    expect(`${JSON.stringify(job.warnings)}`).toContain(warning);
  }
  expect(page.left).toEqual([]);
}

async function createCollections(): Promise<void> {
  const { id, title, vector } = bookFields;
  const text = { ...id, type: DataType.VarChar, maxLength: 64 };
  const of = (name: string, ...fields: FieldSpec[]) => fixture.client.createCollection({ name, fields, dynamic: true });
  await fixture.client.createCollection({ name: "vectors", fields: [id, { ...vector, dim: 5 }] });
  await fixture.client.createCollection({ name: "shelf", fields: [id, { ...vector, dim: 8 }, title] });
  await fixture.client.createCollection({ name: "items", fields: [id, title, vector] });
  await fixture.client.createCollection({
    name: "words",
    fields: [
      { ...text, name: "word" },
      { ...vector, dim: 3 },
    ],
  });
  await of("texts", text, vector);
  await of("points", id, { ...vector, dim: 3 });
  await of("lite", id, { ...vector, name: "v" });
  await of("lite2", id, { ...vector, name: "v" }, { name: "sparse", type: DataType.SparseFloatVector });
  await of("books", id, vector);
}

/** Files whose programs are not installed here, under the names that the pages give them. */
async function copyFiles(): Promise<void> {
  const { importRoot } = fixture;
  const arrays = join(root, "libs/formats/test/arrays");
  await cp(join(root, "test/fixtures/stores"), importRoot, { recursive: true });
  await cp(join(root, "test/fixtures/avro/spark.avro"), join(importRoot, "books.avro"));
  await mkdir(join(importRoot, "ngt"));
  const copied = { "l2.hnswlib": "index.bin", "euclidean.annoy": "index.annoy", "l2.nmslib": "index.nmslib.dat" };
  for (const [file, name] of Object.entries({ ...copied, "l2.ngt": "ngt/obj" }))
    await cp(join(arrays, "indexes/fixtures", file), join(importRoot, name));
  const archive = join(arrays, "lance/fixtures/appended.zip");
  await runAsUser("python3", ["-m", "zipfile", "-e", archive, "books.lance"], importRoot);
}
