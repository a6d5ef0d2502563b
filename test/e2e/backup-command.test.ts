import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { bookCollection, books, sluiceProgram, useServer } from "../support/index.ts";

// `sluice backup` and `sluice import --spec`, as a user or a pipeline calls them.

const out = mkdtempSync(join(tmpdir(), "sluice-backups-"));
afterAll(() => rm(out, { recursive: true, force: true }));
const fixture = useServer({ exportRoot: `out=${out}`, importRoot: out });

function sluice(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const env = { ...process.env, SLUICE_ADDRESS: fixture.server.address };
  return new Promise((done) =>
    execFile(process.execPath, [sluiceProgram(), ...args], { cwd: out, env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, out: stdout, err: stderr }),
    ),
  );
}

describe("backup", () => {
  it("writes all collections of a database, lists what was written, and restores it", async () => {
    const { client, files } = fixture;
    for (const [name, count] of [
      ["shelf", 20],
      ["attic", 5],
    ] as const) {
      await client.createCollection(bookCollection(name));
      await client.importAndWait(name, await files.jsonl(`${name}.jsonl`, books(count)));
    }
    const created = await sluice("backup", "create", "--to", "out://nightly");
    expect(created.code).toBe(0);
    expect(created.out).toMatch(/^shelf:\nexport \d+ Completed: 20 rows, .*$/m);
    expect(created.out).toMatch(/^attic:\nexport \d+ Completed: 5 rows, .*$/m);
    const exported = JSON.parse((await sluice("export", "shelf", "--to", "out://rows", "--json")).out);
    const asImport = await sluice("jobs", "show", exported.jobId);
    expect([asImport.code, asImport.err]).toEqual([
      1,
      expect.stringContaining(`sluice exports show ${exported.jobId}`),
    ]);
    const listed = JSON.parse((await sluice("backup", "list", "--json")).out);
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual(
      expect.objectContaining({ collectionName: "shelf", format: "backup", exportedRows: 20 }),
    );
    const folders = await readdir(join(out, "nightly"));
    const shelf = folders.find((name) => name.startsWith("shelf_"));
    const all = await sluice("backup", "restore", "nightly");
    expect([all.code, all.err]).toEqual([1, expect.stringMatching(/Folders below it are: name one, of .*shelf_\d+\//)]);
    const none = await sluice("backup", "restore", "nightli");
    expect([none.code, none.err]).toEqual([
      1,
      expect.stringContaining("there is nothing here: folders are looked for"),
    ]);
    const restored = await sluice("backup", "restore", `nightly/${shelf}`, "-c", "shelf=shelf_again");
    expect([restored.code, restored.out]).toEqual([0, expect.stringContaining("20 rows imported")]);
    expect(await client.count("shelf_again")).toBe(20);
  });

  it("takes the collections that are named, and says why there is nothing to write", async () => {
    const one = await sluice("backup", "create", "attic", "--to", "out://one", "--no-watch", "--json");
    expect(JSON.parse(one.out)).toEqual([{ collection: "attic", jobId: expect.stringMatching(/^\d+$/) }]);
    expect(await sluice("backup", "create", "none", "--to", "out://one")).toMatchObject({
      code: 1,
      err: expect.stringContaining("none"),
    });
    await fixture.client.raw.createDatabase({ base: undefined, dbName: "empty", properties: [] });
    const empty = await sluice("backup", "create", "--to", "out://x", "--database", "empty");
    expect(empty).toMatchObject({ code: 1, err: expect.stringContaining("the database empty has no collections") });
    expect((await sluice("backup", "create")).err).toContain("required option '--to <ROOT://FOLDER>' not specified");
  });
});

describe("import --spec", () => {
  const write = (name: string, document: object) => writeFile(join(out, name), JSON.stringify(document));

  it("takes collection, files and options out of a document, and options beside it", async () => {
    const rows = books(10).map(({ title, ...row }) => ({ ...row, name: title }));
    const [path] = await fixture.files.jsonl("named.jsonl", [...rows, { ...rows[0], id: 11n, year: "x" }]);
    const mapping = { name: "title" };
    const chunks = [{ files: [{ path, type: "row_based", fields_mapping: mapping }] }];
    await write("import.json", { external_data: { target_collection: "read", chunks }, on_error: "skip" });
    await fixture.client.createCollection(bookCollection("read"));
    const imported = await sluice("import", "--spec", "import.json");
    expect(imported).toMatchObject({ code: 0, out: expect.stringMatching(/Completed: 10 rows imported, 1 rejected/) });
    const twice = await sluice("import", "--spec", "import.json", "--on-error", "skip");
    expect(twice).toMatchObject({ code: 1, err: expect.stringContaining("on_error is given twice") });
  });

  it("makes the collection that the files of the document want", async () => {
    const [path] = await fixture.files.jsonl("plain.jsonl", books(3));
    const chunks = [{ files: [{ path, type: "row_based" }] }];
    await write("plain.json", { external_data: { target_collection: "made", chunks } });
    const made = await sluice("import", "--spec", "plain.json", "--create");
    expect([made.code, made.err]).toEqual([0, expect.stringContaining("collection made made from plain.jsonl")]);
    expect(await fixture.client.count("made")).toBe(3);
  });

  it("makes fields as the mapping of the document calls them, inside of columns too", async () => {
    const rows = books(30).map(({ id, vector, title }) => ({ key: id, data: { emb: vector, title }, year: 1 }));
    const [path] = await fixture.files.jsonl("nested.jsonl", rows);
    const document = {
      external_data: { target_collection: "nested", chunks: [{ files: [{ path, type: "row_based" }] }] },
      fields_mapping: { key: "id", "data.emb": "vector", "data.title": "name", year: null },
    };
    await write("nested.json", document);
    const made = await sluice("import", "--spec", "nested.json", "--create");
    expect([made.code, made.err]).toEqual([0, expect.stringContaining("vector FloatVector")]);
    const shown = await sluice("collections", "show", "nested", "--json");
    const fields = (JSON.parse(shown.out) as { fields: { field: string }[] }).fields.map(({ field }) => field);
    expect(fields.sort()).toEqual(["id", "name", "vector"]);
    expect(await fixture.client.count("nested", 'name != ""')).toBe(30);
  });

  it("says what is wrong with the document, and what is missing", async () => {
    await write("typo.json", { external_data: { chunks: [{ files: [{ path: "a.json", typ: "row_based" }] }] } });
    const err = async (...args: string[]) => (await sluice("import", ...args)).err;
    expect(await err("--spec", "typo.json", "-c", "shelf")).toContain("typ is not known (did you mean 'type'?)");
    expect(await err("--spec", "typo.json")).toContain("not specified: -c, --collection <NAME>;");
    expect(await err("-c", "shelf")).toContain("not specified: files;");
    expect(await err()).toContain("not specified: -c, --collection <NAME> and files; as in: sluice import books.jsonl");
    const other = await err("--spec", "plain.json", "-c", "typo", "--create");
    expect(other).toContain('-c says "typo", and the document plain.json is for "made": leave -c out');
  });
});
