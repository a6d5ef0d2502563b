import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { bookCollection, books, useRest, useServer } from "../support/index.ts";

const fixture = useServer();
const rest = useRest(fixture);

describe("CSV", () => {
  it("is imported with Milvus's options, over REST and gRPC", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("separated"));
    const [bars] = await files.csv("bars.csv", books(100), "|");
    const [tabs] = await files.csv("tabs.tsv", books(100, 1000n), "\t");
    const options = { sep: "|", nullkey: "NULL" };
    const job = await rest.run({ collectionName: "separated", files: [[bars]], options });
    expect(job).toMatchObject({ state: "Completed", importedRows: 100, totalRows: 100 });
    expect(job.warnings).toBeUndefined();
    const [more] = await files.csv("more.csv", books(100, 2000n), "|");
    expect(await client.importAndWait("separated", [more], { options })).toMatchObject({ rowCount: 100 });
    expect(await client.importAndWait("separated", [tabs])).toMatchObject({ rowCount: 100 });
    const found = await client.query("separated", "id > 2097", ["id", "title", "year", "vector"]);
    expect(found).toEqual(
      books(100, 2000n)
        .slice(98)
        .map((row) => expect.objectContaining({ title: row.title })),
    );
    expect(await client.count("separated")).toBe(300);
  });

  it("whose options nobody can mean is refused when it is asked for", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("refused"));
    const [file] = await files.csv("refused.csv", books(3));
    const answer = await rest.post("create", { collectionName: "refused", files: [[file]], options: { sep: '"' } });
    expect(answer).toMatchObject({ code: 2100 });
    expect(answer.message).toContain("unsupported csv separator");
    await expect(client.import("refused", [file], { options: { header: "no" } })).rejects.toThrow("options.header");
  });

  it("fails with file, row, line and field; bad rows that are left out are a file with its header again", async () => {
    const { client, files, dataDir } = fixture;
    await client.createCollection(bookCollection("bad"));
    const rows: object[] = books(10).map((row) => ({ ...row, title: "two\nlines" }));
    rows[7] = { ...rows[7], year: "x" };
    const [file] = await files.csv("bad.csv", rows);
    const { reason } = await client.importAndFail("bad", [file]);
    expect(reason).toMatch(
      /expected type 'Int\d+' for field 'year', got type 'string' with value 'x'.*row 7, line 17, field "year"/,
    );
    const job = await rest.run({ collectionName: "bad", files: [[file]], options: { on_error: "skip" } });
    expect(job).toMatchObject({ state: "Completed", importedRows: 9, rejectedRows: 1 });
    const kept = await readFile(join(dataDir, "storage", job.details[0].rejectedFiles.rows[0]), "utf8");
    const [corrected] = [await files.write("corrected.csv", kept.replace('"x"', "1999"))];
    expect(await client.importAndWait("bad", [corrected])).toMatchObject({ rowCount: 1 });
    expect(await client.count("bad")).toBe(10);
  });
});
