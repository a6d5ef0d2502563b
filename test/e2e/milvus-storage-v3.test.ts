import { cp, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { changeManifest, type GroupManifest } from "../support/group-manifest.ts";
import { useRest, useServer } from "../support/index.ts";
import { type FieldDescription, schemaJson, writeSnapshot } from "../support/snapshot-folder.ts";

// Segments of storage version 3: groups of columns, and manifests that say which of their files count.

const fixture = useServer({ compactionInterval: "0s" });
const rest = useRest(fixture);
const from = join(import.meta.dirname, "../fixtures/milvus-storage-v3");
const segment = "insert_log/1/2/3";
const newest = `${segment}/_metadata/manifest-10.avro`;

interface Case {
  readonly describe: { readonly fields: readonly FieldDescription[] };
  readonly rows: readonly { readonly id: number }[];
  readonly deleted: readonly number[];
}

let one: Case;
let folder: string;
let name: string;
let count = 0;
beforeAll(async () => {
  one = JSON.parse(await readFile(join(from, "../milvus-storage-v2/case.json"), "utf8"));
});
beforeEach(async () => {
  name = `v3_${++count}`;
  folder = join(fixture.importRoot, name);
  await cp(from, folder, { recursive: true });
});

const partition = "_default";
const asBackup = { partition, options: { backup: "true" } };

async function imported(path: string) {
  await fixture.client.createFixtureCollection(name, one.describe as never);
  return await fixture.client.importAndWait(name, [`${name}/${path}`], asBackup);
}

async function rowsOf(collectionName: string) {
  checkStatus(await fixture.client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName })));
  const rows = await fixture.client.query(collectionName, "id > -100000", ["*"]);
  return rows.toSorted((a, b) => Number(a.id) - Number(b.id));
}

/** What the same rows give as storage version 2. */
async function expected() {
  await cp(join(from, "../milvus-storage-v2"), join(fixture.importRoot, "v2"), { recursive: true });
  await fixture.client.createFixtureCollection(`${name}_v2`, one.describe as never);
  await fixture.client.importAndWait(`${name}_v2`, ["v2/insert_log/1/2", "v2/delta_log/1/2"], asBackup);
  return await rowsOf(`${name}_v2`);
}

