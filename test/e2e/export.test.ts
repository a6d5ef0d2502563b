import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { DataType, dataTypeName } from "@sluice/schema";
import {
  bookCollection,
  bookOf,
  books,
  type CollectionSpec,
  eventually,
  useRest,
  useServer,
} from "../support/index.ts";

const out = mkdtempSync(join(tmpdir(), "sluice-export-"));
afterAll(() => rm(out, { recursive: true, force: true }));
const fixture = useServer({ exportRoot: `out=${out}`, importRoot: out, exportFileSize: "64KB", flushSize: "64KB" });

const { post, ended, run } = useRest(fixture, "export");

/** Exports, and answers the job with its manifest and folder. */
async function exportAll(collectionName: string, more: object = {}) {
  const job = await run({ collectionName, to: "out://deep/folder", ...more });
  if (job.state === "Failed") throw new Error(job.reason);
  const folder = join(out, job.to.slice("out://".length));
  const manifest = JSON.parse(await readFile(join(folder, "_manifest.json"), "utf8"));
  return { job, folder, manifest };
}

const fields: CollectionSpec["fields"] = [
  { name: "id", type: DataType.Int64, key: true },
  { name: "flag", type: DataType.Bool },
  { name: "i8", type: DataType.Int8 },
  { name: "i64", type: DataType.Int64 },
  { name: "f", type: DataType.Float },
  { name: "text", type: DataType.VarChar, maxLength: 100 },
  { name: "json", type: DataType.JSON },
  { name: "geo", type: DataType.Geometry },
  { name: "at", type: DataType.Timestamptz },
  { name: "fv", type: DataType.FloatVector, dim: 3 },
  { name: "bv", type: DataType.BinaryVector, dim: 16 },
  { name: "hv", type: DataType.Float16Vector, dim: 2 },
  { name: "iv", type: DataType.Int8Vector, dim: 4 },
];
const ragged: CollectionSpec["fields"] = [
  { name: "words", type: DataType.Array, element: DataType.VarChar, capacity: 4, maxLength: 20 },
  { name: "sv", type: DataType.SparseFloatVector },
  { name: "maybe", type: DataType.Int32, nullable: true },
];

function rowOf(i: number) {
  return {
    ...{ id: 2n ** 62n + BigInt(i), flag: i % 2 === 0, i8: i % 128, i64: -(2n ** 63n) + BigInt(i), f: i / 3 },
    ...{ text: `é漢🚀\n"${i}`, json: { a: [1, null], i }, geo: `POINT (${i} -1.5)`, at: "2024-01-02T03:04:05.000001Z" },
    ...{ fv: [i, -0.5, 1e30], bv: [i % 256, 255], hv: [1, -2], iv: [-128, 127, 0, i % 100], extra: [i] },
  };
}

describe("an export that is imported again is the same", () => {
  it.each(["parquet", "jsonl", "numpy"])("as %s", async (format) => {
    const { client, files } = fixture;
    const [from, to] = [`from_${format}`, `to_${format}`];
    const more = format === "numpy" ? [] : ragged;
    for (const name of [from, to])
      await client.createCollection({ name, fields: [...fields, ...more], dynamic: true, shards: 2 });
    const rows = Array.from({ length: 500 }, (_, i) => ({
      ...rowOf(i),
      ...(format !== "numpy" && {
        words: ["a", "b"].slice(i % 3),
        sv: { 5: 0.5, [i + 9]: 1 },
        maybe: i % 2 ? i : null,
      }),
    }));
    await client.importAndWait(from, await files.jsonl(`${from}.jsonl`, rows));
    const { job, folder, manifest } = await exportAll(from, { format });
    expect(job).toMatchObject({
      state: "Completed",
      progress: 100,
      exportedRows: 500,
      format,
      files: manifest.files.length,
    });
    const extension = format === "numpy" ? "npy" : format;
    const paths: string[] = manifest.files.map(({ path }: { path: string }) => join(folder, path));
    expect(paths.every((path) => path.endsWith(`.${extension}`))).toBe(true);
    await client.importAndWait(to, [`${folder}/`]);
    expect(await client.query(to, "id > 0", ["*"])).toEqual(await client.query(from, "id > 0", ["*"]));
    expect(await client.count(to)).toBe(500);
    if (format !== "parquet") return;
    // Its files say which types their columns had, for whoever has a collection made of them.
    const { data } = await useRest(fixture).post("inspect", { files: [paths.slice(0, 1)] });
    const { fields: proposed, enableDynamicField, unsupported } = data.files[0].schema;
    const typesOf = (of: readonly { fieldName: string; dataType: string }[]) =>
      Object.fromEntries(of.map(({ fieldName, dataType }) => [fieldName, dataType]));
    const declared = [...fields, ...ragged].map(({ name, type }) => ({
      fieldName: name,
      dataType: dataTypeName(type),
    }));
    expect({ enableDynamicField, unsupported }).toEqual({ enableDynamicField: true, unsupported: [] });
    expect(typesOf(proposed)).toEqual(typesOf(declared));
    expect(proposed.find(({ fieldName }: { fieldName: string }) => fieldName === "hv").elementTypeParams.dim).toBe("2");
  });
});

