import { describe, expect, it } from "@jest/globals";
import { type Book, bookCollection, books, type SourceFiles, useServer } from "../support/index.ts";

const fixture = useServer();
const ROWS = 2500;

const formats: Record<string, (files: SourceFiles, name: string, rows: readonly Book[]) => Promise<string[]>> = {
  json: (files, name, rows) => files.json(`${name}.json`, rows),
  jsonl: (files, name, rows) => files.jsonl(`${name}.jsonl`, rows),
  npy: (files, name, rows) => files.npy(name, rows),
  parquet: (files, name, rows) => files.parquet(`${name}.parquet`, rows),
};

describe.each(Object.entries(formats))("an import of %s", (format, write) => {
  it("has every row visible at the first call after Completed, with the values of the file", async () => {
    const { client, files } = fixture;
    const name = `format_${format}`;
    const rows = books(ROWS, 2n ** 53n + 1n);
    await client.createCollection(bookCollection(name, { shards: 2 }));
    const outcome = await client.importAndWait(name, await write(files, name, rows));
    expect(await client.count(name)).toBe(ROWS);
    expect(outcome).toMatchObject({ rowCount: ROWS, progress: 100, infos: { collection: name } });
    expect(await client.query(name, "id > 0", ["id", "title", "year", "vector"])).toEqual(rows);
  });
});

describe("several files in one call", () => {
  it("are one job when they are row files of one format", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("several"));
    const parts = await Promise.all(
      [0, 1, 2, 3].map((i) => files.jsonl(`several-${i}.jsonl`, books(100, BigInt(i * 100)))),
    );
    const outcome = await client.importAndWait("several", parts.flat());
    expect(outcome.rowCount).toBe(400);
    expect(await client.query("several", "id >= 0", ["id", "title", "year", "vector"])).toEqual(books(400));
    expect((await client.list("several")).length).toBe(1);
  });

  it("fail together: nothing of the good files is visible", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("together"));
    const good = await files.jsonl("together-good.jsonl", books(500));
    const bad = [await files.write("together-bad.jsonl", '{"id":1,"title":"a","year":"x","vector":[1,2,3,4]}\n')];
    const { reason } = await client.importAndFail("together", [...good, ...bad]);
    expect(reason).toContain("together-bad.jsonl");
    expect(await client.count("together")).toBe(0);
  });

  it("are refused when their types differ", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("mixed_types"));
    const mixed = [
      ...(await files.jsonl("mixed.jsonl", books(1))),
      ...(await files.parquet("mixed.parquet", books(1))),
    ];
    await expect(client.import("mixed_types", mixed)).rejects.toThrow(/inconsistency in file types/);
  });
});

describe("a refused or failed import", () => {
  it("names all missing files when it is submitted", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("missing"));
    const [there] = await files.jsonl("there.jsonl", books(1));
    await expect(client.import("missing", [there, "not-there-1.jsonl", "not-there-2.jsonl"])).rejects.toThrow(
      /not-there-1\.jsonl.*not-there-2\.jsonl/,
    );
    expect(await client.list("missing")).toEqual([]);
  });

  it("is refused for an unknown collection, partition and file type", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("refusals"));
    const [file] = await files.jsonl("refusals.jsonl", books(1));
    await expect(client.import("no_such_collection", [file])).rejects.toThrow(
      /can't find collection|collection not found/,
    );
    await expect(client.import("refusals", [file], { partition: "nowhere" })).rejects.toThrow(/partition not found/);
    await expect(client.import("refusals", [await files.write("a.docx", "x")])).rejects.toThrow(/unexpected file type/);
    await expect(client.import("refusals", [])).rejects.toThrow(/import request is empty/);
    await expect(client.state(12_345n)).rejects.toThrow(/import job does not exist, jobID=12345/);
  });

  it("says file, row, field, and what was expected and found; other jobs go on", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("located"));
    const rows: object[] = books(1000);
    rows[777] = { ...rows[777], vector: [1, 2, 3] };
    const bad = await client.import("located", await files.jsonl("located-bad.jsonl", rows));
    const good = await client.import("located", await files.jsonl("located-good.jsonl", books(1000, 5000n)));
    const [failed, completed] = await Promise.all([client.waitFor(bad), client.waitFor(good)]);
    expect(completed).toMatchObject({ isCompleted: true, rowCount: 1000 });
    expect(failed).toMatchObject({ isCompleted: false, rowCount: 0 });
    for (const part of ["located-bad.jsonl", "row 777", "vector", "expected dim '4'", "got dim '3'"]) {
      expect(failed.reason).toContain(part);
    }
    expect(await client.count("located")).toBe(1000);
  });
});