describe("segments of storage version 3", () => {
  it("are imported as their newest manifests say, without what they and those of all partitions delete", async () => {
    const outcome = await imported("insert_log/1/2");
    expect([outcome.isCompleted, outcome.rowCount]).toEqual([true, one.rows.length - one.deleted.length]);
    const rows = await rowsOf(name);
    expect(rows.map(({ id }) => Number(id))).toEqual(
      one.rows.filter((_, i) => !one.deleted.includes(i)).map(({ id }) => id),
    );
    expect(rows).toEqual(await expected());
    expect(outcome.infos.warnings).toMatch(/1\/2\/5\/: left out, since no manifest says what of it was committed/);
  });

  it("with a second path that has no deletes, in version 2, are told of those where Milvus keeps them", async () => {
    await cp(join(from, "../milvus-storage-v2"), join(fixture.importRoot, `${name}_v2`), { recursive: true });
    await fixture.client.createFixtureCollection(name, one.describe as never);
    const paths = [`${name}_v2/insert_log/1/2`, `${name}_v2/delta_log/1/20`];
    const { infos } = await fixture.client.importAndWait(name, paths, asBackup);
    expect(infos.warnings).toMatch(/2 delta logs below .* are not applied: give .*delta_log\/1\/2\/ as second path/);
  });

  it("are found by the folder of one of them", async () => {
    await rm(join(folder, "insert_log/1/-1"), { recursive: true });
    expect((await imported(segment)).rowCount).toBe(45 - 1);
  });

  it("may have names of fields in their manifests: then the files say which they are", async () => {
    await changeManifest(join(folder, newest), ({ column_groups: [one] }) => {
      one.columns = ["RowID", "Timestamp", "id", "title", "n", "attrs", "tags"];
    });
    await imported("insert_log/1/2");
    expect(await rowsOf(name)).toEqual(await expected());
  });

  it("have deletes that l0_import takes", async () => {
    await imported("insert_log/1/2/3");
    const before = await rowsOf(name);
    await fixture.client.raw.releaseCollection(milvus.ReleaseCollectionRequest.fromPartial({ collectionName: name }));
    const deletes = join(folder, "insert_log/1/-1/9");
    await cp(join(from, "../milvus-storage-v2/delta_log/1/2/3"), join(deletes, "_delta"), { recursive: true });
    await changeManifest(join(deletes, "_metadata/manifest-1.avro"), ({ delta_logs }) => {
      delta_logs.push({ ...delta_logs[0], path: "470659701576565003" });
    });
    const options = { l0_import: "true" };
    const outcome = await fixture.client.importAndWait(name, [`${name}/insert_log/1/-1/9`], { options });
    expect([outcome.isCompleted, await rowsOf(name)]).toEqual([true, before]);
  });

  it.each([
    ["that counts, though there are newer ones", '{"ver":2,"base_path":"old/files/insert_log/1/2/3"}', 0],
    ["in the newest version", '{"ver":10,"base_path":"old/files/insert_log/1/2/3"}', 1],
  ])("are restored from a snapshot, by the manifest %s", async (_, manifest, deletedByOwn) => {
    const bundle = `${name}_bundle`;
    await cp(from, join(fixture.importRoot, bundle, "files"), { recursive: true });
    const schema = { name: "packed", ...schemaJson(one.describe.fields) };
    const segments = [
      { segmentId: 3n, rowCount: 45, storageVersion: 3n },
      { segmentId: 4n, rowCount: 15, storageVersion: 3n },
      { segmentId: 9n, isL0: true, storageVersion: 3n, partitionId: -1n },
    ];
    const place = { collectionId: "1", partitionId: "2" };
    const manifests = [{ segment_id: "3", manifest }];
    await writeSnapshot(join(fixture.importRoot, bundle), place, schema, segments, manifests);
    const { code, message, data } = await rest.post("restore", { path: bundle, collections: { packed: name } });
    expect([code, message]).toEqual([0, undefined]);
    const outcome = await fixture.client.waitFor(BigInt(data.collections[0].jobId));
    expect([outcome.reason, outcome.rowCount]).toEqual(["", one.rows.length - one.deleted.length + 1 - deletedByOwn]);
  });

  const changed = (change: (manifest: GroupManifest) => void) => () => changeManifest(join(folder, newest), change);
  const [file, other] = ["0_00000000-0000-4000-8000-000000000000.parquet", "0_00000000-0000-4000-8000-000000000020.parquet"]; // biome-ignore format: one line
  it.each<[what: string, change: () => Promise<unknown>, reason: RegExp]>([
    ["a file is missing", () => rm(join(folder, segment, "_data", file)), /the segment is incomplete: 1 files that its manifest names are not there: _data\/0_.*manifest-10\.avro/], // biome-ignore format: a row
    ["a file is another", () => rename(join(folder, segment, "_data", other), join(folder, segment, "_data", file)).then(() => cp(join(folder, segment, "_data", file), join(folder, segment, "_data", other))), /the manifest says 20 rows, and the file has 25/], // biome-ignore format: a row
    ["a file breaks off", () => truncate(join(folder, segment, "_data", file), 900), /_data\/0_/],
    ["the manifest breaks off", () => truncate(join(folder, newest), 2700), /the Avro file is damaged: it breaks off.*manifest-10\.avro/], // biome-ignore format: a row
    ["the manifest is of something else", () => writeFile(join(folder, newest), "{}"), /the Avro file is damaged/],
    ["columns are Vortex", changed(({ column_groups: [one] }) => { one.format = "vortex"; }), /a column group is of format vortex, and those of parquet are read/], // biome-ignore format: a row
    ["a file is taken in part", changed(({ column_groups: [one] }) => { one.files[0].start_index = 3; }), /the segment has rows 3 to 20: files are read whole/], // biome-ignore format: a row
    ["a file lies elsewhere", changed(({ column_groups: [one] }) => { one.files[0].path = "s3://other/a.parquet"; }), /s3:\/\/other\/a\.parquet, outside of its own folder/], // biome-ignore format: a row
    ["a file lies above", changed(({ column_groups: [one] }) => { one.files[0].path = `../../4/_data/${file}`; }), /outside of its own folder/], // biome-ignore format: a row
    ["a column is in no file", changed(({ column_groups: [one] }) => { one.columns.push("777"); }), /the manifest has field 777 in this file, which has not/], // biome-ignore format: a row
    ["groups have other rows", changed(({ column_groups: [, one] }) => { one.files.pop(); }), /imported rows are not aligned: 30 here, 45 in/], // biome-ignore format: a row
    ["a group has no files", changed(({ column_groups: [, one] }) => { one.files = []; }), /the column group of fields 105 has no files, and others have.*manifest-10\.avro/], // biome-ignore format: a row
    ["deletes are by position", changed(({ delta_logs: [one] }) => { one.type = 1; }), /are of type 1, and those by primary key \(0\) are read/], // biome-ignore format: a row
    ["texts lie outside", changed(({ lob_files }) => { lob_files.push({ path: "a", field_id: 101, total_rows: 1, valid_rows: 1, file_size_bytes: 1 }); }), /texts of fields 101 lie outside of the segment/], // biome-ignore format: a row
  ])("are refused where %s", async (_, change, reason) => {
    await change();
    await expect(
      imported("insert_log/1/2").then((outcome) => {
        throw new Error(outcome.reason);
      }),
    ).rejects.toThrow(reason);
    expect(await readdir(join(folder, segment))).toContain("_data");
  });
});
