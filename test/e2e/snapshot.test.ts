import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { DataType, dataTypeName } from "@sluice/schema";
import { bookCollection, books, everyRow, everything, useRest, useRestCalls, useServer } from "../support/index.ts";
import { manifestByAvsc } from "../support/snapshot-schema.ts";

// The snapshot of Milvus 3, read back by JSON.parse and avsc, and restored.

const out = mkdtempSync(join(tmpdir(), "sluice-snapshot-"));
afterAll(() => rm(out, { recursive: true, force: true }));
const fixture = useServer({ exportRoot: `out=${out}`, importRoot: out, compactionInterval: "0s" });
const exports = useRest(fixture, "export");
const imports = useRest(fixture);

/** Exports, and answers the folder with what its metadata and manifests say. */
async function snapshot(collectionName: string) {
  const job = await exports.run({ collectionName, to: "out://snapshots", format: "snapshot" });
  expect(job.reason).toBeUndefined();
  const folder = join(out, job.to.slice("out://".length));
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name).slice(folder.length + 1));
  const [path] = files.filter((name) => /^snapshots\/\d+\/metadata\/\d+\.json$/.test(name));
  const metadata = JSON.parse(await readFile(join(folder, path), "utf8"));
  const manifests = [];
  for (const name of metadata.manifest_list) manifests.push(manifestByAvsc(await readFile(join(folder, name))));
  const { metaFiles } = JSON.parse(await readFile(join(folder, "_manifest.json"), "utf8"));
  for (const { path: name, sha256 } of metaFiles)
    expect(
      createHash("sha256")
        .update(await readFile(join(folder, name)))
        .digest("hex"),
    ).toBe(sha256);
  expect(metaFiles.map((file: { path: string }) => file.path)).toEqual([...metadata.manifest_list, path]);
  return { job, folder, files, path, metadata, manifests };
}

async function restore(path: string, collections: Record<string, string>) {
  const { data, message } = await imports.post("restore", { path, collections });
  if (message) throw new Error(message);
  const [{ jobId, warnings = [], collectionName }] = data.collections;
  const outcome = await fixture.client.waitFor(BigInt(jobId));
  // Whether the collection was loaded stands in no snapshot.
  checkStatus(await fixture.client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName })));
  return { outcome, warnings };
}

async function indexesOf(collectionName: string) {
  const { indexDescriptions } = await fixture.client.raw.describeIndex(
    milvus.DescribeIndexRequest.fromPartial({ collectionName }),
  );
  const known = indexDescriptions.map(({ indexName, fieldName, params }) => ({ indexName, fieldName, params }));
  return known.sort((a, b) => (a.indexName < b.indexName ? -1 : 1));
}