describe("zeros of an export", () => {
  it.each(["parquet", "jsonl"])("keep their sign, as %s", async (format) => {
    const { client, files } = fixture;
    const halves = [DataType.Float16Vector, DataType.BFloat16Vector].map((type) => ({
      name: `v${type}`,
      type,
      dim: 2,
    }));
    const lists = [DataType.Float, DataType.Double].flatMap((type) => [
      { name: `n${type}`, type },
      { name: `a${type}`, type: DataType.Array, element: type, capacity: 2 },
    ]);
    const vectors = [{ name: "v", type: DataType.FloatVector, dim: 2 }, ...halves];
    const spec = [{ name: "id", type: DataType.Int64, key: true }, ...lists, ...vectors];
    const [from, to] = [`zeros_${format}`, `zeros_back_${format}`];
    for (const name of [from, to]) await client.createCollection({ name, fields: spec });
    const values = spec.slice(1).map(({ name }) => `"${name}": ${name.startsWith("n") ? "-0.0" : "[-0.0, 0.0]"}`);
    await client.importAndWait(from, [await files.write(`${from}.jsonl`, `{"id": 1, ${values.join(", ")}}\n`)]);
    const { folder } = await exportAll(from, { format });
    await client.importAndWait(to, [`${folder}/`]);
    const [row] = await client.query(to, "id > 0", ["*"]);
    expect(row).toMatchObject({ n10: -0, n11: -0, a10: [-0, 0], a11: [-0, 0], v: [-0, 0] });
    expect([row]).toEqual(await client.query(from, "id > 0", ["*"]));
  });
});

