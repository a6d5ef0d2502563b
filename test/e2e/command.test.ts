import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bookCollection, bookOf, books, sluiceProgram, useServer } from "../support/index.ts";

// The command `sluice` against a running server, as a user or a pipeline calls it.

const fixture = useServer();
const presetFiles = resolve(import.meta.dirname, "../fixtures/presets");

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function sluice(...args: string[]): Promise<Ended> {
  const options = { cwd: fixture.importRoot, env: { ...process.env, SLUICE_ADDRESS: fixture.server.address } };
  return new Promise((done) =>
    execFile(process.execPath, [sluiceProgram(), ...args], options, (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, out, err }),
    ),
  );
}

const lines = ({ out }: Ended) => out.trimEnd().split("\n");

describe("the command", () => {
  it("inspects a file, makes its collection, imports it, and queries it", async () => {
    await fixture.files.jsonl("shelf.jsonl", books(200));
    const inspected = await sluice("inspect", "sources/shelf.jsonl");
    expect(inspected.code).toBe(0);
    expect(inspected.out).toContain("jsonl, ");
    expect(inspected.out).toMatch(/^vector\tlist<integer \| number>\tFloatVector, dim=4\t\[/m);
    const imported = await sluice("import", "sources/shelf.jsonl", "-c", "shelf", "--create");
    expect(imported).toMatchObject({ code: 0, out: expect.stringMatching(/^job \d+ Completed: 200 rows imported$/m) });
    expect(imported.err).toContain("collection shelf made from shelf.jsonl: id Int64 (key), title VarChar");
    expect(lines(await sluice("query", "shelf", "id < 3", "--fields", "id,title"))).toEqual([
      "id\ttitle",
      ...books(3).map(({ id, title }) => `${id}\t${title}`),
    ]);
    expect(JSON.parse((await sluice("query", "shelf", "--fields", "count(*)", "--json")).out)).toEqual({
      "count(*)": "200",
    });
    expect((await sluice("collections", "list")).out).toBe("shelf\n");
    expect((await sluice("collections", "load", "shelf")).code).toBe(0);
    expect((await sluice("collections", "show", "shelf")).out).toMatch(/^shelf: 200 rows in 1 segment$/m);
    const asOption = await sluice("query", "shelf", "--filter", "id < 3");
    expect([asOption.code, asOption.err]).toEqual([
      1,
      expect.stringContaining("The expression stands behind the collection: sluice query COLLECTION 'id < 3'."),
    ]);
    const typo = await sluice("collections", "drop", "shelv");
    expect([typo.code, typo.err]).toEqual([0, "there was no collection shelv\n"]);
    const told = async (...args: string[]) => JSON.parse((await sluice("collections", ...args, "--json")).out);
    expect(await told("drop", "shelv")).toEqual({ name: "shelv", isDropped: false });
    expect(await told("load", "shelf")).toEqual({ name: "shelf", isLoaded: true });
    const early = await sluice("collections", "--json", "list");
    expect([early.code, early.err]).toEqual([
      1,
      expect.stringContaining(
        "unknown option '--json'\n(see collections --help; options stand behind what it is to do)",
      ),
    ]);
    expect(lines(await sluice("segments", "shelf"))[0]).toBe("segment\tpartition\trows");
    const [job] = JSON.parse((await sluice("jobs", "list", "--json")).out);
    expect(job).toMatchObject({ collectionName: "shelf", state: "Completed", importedRows: 200 });
    expect(await sluice("jobs", "show", job.jobId)).toMatchObject({
      code: 0,
      out: expect.stringContaining("shelf.jsonl"),
    });
  });

  it.each([
    ["pinecone", "pinecone.jsonl", "id VarChar (key), vector FloatVector, sparse_vector SparseFloatVector"],
    ["mongodb", "mongodb.json", "id VarChar (key), title VarChar, vector FloatVector"],
    ["openai-batch", "openai-batch.jsonl", "id VarChar (key), vector FloatVector"],
    ["elasticsearch", "elasticsearch.json", "id VarChar (key), title VarChar, vector FloatVector, tags Array"],
    ["vespa", "vespa.jsonl", "id VarChar (key), title VarChar, vector FloatVector"],
  ])("makes the collection of files that the preset %s reads", async (preset, file, fields) => {
    await fixture.files.write(file, await readFile(join(presetFiles, file)));
    const name = preset.replace("-", "_");
    const inspected = await sluice("inspect", `sources/${file}`, "--preset", preset);
    expect(inspected).toMatchObject({ code: 0, out: expect.stringContaining("FloatVector") });
    const imported = await sluice("import", `sources/${file}`, "-c", name, "--create", "--preset", preset);
    expect(imported).toMatchObject({ code: 0, out: expect.stringMatching(/ Completed: \d+ rows imported$/m) });
    expect(imported.err).toContain(`collection ${name} made from ${file}: ${fields}`);
  });

  it("says what to do where a preset's vectors are of a type that no file tells", async () => {
    const file = "weaviate.parquet";
    await fixture.files.write(file, await readFile(join(presetFiles, file)));
    const refused = await sluice("import", `sources/${file}`, "-c", "weaviate", "--create", "--preset", "weaviate");
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining("make the collection by a client, then import"),
    });
  });

  it("says whether a server is well, and shows a file of a segment", async () => {
    const well = await sluice("doctor", "--data-dir", fixture.dataDir);
    expect([well.code, lines(well).map((line) => line.split(":")[0])]).toEqual([
      0,
      ["server", "data folder", "readiness", "access", "version", "jobs"].map((check) => `ok      ${check}`),
    ]);
    const roles = lines(await sluice("cluster")).map((line) => line.split("\t").slice(0, 2).join(" ").trim());
    expect(roles).toEqual(["role", "datacoord leads", "datanode", "proxy", "querynode", "rootcoord leads"]);
    const away = await sluice("doctor", "-a", "127.0.0.1:1");
    expect([away.code, away.out]).toEqual([1, expect.stringMatching(/^failed {2}server: no Sluice answers/)]);
    const another = lines(await sluice("doctor", "--data-dir", fixture.importRoot));
    expect(another).toContainEqual(
      expect.stringMatching(/^failed {2}data folder: .* is no data folder: name the folder/),
    );
    const none = await sluice("binlog", "show", "sources/shelf.jsonl");
    expect([none.code, none.err]).toEqual([1, expect.stringContaining("stats log")]);
    for (const file of ["/dev/zero", "sources", "absent"])
      expect((await sluice("binlog", "show", file)).err).toContain(`${file} is no file: name a log of a segment`);
  });

  it("makes a collection whose texts and lists may be longer than those of the first rows", async () => {
    const long = {
      ...bookOf(2000n),
      title: "t".repeat(9000),
      tags: Array.from({ length: 900 }, (_, i) => `${i}`.repeat(9)),
    };
    const rows = books(1500).map((book) => ({ ...book, tags: ["a"] }));
    await fixture.files.jsonl("growing.jsonl", [...rows, long]);
    const made = await sluice("import", "sources/growing.jsonl", "-c", "growing", "--create", "--watch");
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/Completed: 1501 rows imported$/m) });
    await fixture.client.dropCollection("growing");
  });

  it("says of rows that get keys of their own when their file was imported before, and how they are taken back", async () => {
    const rows = books(30).map(({ id: _, ...book }) => book);
    await fixture.files.jsonl("keyless.jsonl", rows);
    await fixture.files.jsonl("keyless-2.jsonl", rows);
    const importing = (file: string) => sluice("import", `sources/${file}`, "-c", "keyless", "--create");
    const first = await importing("keyless.jsonl");
    expect([first.code, first.err]).toEqual([0, expect.not.stringContaining("twice")]);
    const again = await importing("keyless.jsonl");
    const [, before] = /^job (\d+) Completed/m.exec(first.out) ?? [];
    const [, newest] = /^job (\d+) Completed/m.exec(again.out) ?? [];
    expect(again.err).toMatch(
      new RegExp(`keyless\\.jsonl\\]? of the same size was imported into keyless by job ${before} at \\d{4}-.*twice`),
    );
    expect(again.err).toContain(`"sluice jobs rollback ${newest}" takes the new ones back`);
    expect((await sluice("jobs", "rollback", newest)).code).toBe(0);
    expect((await importing("keyless-2.jsonl")).err).toBe("");
    await fixture.client.dropCollection("keyless");
  });

  it("drops the collection that it made when nothing was imported, and no other", async () => {
    const { client, files } = fixture;
    // What is looked at says nothing of the last row.
    await files.jsonl("short.jsonl", [...books(1500), { ...bookOf(2000n), year: "x" }]);
    const target = ["sources/short.jsonl", "-c", "short", "--create"];
    const has = async () =>
      (await client.raw.hasCollection(milvus.HasCollectionRequest.fromPartial({ collectionName: "short" }))).value;
    const dropped = expect.stringContaining("collection short dropped again: nothing was imported into it");
    const guessed = /the first rows have said what its fields are: .*\n.*short dropped again/;
    expect(await sluice("import", ...target)).toMatchObject({ code: 1, err: expect.stringMatching(guessed) });
    expect((await sluice("import", ...target, "--dry-run")).err).toEqual(dropped);
    expect(await sluice("import", ...target, "--on-error", "perhaps")).toMatchObject({ code: 1, err: dropped });
    expect(await has()).toBe(false);
    expect((await sluice("import", ...target, "--on-error", "skip")).code).toBe(0);
    expect((await sluice("import", ...target)).code).toBe(1);
    expect(await has()).toBe(true);
    await client.dropCollection("short");
  });

  it("imports the files of a failed job again", async () => {
    const { files } = fixture;
    const [name] = await files.jsonl("again.jsonl", [{ id: "x" }]);
    const failed = await sluice("import", "sources/again.jsonl", "-c", "shelf", "--json");
    expect(failed.code).toBe(1);
    await files.jsonl("again.jsonl", books(2));
    const again = await sluice("jobs", "retry", JSON.parse(failed.out).jobId);
    expect([name, again.code, again.out]).toEqual([name, 0, expect.stringContaining("Completed: 2 rows imported")]);
  });

  it("maps, checks, skips and hands the rejected rows back", async () => {
    const { files, client, importRoot } = fixture;
    const rows = books(10).map(({ title, ...row }) => ({ ...row, name: title }));
    await files.jsonl("named.jsonl", [...rows, { ...rows[0], id: 11, year: "x" }]);
    const target = ["sources/named.jsonl", "-c", "shelf", "--map", "name=title"];
    const dry = await sluice("import", ...target, "--dry-run");
    expect(dry.out).toMatch(/Completed: 10 rows can be imported, 1 rejected/);
    expect(dry.err).toMatch(/named\.jsonl\] row 10: /);
    expect(lines(await sluice("jobs", "list"))[1]).toMatch(/\tshelf\tCompleted\t100\t10 checked\t/);
    const failed = await sluice("import", ...target);
    expect(failed).toMatchObject({ code: 1, out: expect.stringMatching(/^job \d+ Failed: /m) });
    expect(failed.err).toContain("--dry-run shows every bad row, --on-error skip leaves them out");
    const skipped = await sluice("import", ...target, "--on-error", "skip", "--no-commit", "--json");
    const job = JSON.parse(skipped.out);
    expect(job).toMatchObject({ state: "Uncommitted", importedRows: 10, rejectedRows: 1 });
    expect(lines(await sluice("jobs", "errors", job.jobId))).toHaveLength(2);
    expect((await sluice("jobs", "rejects", job.jobId, "-o", "rejected.jsonl")).code).toBe(0);
    expect(JSON.parse(await readFile(join(importRoot, "rejected.jsonl"), "utf8"))).toMatchObject({ year: "x" });
    expect((await sluice("jobs", "commit", job.jobId)).out).toBe(`job ${job.jobId}: commit done\n`);
    expect((await sluice("jobs", "watch", job.jobId)).code).toBe(0);
    expect((await sluice("jobs", "rollback", job.jobId)).code).toBe(0);
    expect(await client.count("shelf")).toBe(202);
  });

  it("says what makes a collection answer that is not loaded", async () => {
    await fixture.client.createCollection(bookCollection("unloaded"));
    await fixture.client.raw.releaseCollection(
      milvus.ReleaseCollectionRequest.fromPartial({ collectionName: "unloaded" }),
    );
    const refused = await sluice("query", "unloaded");
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining('"sluice collections load unloaded" makes'),
    });
  });

  it("fails with the server's words, and says so when nobody answers", async () => {
    const missing = await sluice("import", "nowhere.jsonl", "-c", "shelf");
    expect(missing).toMatchObject({ code: 1, err: expect.stringContaining("nowhere.jsonl") });
    const nowhere = await sluice("import", "sources/shelf.jsonl", "-c", "nowhere");
    expect(nowhere).toMatchObject({
      code: 1,
      err: expect.stringMatching(/can't find collection.*: --create makes it/),
    });
    const queried = await sluice("query", "nowhere");
    expect(queried).toMatchObject({
      code: 1,
      err: expect.stringMatching(/can't find collection.*: "sluice collections list" says/),
    });
    const lost = await sluice("import", "sources/shelf.jsonl", "-c", "nowhere", "--create", "--map", "year.x=decade");
    expect(lost.err).toContain('--create makes no field "decade": what lies at "year.x" in the first rows');
    await fixture.files.jsonl("arrays.jsonl", [{ id: 1, v: [1, 2, 3] }]);
    const arrays = await sluice("import", "sources/arrays.jsonl", "-c", "nowhere", "--create");
    expect(arrays).toMatchObject({ code: 1, err: expect.stringContaining('"v" read as plain arrays') });
    const unknown = await sluice("jobs", "cancel", "12");
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining("import job does not exist, jobID=12") });
    const away = await sluice("jobs", "list", "--address", "127.0.0.1:1");
    expect(away).toMatchObject({ code: 3, err: expect.stringContaining('start one with "sluice standalone"') });
    // gRPC would wait for a server.
    expect(await sluice("collections", "list", "--address", "127.0.0.1:1")).toMatchObject({ code: 3, err: away.err });
    // A reader that has seen enough is no failure.
    const { address } = fixture.server;
    const piped = `"${process.execPath}" "${sluiceProgram()}" collections list -a ${address} | true`;
    expect((await promisify(execFile)("sh", ["-c", piped])).stderr).toBe("");
    const url = fixture.server.address.replace(/^.*:/, "https://localhost:");
    const distrusted = await sluice("collections", "list", "--address", url);
    expect(distrusted).toMatchObject({ code: 3, err: expect.stringContaining("by NODE_EXTRA_CA_CERTS=FILE") });
    const usage = await sluice("import", "a.jsonl");
    expect(usage).toMatchObject({ code: 1, err: expect.stringContaining("not specified: -c, --collection <NAME>") });
    expect((await sluice("--help")).out).toMatch(/import .*inspect .*jobs .*collections .*query .*segments/s);
  });
});