it("has every file that its manifests name, and no other, with all of the collection in its metadata", async () => {
  const { client, files: sources } = fixture;
  await client.createCollection(everything("all", 2));
  await client.createPartition("all", "new");
  for (const [from, partition] of [
    [0, "_default"],
    [100, "new"],
  ] as const) {
    const rows = Array.from({ length: 60 }, (_, i) => everyRow(from + i));
    await client.importAndWait("all", await sources.jsonl(`all-${from}.jsonl`, rows), { partition });
  }
  await client.delete("all", "id in [-50, -49, 55]");
  for (const [fieldName, indexName, params] of [
    ["text", "by_text", { index_type: "INVERTED" }],
    ["json", "by_n", { index_type: "INVERTED", json_path: 'json["n"]', json_cast_type: "DOUBLE" }],
  ] as const) {
    const extraParams = Object.entries(params).map(([key, value]) => ({ key, value }));
    const request = { collectionName: "all", fieldName, indexName, extraParams };
    expect((await client.raw.createIndex(milvus.CreateIndexRequest.fromPartial(request))).code).toBe(0);
  }
  const { job, files, path, metadata, manifests } = await snapshot("all");
  expect(job).toMatchObject({ exportedRows: 117, format: "snapshot", snapshot: `${job.to}/${path}` });
  const { snapshot_info: info, collection } = metadata;
  expect(metadata).toMatchObject({ format_version: 4, layout: "SnapshotLayoutSelfContained" });
  expect(path).toBe(`snapshots/${info.collection_id}/metadata/${job.jobId}.json`);
  expect(info).toMatchObject({ id: job.jobId, state: "SnapshotStateCommitted", s3_location: path });
  const logs = manifests.flatMap((one) =>
    [one.binlog_files, one.deltalog_files, one.statslog_files, one.bm25_statslog_files].flat(),
  );
  const named = logs.flatMap(({ binlogs }) => binlogs.map(({ log_path }) => log_path));
  expect([...named, ...metadata.manifest_list, path, "_manifest.json"].sort()).toEqual(files.sort());
  expect(manifests.map(({ segment_id }) => String(segment_id))).toEqual(metadata.segment_ids);
  expect(manifests.reduce((sum, { num_of_rows }) => sum + Number(num_of_rows), 0)).toBe(120);
  const deletes = manifests.flatMap(({ deltalog_files }) => deltalog_files.flatMap(({ binlogs }) => binlogs));
  expect(deletes.reduce((sum, { entries_num }) => sum + Number(entries_num), 0)).toBe(3);
  // Of imports: rows count from their commit on, which is no time of theirs.
  expect(
    manifests.every(({ commit_timestamp }) => commit_timestamp > 0n && commit_timestamp < BigInt(info.create_ts)),
  ).toBe(true);
  expect(Object.keys(collection.partitions).sort()).toEqual(["_default", "new"]);
  expect(new Set(manifests.map(({ partition_id }) => String(partition_id)))).toEqual(
    new Set(Object.values(collection.partitions)),
  );
  expect(collection).toMatchObject({ num_shards: "2", consistency_level: expect.any(String) });
  expect(new Set(collection.virtual_channel_names)).toEqual(new Set(manifests.map(({ channel_name }) => channel_name)));
  const { fields } = everything("all", 2);
  expect(
    collection.schema.fields.map((field: { name: string; data_type: string }) => [field.name, field.data_type]),
  ).toEqual([...fields.map(({ name, type }) => [name, dataTypeName(type)]), ["$meta", "JSON"]]);
  const ids = collection.schema.fields.map((field: { fieldID: string }) => Number(field.fieldID));
  expect(ids).toEqual(Array.from(ids, (_, i) => 100 + i));
  // An automatic index is kept as what it comes to, beside what was asked for.
  const index = (name: string) => metadata.indexes.find((one: { index_name: string }) => one.index_name === name);
  expect(index("fv")).toMatchObject({ is_auto_index: true, type_params: [{ key: "dim", value: "3" }] });
  expect(index("fv").index_params).toContainEqual({ key: "index_type", value: "HNSW" });
  expect(index("fv").user_index_params).toContainEqual({ key: "index_type", value: "AUTOINDEX" });
  expect(index("by_n").index_params).toContainEqual({ key: "json_path", value: "/n" });
});

it("is restored by its folder or its metadata, wherever it was moved: all types, deletes, partitions and indexes", async () => {
  const { client } = fixture;
  const { folder, path } = await snapshot("all");
  await mkdir(join(out, "moved/there"), { recursive: true });
  await cp(folder, join(out, "moved/there"), { recursive: true });
  for (const [target, from] of [
    ["again", folder],
    ["moved", join(out, "moved/there", path)],
  ]) {
    const { outcome, warnings } = await restore(from, { all: target });
    expect([outcome.isCompleted, outcome.rowCount, warnings]).toEqual([true, 117, []]);
    const read = (name: string) => client.query(name, "id > -1000", ["*"]);
    expect(await read(target)).toEqual(await read("all"));
    expect(await client.count(target, "", ["new"])).toBe(await client.count("all", "", ["new"]));
    expect(await indexesOf(target)).toEqual(await indexesOf("all"));
  }
});

it("has rows of merged segments with their own times, and none that was deleted before", async () => {
  const { client, files } = fixture;
  await client.createCollection(bookCollection("merged"));
  for (const from of [0n, 100n])
    await client.importAndWait("merged", await files.jsonl(`m-${from}.jsonl`, books(20, from)));
  await client.delete("merged", "id in [3, 104]");
  const { compactionID } = await client.raw.manualCompaction(
    milvus.ManualCompactionRequest.fromPartial({ collectionName: "merged" }),
  );
  while ((await client.segments("merged")).length > 1) await client.raw.getCompactionState({ compactionID });
  const { folder, manifests } = await snapshot("merged");
  expect(manifests).toMatchObject([{ commit_timestamp: 0n, num_of_rows: 38n }]);
  expect((await restore(folder, { merged: "merged_again" })).outcome).toMatchObject({
    isCompleted: true,
    rowCount: 38,
  });
  expect(await client.query("merged_again", "id >= 0", ["*"])).toEqual(await client.query("merged", "id >= 0", ["*"]));
});