describe("a backup", () => {
  it("is restored by its meta files: collection, partitions, indexes and rows", async () => {
    const { client, files } = fixture;
    await client.createCollection({ name: "kept", fields: [...fields, ...ragged], dynamic: true, shards: 2 });
    await client.createPartition("kept", "new");
    const rows = (from: number) =>
      Array.from({ length: 100 }, (_, i) => ({ ...rowOf(from + i), words: ["a"], sv: { 7: 1 }, maybe: null }));
    await client.importAndWait("kept", await files.jsonl("kept.jsonl", rows(0)));
    await client.importAndWait("kept", await files.jsonl("kept-new.jsonl", rows(500)), { partition: "new" });
    const { job, folder, manifest } = await exportAll("kept", { format: "backup" });
    expect(job.exportedRows).toBe(200);
    expect(manifest.files.map(({ partition }: { partition: string }) => partition)).toEqual(
      expect.arrayContaining(["_default", "new"]),
    );
    const restored = await useRest(fixture).post("restore", { path: folder, collections: { kept: "restored" } });
    expect(restored.message).toBeUndefined();
    expect(restored).toMatchObject({
      code: 0,
      data: { collections: [{ source: "default.kept", collectionName: "restored" }] },
    });
    const [{ jobId }] = restored.data.collections;
    expect(await client.waitFor(BigInt(jobId))).toMatchObject({ isCompleted: true });
    expect(await client.query("restored", "id > 0", ["*"])).toEqual(await client.query("kept", "id > 0", ["*"]));
    expect(await client.count("restored", "", ["new"])).toBe(100);
  });

  it("brings indexes of vectors in struct arrays with it, whose names no request may say", async () => {
    const { client } = fixture;
    const vector = { name: "v", type: DataType.FloatVector, params: { dim: 2 } };
    const key = { name: "id", type: DataType.Int64, is_primary: true };
    const clips = { name: "clips", fields: [{ ...vector, name: "e" }], max_capacity: 4 };
    await client.createFixtureCollection("clipped", { fields: [key, vector], struct_fields: [clips] });
    const { folder } = await exportAll("clipped", { format: "backup" });
    const restored = await useRest(fixture).post("restore", {
      path: folder,
      collections: { clipped: "clipped_again" },
    });
    expect(restored.data.collections[0].warnings).toBeUndefined();
    const request = milvus.DescribeIndexRequest.fromPartial({ collectionName: "clipped_again" });
    const { indexDescriptions } = await client.raw.describeIndex(request);
    expect(indexDescriptions.map(({ indexName }) => indexName).sort()).toEqual(["clips[e]", "v"]);
  });

  it("is restored without the rows that were deleted when it was taken", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("thinned", { shards: 2 }));
    await client.importAndWait("thinned", await files.jsonl("thinned.jsonl", books(50)));
    await client.delete("thinned", "id in [3, 7]");
    await client.delete("thinned", "id >= 45");
    const { job, folder } = await exportAll("thinned", { format: "backup" });
    expect(job.exportedRows).toBe(43);
    await client.delete("thinned", "id == 8");
    const restored = await useRest(fixture).post("restore", { path: folder, collections: { thinned: "thin_again" } });
    const [{ jobId }] = restored.data.collections;
    expect(await client.waitFor(BigInt(jobId))).toMatchObject({ isCompleted: true, rowCount: 43 });
    const read = (name: string) => client.query(name, "id != 8", ["*"]);
    expect(await read("thin_again")).toEqual(await read("thinned"));
    expect(await client.query("thin_again", "id == 8", ["id"])).toHaveLength(1);
  });

  it("names no segment whose rows have all expired, and says how the others do", async () => {
    const { client, files } = fixture;
    const properties = { "collection.ttl.seconds": "1" };
    await client.createCollection(bookCollection("brief", { properties }));
    await client.importAndWait("brief", await files.jsonl("brief.jsonl", books(5)));
    await eventually(async () => expect(await client.count("brief")).toBe(0));
    const { job, folder, manifest } = await exportAll("brief", { format: "backup" });
    expect(job).toMatchObject({
      exportedRows: 0,
      warnings: [expect.stringMatching(/count anew from their restore on/)],
    });
    expect(manifest.files).toEqual([]);
    expect(JSON.parse(await readFile(join(folder, "meta/segment_meta.json"), "utf8"))).toEqual({ infos: [] });
  });

  it("of some fields or rows is refused, and what to do instead", async () => {
    const body = { collectionName: "kept", to: "out://x", format: "backup", filter: "id > 1" };
    expect((await post("create", body)).message).toMatch(/leave filter and output_fields out, or export parquet/);
  });
});

