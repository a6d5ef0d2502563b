import { cp, mkdir, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { bookCollection, books, type CollectionSpec, everyRow, everything, useServer } from "../support/index.ts";

const fixture = useServer({ compactionInterval: "0s" });
const milvusCases = join(import.meta.dirname, "../fixtures/milvus-2.3.5");

/** The folder of the one partition that has the collection's rows, below the import root. */
async function takeSegments(name: string): Promise<string> {
  const [{ collectionID, partitionID }] = await fixture.client.segments(name);
  const folder = join(fixture.importRoot, "taken", name, "insert_log", String(collectionID), String(partitionID));
  await cp(join(fixture.dataDir, "storage/insert_log", String(collectionID), String(partitionID)), folder, {
    recursive: true,
  });
  return folder;
}

const backup = (more: Record<string, string> = {}) => ({
  partition: "_default",
  options: { backup: "true", ...more },
});

describe("segments of this server", () => {
  it("give the rows of every field type, into another number of shards", async () => {
    const { client, files } = fixture;
    await client.createCollection(everything("written", 2));
    const rows = Array.from({ length: 200 }, (_, i) => everyRow(i));
    for (const [i, part] of [rows.slice(0, 80), rows.slice(80)].entries())
      await client.importAndWait("written", await files.jsonl(`written-${i}.jsonl`, part));
    const folder = await takeSegments("written");
    await client.createCollection(everything("taken", 3));
    const outcome = await client.importAndWait("taken", [`${folder}/`, ""], backup());
    expect(outcome).toMatchObject({
      rowCount: 200,
      infos: expect.not.objectContaining({ warnings: expect.anything() }),
    });
    const read = (name: string) => client.query(name, "id > -1000", ["*"]);
    expect(await read("taken")).toEqual(await read("written"));
  });

  it.each(["pymilvus-2.6.17-all-types", "pymilvus-2.6.17-struct-geo-int8"])(
    "give the rows of %s: defaults, nulls and struct arrays too",
    async (fixtureName) => {
      const { client, importRoot } = fixture;
      const from = join(import.meta.dirname, "../fixtures/bulkwriter", fixtureName);
      const { schemas } = JSON.parse(await readFile(join(from, "expected.json"), "utf8"));
      const [dict] = Object.values<{ fields: { name: string; is_primary?: boolean }[] }>(schemas);
      const [name, again] = ["", "_again"].map((end) => `f_${fixtureName.replace(/\W/g, "_")}${end}`);
      await cp(join(from, "rows.parquet"), join(importRoot, `${name}.parquet`));
      for (const collection of [name, again]) await client.createFixtureCollection(collection, dict as never);
      await client.importAndWait(name, [`${name}.parquet`]);
      await client.importAndWait(again, [await takeSegments(name)], backup());
      const read = (collection: string) => client.query(collection, "", ["*"], { limit: 10_000 });
      const found = await read(again);
      expect(found).toEqual(await read(name));
      expect(found.length).toBeGreaterThan(0);
    },
  );

  it("keep automatic keys, and go to the partitions of their partition key", async () => {
    const { client, files } = fixture;
    const tenants = (name: string, partitions: number): CollectionSpec => ({
      ...{ name, partitions, shards: 2 },
      fields: [
        { name: "key", type: DataType.VarChar, key: true, auto: true, maxLength: 40 },
        { name: "tenant", type: DataType.Int64, partitionKey: true },
        { name: "v", type: DataType.FloatVector, dim: 2 },
      ],
    });
    await client.createCollection(tenants("tenants", 1));
    const rows = Array.from({ length: 50 }, (_, i) => ({ tenant: i % 7, v: [i, 1] }));
    await client.importAndWait("tenants", await files.jsonl("tenants.jsonl", rows));
    const folder = await takeSegments("tenants");
    await client.createCollection(tenants("tenants_again", 16));
    await client.importAndWait("tenants_again", [folder], { ...backup(), partition: "" });
    const read = (name: string) => client.query(name, "tenant >= 0", ["key", "tenant", "v"]);
    const found = await read("tenants_again");
    expect(found).toEqual(await read("tenants"));
    expect(found).toHaveLength(50);
  });

  it("are read by the ids of fields: later fields are null, and logs of others are told", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("older"));
    await client.importAndWait("older", await files.jsonl("older.jsonl", books(20)));
    const folder = await takeSegments("older");
    const [id, , year, vector] = bookCollection("").fields;
    const note = { name: "note", type: DataType.VarChar, maxLength: 9, nullable: true };
    const title = { name: "name", type: DataType.VarChar, maxLength: 200 };
    await client.createCollection({ name: "newer", fields: [id, title, year, vector, note] });
    await client.importAndWait("newer", [folder], backup());
    expect(await client.query("newer", "id == 1", ["name", "note"])).toEqual([
      { id: 1n, name: books(2)[1].title, note: null },
    ]);
    await client.createCollection({ name: "fewer", fields: [id, title, year, { ...vector, dim: 4 }].slice(0, 4) });
    await rm(join(folder, (await readdir(folder))[0], "101"), { recursive: true });
    const { reason } = await client.importAndFail("fewer", [folder], backup());
    expect(reason).toContain("no binlog for field:name (id 101); the segment has those of fields 0, 1, 100, 102, 103");
  });

  it.each<[what: string, paths: (folder: string) => string[], call: object, reason: string]>([
    ["no partition", (folder) => [folder], { options: { backup: "true" } }, "partition not specified"],
    [
      "three paths",
      (folder) => [folder, "", "a", "b"],
      backup(),
      "too many input paths for binlog import. Valid paths length should be one or two, but got paths:[",
    ],
    ["an empty folder", () => ["nowhere/"], backup(), "no binlog to import, input=[nowhere/]"],
    ["bounds the wrong way round", (folder) => [folder], backup({ start_ts: "1700000000001", end_ts: "1700000000000" }), "start_ts shouldn't be larger than end_ts"], // biome-ignore format: one row
    [
      "seconds",
      (folder) => [folder],
      backup({ start_ts: "1700000000" }),
      "start_ts is not a valid hybrid timestamp, value=1700000000: it must be a hybrid timestamp",
    ],
  ])("are refused with %s", async (_what, paths, call, reason) => {
    const { client, files } = fixture;
    const name = `refused_${_what.replaceAll(" ", "_")}`;
    await client.createCollection(bookCollection(name));
    await client.importAndWait(name, await files.jsonl(`${name}.jsonl`, books(3)));
    const folder = await takeSegments(name);
    await expect(client.import(name, paths(folder), call)).rejects.toThrow(reason);
  });

  it("without a partition are refused with Milvus's code", async () => {
    await fixture.client.createCollection(bookCollection("no_partition"));
    const refused = fixture.client.import("no_partition", ["anywhere"], { options: { backup: "true" } });
    await expect(refused).rejects.toMatchObject({ code: 1101 });
  });

  it("with a log that is cut short fail as a whole, with the log's name", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("cut"));
    await client.importAndWait("cut", await files.jsonl("cut.jsonl", books(30)));
    const folder = await takeSegments("cut");
    const [segment] = await readdir(folder);
    const [log] = await readdir(join(folder, segment, "101"));
    await truncate(join(folder, segment, "101", log), 300);
    const { reason } = await client.importAndFail("cut", [folder], backup());
    expect(reason).toContain(`${segment}/101/${log}`);
    expect(await client.count("cut")).toBe(30);
  });
});

