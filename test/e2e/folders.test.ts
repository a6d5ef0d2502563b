import { cp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { bookCollection, bookFields, books, linesOf, useServer } from "../support/index.ts";

const fixture = useServer();

async function post(path: string, body: object) {
  const url = `${fixture.url}/v2/vectordb/jobs/import/${path}`;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests check
  return (await (await fetch(url, { method: "POST", body: JSON.stringify(body) })).json()) as any;
}

/** Imports over REST and waits for the end; the last description. */
async function run(collectionName: string, files: string[][]) {
  const { data } = await post("create", { collectionName, files });
  for (;;) {
    const { data: job } = await post("describe", data);
    if (job.state === "Completed" || job.state === "Failed") return job;
    await sleep(20);
  }
}

describe("folders and patterns", () => {
  it("are imported over REST, each file of them a detail of the job", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("folder"));
    for (let i = 0; i < 3; i++) await files.jsonl(`folder/part-${i}.jsonl`, books(10, BigInt(100 * i)));
    await files.write("folder/_SUCCESS", "");
    const job = await run("folder", [["sources/folder/"]]);
    expect(job).toMatchObject({ state: "Completed", importedRows: 30 });
    expect(job.details.map(({ fileName, importedRows }: Record<string, unknown>) => [fileName, importedRows])).toEqual(
      [0, 1, 2].map((i) => [`[sources/folder/part-${i}.jsonl]`, 10]),
    );
    expect(await run("folder", [["sources/folder/part-[01].*"]])).toMatchObject({ importedRows: 20 });
    expect(await client.count("folder")).toBe(50);
  });

  it("are imported over gRPC, and shown as they were asked for", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("pattern"));
    for (const name of ["a", "b/c"]) await files.parquet(`pattern/${name}.parquet`, books(10));
    await files.npy("arrays/one", books(10));
    await files.npy("arrays/two", books(10));
    const state = await client.importAndWait("pattern", ["sources/pattern/**/*.parquet"]);
    expect(state.infos.files).toBe("sources/pattern/**/*.parquet");
    await client.importAndWait("pattern", [`${files.folder}/arrays`]);
    expect(await client.count("pattern")).toBe(40);
  });

  it("called key=value give fields their values, and the dynamic field what no field has", async () => {
    const { client, files } = fixture;
    await client.createCollection({ ...bookCollection("hive"), dynamic: true });
    const rows = (first: bigint) => books(10, first).map(({ year: _, ...row }) => row);
    await files.jsonl("hive/year=2024/lang=de/a.jsonl", rows(0n));
    await files.jsonl("hive/year=2025/lang=en/a.jsonl", [...rows(100n), { ...rows(200n)[0], lang: "own" }]);
    const state = await client.importAndWait("hive", ["sources/hive/"]);
    expect(state.infos.warnings).toBeUndefined();
    expect(await client.count("hive", "year == 2024 and lang == 'de'")).toBe(10);
    expect(await client.count("hive", "year == 2025 and lang == 'en'")).toBe(10);
    expect(await client.count("hive", "lang == 'own'")).toBe(1);
    await files.jsonl("hive/year=x/a.jsonl", rows(0n));
    await expect(client.importAndWait("hive", ["sources/hive/year=x/"])).rejects.toThrow(
      "folder 'year=x': expected Int32 for field 'year'",
    );
  });

  it("may name partitions, by the folder of a file or by a key, many in one job", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("shelves"));
    for (const name of ["a", "b", "en"]) await client.createPartition("shelves", name);
    const rows = (first: bigint) => books(10, first);
    await files.jsonl("shelves/a/1.jsonl", rows(0n));
    await files.jsonl("shelves/a/2.jsonl", rows(100n));
    await files.npy("shelves/b", rows(200n));
    const options = (partition_from: string) => ({ options: { partition_from } });
    await client.importAndWait("shelves", ["sources/shelves/a/"], options("folder"));
    await client.importAndWait("shelves", ["sources/shelves/b"], options("folder"));
    await files.parquet("keys/lang=en/2024/1.parquet", rows(300n));
    await files.parquet("keys/lang=__HIVE_DEFAULT_PARTITION__/1.parquet", rows(400n));
    const { infos } = await client.importAndWait("shelves", ["sources/keys/"], options("lang"));
    expect(infos.warnings).toBeUndefined();
    const counts = ["a", "b", "en", "_default"].map((name) => client.count("shelves", "", [name]));
    expect(await Promise.all(counts)).toEqual([20, 10, 10, 10]);
    await files.jsonl("shelves/c/3.jsonl", rows(500n));
    const refused = (path: string, from: string) =>
      expect(client.importAndWait("shelves", [path], options(from))).rejects;
    await refused("sources/shelves/**/*.jsonl", "folder").toThrow("partition not found[partition=c]");
    await refused("sources/shelves/a/", "lang").toThrow("has no folder 'lang=…'");
    const both = { partition: "a", ...options("folder") };
    await expect(client.importAndWait("shelves", ["sources/shelves/a/"], both)).rejects.toThrow("give one of them");
  });

  it("may hold compressed text", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("packed"));
    const text = (first: bigint) => linesOf(books(2000, first));
    await files.write("packed/1.jsonl.gz", Buffer.concat([gzipSync(text(0n)), gzipSync(text(2000n))]));
    await files.write("packed/2.jsonl.zst", zstdCompressSync(text(4000n)));
    await files.write("packed/3.jsonl", text(6000n));
    await client.importAndWait("packed", ["sources/packed/"]);
    expect(await client.count("packed")).toBe(8000);
    const cut = await files.write("cut.jsonl.gz", gzipSync(text(0n)).subarray(0, 5000));
    const { reason } = await client.importAndFail("packed", [cut]);
    expect(reason).toContain(
      "the file cannot be decompressed with gzip: it breaks off: the gzip data ends at byte 5000",
    );
  });

  it("that hold tables are the tables: saved datasets, and what a Delta table has now", async () => {
    const { client, importRoot } = fixture;
    await cp(join(import.meta.dirname, "../fixtures/tables"), join(importRoot, "tables"), { recursive: true });
    const { id, title, vector } = bookFields;
    await client.createCollection({ name: "tables", fields: [id, title, vector], dynamic: true });
    await client.importAndWait("tables", ["tables/hf"]);
    expect(await client.count("tables")).toBe(20);
    await client.importAndWait("tables", ["tables/delta-checkpoint/"]);
    expect(await client.count("tables", "lang in ['de', 'en']")).toBe(13);
    expect(await client.count("tables", "lang == 'de' and id == 2")).toBe(0);
    await client.importAndWait("tables", ["tables/iceberg"]);
    expect(await client.count("tables")).toBe(20 + 13 + 11);
  });

  it("in which nothing is meant are refused at once, saying what is there", async () => {
    const { client } = fixture;
    const refused = (path: string) => expect(client.importAndWait("pattern", [path])).rejects;
    await refused("sources/pattern/*.json").toThrow(
      'no file is meant by the path below "sources/pattern/": there are sources/pattern/a.parquet, sources/pattern/b/c.parquet',
    );
    await refused("sources/").toThrow("inconsistency in file types");
    await refused("../**").toThrow("is outside the folders that imports may read");
  });
});