it("has defaults and struct arrays", async () => {
  const { client, files } = fixture;
  await client.createFixtureCollection("clipped", {
    fields: [
      { name: "id", type: DataType.Int64, is_primary: true },
      { name: "v", type: DataType.FloatVector, params: { dim: 2 } },
      { name: "n", type: DataType.Int64, nullable: true, default_value: { long_data: 7 } },
    ],
    struct_fields: [
      {
        name: "clips",
        fields: [
          { name: "e", type: DataType.FloatVector, params: { dim: 2 } },
          { name: "s", type: DataType.VarChar, params: { max_length: 20 } },
        ],
        max_capacity: 4,
      },
    ],
  });
  const row = { id: 1, v: [1, 2], clips: [{ e: [1, 0], s: "a" }] };
  await client.importAndWait("clipped", await files.jsonl("clipped.jsonl", [row]));
  const { folder, metadata } = await snapshot("clipped");
  const { fields, struct_array_fields: structs } = metadata.collection.schema;
  expect(fields[2]).toMatchObject({ nullable: true, default_value: { long_data: "7" } });
  expect(structs[0].fields).toMatchObject([
    { name: "clips[e]", data_type: "ArrayOfVector", element_type: "FloatVector" },
    { name: "clips[s]", data_type: "Array", element_type: "VarChar" },
  ]);
  expect(await restore(folder, { clipped: "clipped_2" })).toMatchObject({ outcome: { rowCount: 1 }, warnings: [] });
  expect(await client.query("clipped_2", "id > 0", ["*"])).toEqual(await client.query("clipped", "id > 0", ["*"]));
  await client.importAndWait("clipped_2", await files.jsonl("more.jsonl", [{ ...row, id: 2 }]));
  expect(await client.query("clipped_2", "id == 2", ["n"])).toMatchObject([{ n: 7n }]);
});

it("has functions with their statistics, and partitions by a key", async () => {
  const { client, files } = fixture;
  const { data } = useRestCalls(fixture);
  await data("collections/create", {
    collectionName: "texts",
    schema: {
      fields: [
        { fieldName: "id", dataType: "Int64", isPrimary: true },
        { fieldName: "tenant", dataType: "VarChar", isPartitionKey: true, elementTypeParams: { max_length: 20 } },
        { fieldName: "text", dataType: "VarChar", elementTypeParams: { max_length: 100, enable_analyzer: true } },
        { fieldName: "terms", dataType: "SparseFloatVector" },
      ],
      functions: [{ name: "f", type: "BM25", inputFieldNames: ["text"], outputFieldNames: ["terms"] }],
    },
    indexParams: [{ fieldName: "terms", indexName: "terms", metricType: "BM25" }],
    params: { partitionsNum: 4 },
  });
  const rows = Array.from({ length: 20 }, (_, i) => ({ id: i, tenant: `t${i % 5}`, text: `the quick fox ${i}` }));
  await client.importAndWait("texts", await files.jsonl("texts.jsonl", rows));
  const { folder, metadata, manifests } = await snapshot("texts");
  expect(metadata.collection).toMatchObject({
    num_partitions: "4",
    schema: { functions: [{ name: "f", type: "BM25", input_field_ids: ["102"], output_field_ids: ["103"] }] },
  });
  expect(manifests.every(({ bm25_statslog_files: terms }) => terms.length === 1)).toBe(true);
  expect(await restore(folder, { texts: "texts_2" })).toMatchObject({ outcome: { rowCount: 20 }, warnings: [] });
  const hitsOf = (collectionName: string) =>
    data("entities/search", { collectionName, data: ["fox 7"], annsField: "terms", limit: 3 });
  expect(await hitsOf("texts_2")).toEqual(await hitsOf("texts"));
});

it("goes on after a kill, and is whole", async () => {
  const { client, files } = fixture;
  await client.createCollection(bookCollection("killed", { shards: 2 }));
  await client.importAndWait("killed", await files.jsonl("killed.jsonl", books(50)));
  const { data } = await exports.post("create", { collectionName: "killed", to: "out://killed", format: "snapshot" });
  await client.delete("killed", "id < 10");
  await fixture.restart("kill9");
  const job = await exports.ended(data.jobId);
  expect(job).toMatchObject({ state: "Completed", exportedRows: 50 });
  const { outcome } = await restore(join(out, job.to.slice("out://".length)), { killed: "killed_2" });
  expect(outcome).toMatchObject({ isCompleted: true, rowCount: 50 });
});

it("of some rows or fields is refused, and what to do instead", async () => {
  const body = { collectionName: "all", to: "out://x", format: "snapshot", filter: "id > 1" };
  expect((await exports.post("create", body)).message).toMatch(/a snapshot has segments as they are: leave filter/);
});