describe("segments of Milvus 2.3.5", () => {
  it.each(["insert-flush-delete", "insert-two-flushes-arrays-text-deletes", "bulk-int64-pk-varchar-partition-key"])(
    "%s",
    async (name) => {
      const { client, importRoot } = fixture;
      const described = JSON.parse(await readFile(join(milvusCases, name, "case.json"), "utf8"));
      const folder = join(importRoot, "milvus", name);
      await mkdir(folder, { recursive: true });
      await cp(join(milvusCases, name), folder, { recursive: true });
      const collection = name.replaceAll("-", "_");
      await client.createFixtureCollection(collection, described.describe);
      const pathOf = async (kind: string) => {
        const [id] = await readdir(join(folder, kind)).catch(() => []);
        return id === undefined ? "" : `${join(folder, kind, id)}/`;
      };
      const outcome = await client.importAndWait(collection, [await pathOf("insert_log"), await pathOf("delta_log")], backup()); // biome-ignore format: one call
      const deleted = described.deletedPrimaryKeys.length;
      expect(outcome.rowCount).toBe(described.rows.length - deleted);
      expect(await client.count(collection)).toBe(described.rows.length - deleted);
    },
  );

  it("deletes of all partitions apply with those of the partition, and those that nobody asked for are told", async () => {
    const { client, importRoot } = fixture;
    const name = "insert-flush-delete";
    const folder = join(importRoot, "general", name);
    await cp(join(milvusCases, name), folder, { recursive: true });
    const [id] = await readdir(join(folder, "delta_log"));
    const [partition] = await readdir(join(folder, "delta_log", id));
    const deltas = join(folder, "delta_log", id);
    await cp(join(deltas, partition), join(deltas, "-1"), { recursive: true });
    await rm(join(deltas, partition), { recursive: true });
    const described = JSON.parse(await readFile(join(milvusCases, name, "case.json"), "utf8"));
    await client.createFixtureCollection("general", described.describe);
    const inserts = `${join(folder, "insert_log", id, partition)}/`;
    const outcome = await client.importAndWait("general", [inserts, `${join(deltas, partition)}/`], backup());
    expect(outcome.rowCount).toBe(57);
    await client.createFixtureCollection("undeleted", described.describe);
    const all = await client.importAndWait("undeleted", [inserts, ""], backup());
    expect([all.rowCount, JSON.stringify(all.infos)]).toEqual([60, expect.stringContaining("1 delta logs below")]);
  });

  it("segments that a compaction has replaced are told, by the row that their replacement begins with", async () => {
    const { client, importRoot } = fixture;
    const folder = join(importRoot, "compacted");
    await cp(join(milvusCases, "insert-flush-delete"), folder, { recursive: true });
    const [id] = await readdir(join(folder, "insert_log"));
    const [partition] = await readdir(join(folder, "insert_log", id));
    const inserts = join(folder, "insert_log", id, partition);
    const [segment] = await readdir(inserts);
    await cp(join(inserts, segment), join(inserts, `${segment}9`), { recursive: true });
    const described = JSON.parse(await readFile(join(milvusCases, "insert-flush-delete", "case.json"), "utf8"));
    await client.createFixtureCollection("compacted", described.describe);
    const { infos } = await client.importAndWait("compacted", [`${inserts}/`, ""], backup());
    expect(infos.warnings).toMatch(new RegExp(`segments ${segment}9?, ${segment}9? have the same rows`));
    await client.createFixtureCollection("counting", described.describe);
    const alone = await client.importAndWait("counting", [`${inserts}/${segment}/`, ""], backup());
    expect(alone.infos.warnings ?? "").not.toContain("have the same rows");
  });
});
