import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import {
  MILVUS1_COLUMNS,
  type Milvus1Collection,
  useRest,
  useServer,
  writeMilvus1,
  writeMilvus1Dump,
  writeMilvus1Sqlite,
} from "../support/index.ts";

const fixture = useServer({ compactionInterval: "0s" });
const rest = useRest(fixture);

const floats = (first: number, count: number) => ({
  ids: Array.from({ length: count }, (_, i) => 2n ** 60n + BigInt(first + i)),
  vectors: Array.from({ length: count }, (_, i) => [first + i, 0.5, -1, 2]),
});

const faces: Milvus1Collection = {
  name: "faces",
  dimension: 4,
  metric: 2,
  engine: 11,
  indexParams: '{"M":16,"efConstruction":100,"note":"it\'s"}',
  partitions: {
    "": [
      { id: "1600000000000000001", ...floats(0, 100), deleted: [] },
      { id: "1600000000000000002", ...floats(100, 50), deleted: [49, 3, 3, 0], fileType: 7 },
      // An index file, and one that a merge has replaced: their rows are in others.
      { id: "1600000000000000003", ...floats(0, 100), fileType: 4 },
    ],
    "2020 müde": [{ id: "1600000000000000004", ...floats(500, 10), deleted: [], fileType: 2 }],
  },
};

const prints: Milvus1Collection = {
  name: "prints",
  dimension: 16,
  metric: 5,
  engine: 9,
  partitions: {
    "": [
      {
        id: "1600000000000000005",
        ids: [-1n, 7n, 7n],
        vectors: [
          [1, 255],
          [2, 254],
          [3, 253],
        ],
      },
    ],
  },
};

const restore = async (body: object) => {
  const { code, message, data } = await rest.post("restore", body);
  return code === 0 ? data.collections : Promise.reject(new Error(message));
};

it.each([
  ["SQLite", writeMilvus1Sqlite],
  ["MySQL, as a dump", writeMilvus1Dump],
])(
  "a data folder of Milvus 1.x with its meta in %s becomes collections: deletes applied, ids and bits kept",
  async (what, writeMeta) => {
    const { client, importRoot } = fixture;
    const name = what.slice(0, 6);
    const folder = join(importRoot, name);
    await writeMeta(folder, await writeMilvus1(folder, [faces, prints]));
    await mkdir(join(folder, "wal"));
    await writeFile(join(folder, "wal/0.wal"), "rows that nobody has flushed");
    const restored = await restore({ path: name });
    expect(restored).toMatchObject([
      { source: "default.faces", rows: 157 },
      { source: "default.prints", rows: 3, warnings: [expect.stringContaining("TANIMOTO became JACCARD")] },
    ]);
    for (const { jobId } of restored) {
      const job = await client.waitFor(BigInt(jobId));
      expect(job).toMatchObject({ isCompleted: true });
      expect((await rest.post("describe", { jobId })).data.warnings.join()).toContain("flush in Milvus before copying");
    }
    expect(await client.count("faces")).toBe(157);
    expect(await client.count("faces", "", ["_2020_m_de"])).toBe(10);
    expect(
      await client.query("faces", `id in [${2n ** 60n + 100n}, ${2n ** 60n + 101n}, ${2n ** 60n + 103n}]`, ["data"]),
    ).toEqual([{ id: 2n ** 60n + 101n, data: [101, 0.5, -1, 2] }]);
    expect(await client.query("prints", "id < 100", ["data"])).toEqual([
      { id: -1n, data: Buffer.from([1, 255]) },
      { id: 7n, data: expect.any(Buffer) },
    ]);
    // Milvus 1.x keeps what is inserted twice, and so does the import; reads answer one row of a key.
    expect(await client.state(BigInt(restored[1].jobId))).toMatchObject({ rowCount: 3 });
    const { indexDescriptions } = await client.raw.describeIndex(
      milvus.DescribeIndexRequest.fromPartial({ collectionName: "faces" }),
    );
    const params = Object.fromEntries(indexDescriptions[0].params.map(({ key, value }) => [key, value]));
    expect(params).toMatchObject({ index_type: "HNSW", metric_type: "IP" });
    for (const collection of ["faces", "prints"]) await client.dropCollection(collection);
  },
);

it("of rows with one id the last is kept where somebody asks for it", async () => {
  const { client, importRoot } = fixture;
  const folder = join(importRoot, "doubles");
  const again = { ...prints, name: "doubles" };
  await writeMilvus1Dump(folder, await writeMilvus1(folder, [again]));
  const [{ jobId }] = await restore({ path: "doubles", options: { on_duplicate: "last" } });
  expect(await client.waitFor(BigInt(jobId))).toMatchObject({ isCompleted: true, rowCount: 2 });
  expect(await client.query("doubles", "id == 7", ["data"])).toEqual([{ id: 7n, data: Buffer.from([3, 253]) }]);
});