describe("an export", () => {
  it("has a manifest with each file's rows, size and checksum, and nothing else in its folder", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("books", { shards: 2 }));
    await client.importAndWait("books", await files.jsonl("books.jsonl", books(3000)));
    const { folder, manifest } = await exportAll("books");
    expect(manifest).toMatchObject({ collection: "books", format: "parquet", rows: 3000, partitions: ["_default"] });
    expect(manifest.fields[0]).toEqual({ name: "id", type: "Int64", isPrimaryKey: true });
    for (const { path, rows, sizeBytes, sha256 } of manifest.files) {
      const bytes = await readFile(join(folder, path));
      expect({ sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }).toEqual({
        sizeBytes,
        sha256,
      });
      expect(rows).toBeGreaterThan(0);
    }
    const found = await readdir(folder, { recursive: true, withFileTypes: true });
    const names = found
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();
    expect(names).toEqual(
      ["_manifest.json", ...manifest.files.map(({ path }: { path: string }) => path.split("/")[1])].sort(),
    );
  });

  it("takes rows by a filter, some fields, and partitions", async () => {
    const { client, files } = fixture;
    await client.createPartition("books", "new");
    await client.importAndWait("books", await files.jsonl("new.jsonl", books(20, 10_000n)), { partition: "new" });
    const { job, folder, manifest } = await exportAll("books", {
      ...{
        format: "jsonl",
        partitionNames: ["new"],
        filter: "id >= 10005 and id < 10008",
        outputFields: ["year", "id"],
      },
    });
    expect(job).toMatchObject({ exportedRows: 3, filter: "id >= 10005 and id < 10008" });
    const [{ path, partition }] = manifest.files;
    expect(partition).toBe("new");
    const lines = (await readFile(join(folder, path), "utf8")).trim().split("\n").sort();
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [10_005, 10_006, 10_007].map((id) => ({ id, year: bookOf(BigInt(id)).year })),
    );
  });

  it("of an empty collection is a manifest without files", async () => {
    await fixture.client.createCollection(bookCollection("empty"));
    const { job, manifest } = await exportAll("empty");
    expect(job).toMatchObject({ state: "Completed", exportedRows: 0, files: 0 });
    expect(manifest).toMatchObject({ rows: 0, files: [] });
  });

  it.each<[what: string, body: object, message: RegExp]>([
    ["no collection", {}, /collectionName is required/],
    ["no place", { collectionName: "books" }, /to is required/],
    ["an unknown member", { collectionName: "books", to: "out://x", where: "id > 1" }, /where/],
    [
      "a place that is none",
      { collectionName: "books", to: "/etc" },
      /"\/etc" is no place to export to: expected ROOT:\/\/FOLDER/,
    ],
    ["a place above its root", { collectionName: "books", to: "out://a/../b" }, /is no place to export to/],
    [
      "a root that is not open",
      { collectionName: "books", to: "other://x" },
      /open are out:\/\/; the setting --export-root NAME=FOLDER/,
    ],
    [
      "an unknown format",
      { collectionName: "books", to: "out://x", format: "xml" },
      /one of parquet, jsonl, numpy, backup, snapshot, found "xml"/,
    ],
    ["a filter that is none", { collectionName: "books", to: "out://x", filter: "id >" }, /cannot parse expression/],
    [
      "an unknown field",
      { collectionName: "books", to: "out://x", outputFields: ["nothing"] },
      /field nothing not exist/,
    ],
    [
      "a key of the dynamic field",
      { collectionName: "kept", to: "out://x", outputFields: ["id", "iD"] },
      /"iD" is no field \(did you mean 'id'\?\): output_fields are fields/,
    ],
    [
      "an unknown partition",
      { collectionName: "books", to: "out://x", partitionNames: ["none"] },
      /partition not found/,
    ],
    ["a collection that is not there", { collectionName: "none", to: "out://x" }, /can't find collection/],
  ])("is refused for %s", async (_, body, message) => {
    const answer = await post("create", body);
    expect(answer.code).not.toBe(0);
    expect(answer.message).toMatch(message);
  });

  it("is listed by its state, of which others than there are are refused", async () => {
    const failed = await post("list", { state: "Failed" });
    const all = await post("list", {});
    const isFailed = ({ state }: { state: string }) => state === "Failed";
    expect(failed.data.records).toEqual(all.data.records.filter(isFailed));
    expect((await post("list", { state: "Completed" })).data.records.some(isFailed)).toBe(false);
    expect((await post("list", { state: "Done" })).message).toMatch(/state.*"Pending"\|"Exporting"/s);
  });

  it("with the key of an earlier one is that one", async () => {
    const headers = { "idempotency-key": "export-1" };
    const body = { collectionName: "books", to: "out://again" };
    const first = await post("create", body, headers);
    expect(await post("create", body, headers)).toEqual(first);
    expect((await post("create", { ...body, format: "jsonl" }, headers)).message).toMatch(
      /was used before, for export job/,
    );
    await ended(first.data.jobId);
  });

  it("is listed among exports, and no import knows it", async () => {
    const { data } = await post("list", { collectionName: "empty" });
    expect(data).toMatchObject({
      count: 1,
      records: [{ collectionName: "empty", state: "Completed", format: "parquet" }],
    });
    expect(await fixture.client.list("empty")).toEqual([]);
    await expect(fixture.client.state(BigInt(data.records[0].jobId))).rejects.toThrow(/import job does not exist/);
  });
});

describe("an export that is stopped", () => {
  it("leaves nothing behind once it is cancelled", async () => {
    const { client } = fixture;
    expect(await client.count("books")).toBeGreaterThan(0);
    const { data } = await post("create", { collectionName: "books", to: "out://cancelled" });
    expect((await post("cancel", data)).code).toBe(0);
    expect(await ended(data.jobId)).toMatchObject({
      state: "Failed",
      reason: expect.stringMatching(/the export job was cancelled/),
    });
    await eventually(async () => expect(await filesIn(join(out, "cancelled"))).toEqual([]));
  });

  it("goes on after a kill, as of its own moment, and is whole", async () => {
    const { client, files } = fixture;
    const { data } = await post("create", { collectionName: "books", to: "out://killed" });
    await client.importAndWait("books", await files.jsonl("later.jsonl", books(10, 50_000n)));
    await fixture.restart("kill9");
    const job = await ended(data.jobId);
    expect(job).toMatchObject({ state: "Completed", exportedRows: 3020 });
    const manifest = JSON.parse(await readFile(join(out, job.manifest.slice("out://".length)), "utf8"));
    for (const { path, sizeBytes } of manifest.files)
      expect((await stat(join(out, job.to.slice("out://".length), path))).size).toBe(sizeBytes);
  });
});

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
}
