import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { bookCollection, books, eventually, ownMsOf, storedKeys, useRest, useServer } from "../support/index.ts";

const fixture = useServer({ gcInterval: "500ms", gcGrace: "500ms", splitSize: "4MB", workers: 1 });
const rest = useRest(fixture);

async function create(name: string, rows: number, options: object): Promise<{ jobId: string }> {
  const { client, files } = fixture;
  await client.createCollection(bookCollection(name));
  const padding = rows > 1000 ? "x".repeat(1000) : "";
  const lines = books(rows).map((row) => `${JSON.stringify({ ...row, id: Number(row.id), padding })}\n`);
  const paths = [await files.write(`${name}.jsonl`, lines.join(""))];
  const { data } = await rest.post("create", { collectionName: name, files: [paths], options });
  return data;
}

const describeJob = async (job: object) => (await rest.post("describe", job)).data;
const stateIs = (job: object, state: string) =>
  eventually(async () => expect(await describeJob(job)).toMatchObject({ state }), 20_000);
const ok = { code: 0, data: {} };

/** Rows of a file that takes a second at least. */
const MANY = 150_000;

describe("auto_commit=false", () => {
  it("rows are invisible until the commit, and it may be said twice", async () => {
    const job = await create("two_phase", 10, { auto_commit: "FALSE" });
    await stateIs(job, "Uncommitted");
    expect(await describeJob(job)).toMatchObject({ progress: 99, importedRows: 10, totalRows: 10 });
    expect(await fixture.client.state(BigInt(job.jobId))).toMatchObject({ state: 5 });
    expect(await fixture.client.count("two_phase")).toBe(0);
    await fixture.restart("kill9");
    expect(await fixture.client.count("two_phase")).toBe(0);
    expect(await rest.post("commit", job)).toEqual(ok);
    await stateIs(job, "Completed");
    expect(await fixture.client.count("two_phase")).toBe(10);
    expect(await rest.post("commit", job)).toEqual(ok);
    expect((await rest.post("abort", job)).message).toContain(
      "is in terminal/committed state Completed, abort not allowed",
    );
  });

  it("after an abort the rows never appear", async () => {
    const job = await create("aborted", 10, { auto_commit: false });
    await stateIs(job, "Uncommitted");
    expect(await rest.post("abort", job)).toEqual(ok);
    expect(await describeJob(job)).toMatchObject({ state: "Failed", reason: "aborted by user" });
    expect(await rest.post("abort", job)).toEqual(ok);
    expect((await rest.post("commit", job)).message).toContain("is in state Failed, expected Uncommitted");
    expect(await fixture.client.count("aborted")).toBe(0);
  });

  it("commit and abort are refused for jobs that commit themselves, unknown ones, and no ids", async () => {
    const job = await create("self", 1, {});
    await stateIs(job, "Completed");
    expect((await rest.post("commit", job)).message).toContain("is auto-commit, manual commit/abort not allowed");
    expect((await rest.post("abort", job)).message).toContain("not allowed: use rollback");
    expect((await rest.post("commit", { jobId: "12" })).message).toContain("import job does not exist, jobID=12");
    expect(await rest.post("abort", { jobId: "x" })).toMatchObject({ code: 1100 });
    expect(await rest.post("commit", {})).toMatchObject({ code: 1802 });
  });
});

describe("cancel", () => {
  it("ends a running job within a second, and its objects go", async () => {
    const collectionOf = (key: string) => key.split("/")[1];
    const others = new Set((await storedKeys(fixture.dataDir)).map(collectionOf));
    const job = await create("cancelled", MANY, {});
    await eventually(async () => expect((await describeJob(job)).importedRows).toBeGreaterThan(0), 20_000);
    const tookMs = await ownMsOf(fixture.server.pid, async () => {
      expect(await rest.post("cancel", job)).toEqual(ok);
      expect(await describeJob(job)).toMatchObject({ state: "Failed", reason: "the import job was cancelled" });
    });
    expect(tookMs).toBeLessThan(1000);
    expect(await fixture.client.count("cancelled")).toBe(0);
    await eventually(async () => {
      const stored = await storedKeys(fixture.dataDir);
      expect(stored.filter((key) => !others.has(collectionOf(key)))).toEqual([]);
    }, 10_000);
  });
});

describe("pause and resume", () => {
  it("stop a job and let it go on, with every row once", async () => {
    const job = await create("paused", MANY, {});
    await eventually(async () => expect((await describeJob(job)).importedRows).toBeGreaterThan(0), 20_000);
    expect(await rest.post("pause", job)).toEqual(ok);
    const { importedRows } = await describeJob(job);
    await sleep(1500);
    expect(await describeJob(job)).toMatchObject({ state: "Importing", paused: true, importedRows });
    const { records } = (await rest.post("list", { collectionName: "paused" })).data;
    expect(records).toMatchObject([{ jobId: job.jobId, state: "Importing", paused: true }]);
    expect(await rest.post("resume", job)).toEqual(ok);
    await stateIs(job, "Completed");
    expect(await fixture.client.count("paused")).toBe(MANY);
    expect((await rest.post("pause", job)).message).toContain("nothing left to pause");
  });
});

describe("rollback", () => {
  it("takes the rows of a completed job back at once, and those of others stay", async () => {
    const { client, files } = fixture;
    const job = await create("back", 100, {});
    await stateIs(job, "Completed");
    await client.importAndWait("back", await files.jsonl("back-2.jsonl", books(7, 1000n)));
    expect(await rest.post("rollback", job)).toEqual(ok);
    expect(await client.count("back")).toBe(7);
    expect(await describeJob(job)).toMatchObject({ state: "RolledBack", importedRows: 100 });
    expect(await client.state(BigInt(job.jobId))).toMatchObject({ state: 7 });
    expect(await rest.post("rollback", job)).toEqual(ok);
    await fixture.restart("kill9");
    expect(await fixture.client.count("back")).toBe(7);
  });
});