it.each<[what: string, change: (segment: string, folder: string) => Promise<unknown>, reason: RegExp]>([
  ["vectors that are cut short", (segment) => truncate(`${segment}.rv`, 100), /it announces 1600 bytes, and 92 follow/],
  ["ids that are cut short", (segment) => truncate(`${segment}.uid`, 3), /it ends inside the number of its bytes/],
  [
    "an offset beyond the rows",
    (segment) => writeFile(join(segment, "../deleted_docs"), Buffer.from("0400000000000000ff000000", "hex")),
    /it deletes row 255 of 100/,
  ],
])("a segment with %s fails its job, with the file", async (what, change, reason) => {
  const { client, importRoot } = fixture;
  const name = what.replaceAll(" ", "_");
  const folder = join(importRoot, name);
  const only = { ...faces, name, partitions: { "": faces.partitions[""].slice(0, 1) } };
  await writeMilvus1Dump(folder, await writeMilvus1(folder, [only]));
  const id = faces.partitions[""][0].id;
  await change(join(folder, "db/tables", name, id, id), folder);
  const [{ jobId }] = await restore({ path: name });
  const { reason: found } = await client.waitFor(BigInt(jobId));
  expect(found).toMatch(reason);
  expect(found).toContain(`db/tables/${name}/${id}/`);
});

it("is imported with a warning where its meta store counts other rows than its files have", async () => {
  const { client, importRoot } = fixture;
  const folder = join(importRoot, "counted");
  const only = { ...faces, name: "counted", partitions: { "": faces.partitions[""].slice(0, 1) } };
  await writeMilvus1Dump(folder, await writeMilvus1(folder, [only]));
  const id = faces.partitions[""][0].id;
  const deletedDocs = join(folder, "db/tables/counted", id, "deleted_docs");
  await writeFile(deletedDocs, Buffer.from("08000000000000000500000005000000", "hex"));
  const [{ jobId }] = await restore({ path: "counted" });
  expect(await client.waitFor(BigInt(jobId))).toMatchObject({ isCompleted: true, rowCount: 99 });
  expect((await rest.post("describe", { jobId })).data.warnings.join()).toContain(
    "the meta store says 100 rows that are not deleted, and the files have 99",
  );
});

it("is imported also where its meta store counts deletes of one row twice, and thinks that none is left", async () => {
  const folder = join(fixture.importRoot, "uncounted");
  const two = { ids: [1n, 2n], vectors: [[1, 2], [3, 4]], deleted: [1, 1] }; // biome-ignore format: one line
  const { tables, files } = await writeMilvus1(folder, [{ name: "uncounted", dimension: 2, metric: 1, partitions: { "": [{ id: "17", ...two }] } }]); // biome-ignore format: one line
  const counted = files.map((row) =>
    row.map((value, i) => (MILVUS1_COLUMNS.TableFiles[i] === "row_count" ? 0 : value)),
  );
  await writeMilvus1Dump(folder, { tables, files: counted });
  const [{ jobId }] = await restore({ path: "uncounted" });
  expect(await fixture.client.waitFor(BigInt(jobId))).toMatchObject({ isCompleted: true });
  expect(await fixture.client.query("uncounted", "id > 0", ["data"])).toEqual([{ id: 1n, data: [1, 2] }]);
});

it("has no timestamps that rows could be chosen by", async () => {
  await writeMilvus1Dump(join(fixture.importRoot, "timeless"), await writeMilvus1(join(fixture.importRoot, "timeless"), [{ ...prints, name: "timeless" }])); // biome-ignore format: one line
  const options = { end_ts: String(Date.now()) };
  await expect(restore({ path: "timeless", options })).rejects.toThrow("rows of Milvus 1.x have no timestamps");
});

it("is refused for files that are missing, a meta store of another Milvus, and one that breaks off", async () => {
  const { importRoot } = fixture;
  const folder = join(importRoot, "broken");
  const rows = await writeMilvus1(folder, [{ ...faces, name: "broken" }]);
  const more = { ...rows, files: [...rows.files, [99, "broken", "77", 1, "77", 1, 0, 5, 1, 1, 1, 0]] };
  await writeMilvus1Dump(folder, more);
  await expect(restore({ path: "broken" })).rejects.toThrow(
    "files that the meta store names are not there: 77/77.uid, 77/77.rv",
  );
  await writeFile(join(folder, "db/meta.sql"), "CREATE TABLE `Tables` (\n  `id` int,\n  `table_id` text\n);\n");
  await expect(restore({ path: "broken" })).rejects.toThrow("this is no meta store of Milvus 0.7 to 1.1");
  await writeFile(
    join(folder, "db/meta.sql"),
    "CREATE TABLE `Tables` (\n  `id` int\n);\nINSERT INTO `Tables` VALUES (1),('a",
  );
  await expect(restore({ path: "broken" })).rejects.toThrow("the MySQL dump is damaged: a text breaks off");
});

it("is refused for a damaged SQLite meta store, with the place", async () => {
  const { client, importRoot } = fixture;
  const folder = join(importRoot, "damaged");
  await writeMilvus1Sqlite(folder, await writeMilvus1(folder, [{ ...faces, name: "damaged" }]));
  await truncate(join(folder, "db/meta.sqlite-wal"), 5000);
  await expect(restore({ path: "damaged" })).rejects.toThrow("this is no meta store of Milvus");
  await writeFile(join(folder, "db/meta.sqlite"), Buffer.alloc(8192, 7));
  await expect(restore({ path: "damaged" })).rejects.toThrow(
    /it does not begin with 'SQLite format 3'.*db\/meta.sqlite/,
  );
  expect((await client.raw.hasCollection(milvus.HasCollectionRequest.fromPartial({ collectionName: "damaged" }))).value).toBe(false); // biome-ignore format: one call
});
