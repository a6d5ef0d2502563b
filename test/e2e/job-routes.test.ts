import { rm } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { bookCollection, books, useRest, useServer } from "../support/index.ts";

const fixture = useServer();
const { post, run } = useRest(fixture);

describe("validate", () => {
  it("checks every row as a dry run, and nothing becomes visible", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("validated"));
    const [file] = await files.jsonl("validated.jsonl", books(20));
    const { data } = await post("validate", { collectionName: "validated", files: [[file]] });
    await client.waitFor(BigInt(data.jobId));
    expect((await post("describe", data)).data).toMatchObject({ dryRun: true, checkedRows: 20, importedRows: 0 });
    expect(await client.count("validated")).toBe(0);
  });

  it("takes no word for it that it should write", async () => {
    const body = { collectionName: "validated", files: [["validated.jsonl"]], options: { dry_run: "false" } };
    expect(await post("validate", body)).toMatchObject({ code: 2100, message: expect.stringContaining("dry_run") });
  });
});

describe("retry", () => {
  it("imports the files of a failed job as they are now, with the same options, and both name each other", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("retried"));
    const rows: object[] = books(10);
    const [good] = await files.jsonl("retried-1.jsonl", books(5, 100n));
    const [bad] = await files.jsonl("retried-2.jsonl", [...rows, { id: "x" }]);
    const failed = await run({ collectionName: "retried", files: [[good], [bad]], options: { timeout: "300s" } });
    expect(failed).toMatchObject({ state: "Failed", phase: "ended" });
    await files.jsonl("retried-2.jsonl", rows);
    const { data } = await post("retry", { jobId: failed.jobId });
    await client.waitFor(BigInt(data.jobId));
    const retried = (await post("describe", data)).data;
    expect(retried).toMatchObject({ state: "Completed", importedRows: 15, retryOf: failed.jobId });
    expect((await post("describe", failed)).data.retriedBy).toEqual([data.jobId]);
    expect(await client.count("retried")).toBe(15);
    expect((await post("retry", { jobId: failed.jobId })).data).toEqual(data);
    await fixture.restart("kill9");
    expect((await post("retry", { jobId: failed.jobId })).data).toEqual(data);
    expect((await post("describe", failed)).data.retriedBy).toEqual([data.jobId]);
  });

  it("begins once more when the retry has failed as well, and names files that are gone", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("twice"));
    const [bad] = await files.jsonl("twice.jsonl", [{ id: "x" }]);
    const first = await run({ collectionName: "twice", files: [[bad]] });
    const second = (await post("retry", first)).data;
    await client.waitFor(BigInt(second.jobId));
    const third = (await post("retry", first)).data;
    expect(third.jobId).not.toBe(second.jobId);
    await client.waitFor(BigInt(third.jobId));
    expect((await post("describe", first)).data.retriedBy).toEqual([second.jobId, third.jobId]);
    await rm(bad);
    expect(await post("retry", first)).toMatchObject({ code: 2100, message: expect.stringContaining("twice.jsonl") });
  });

  it("is refused for a job that has not failed, and for one that there is not", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("well"));
    const [file] = await files.jsonl("well.jsonl", books(1));
    const job = await run({ collectionName: "well", files: [[file]] });
    expect(await post("retry", job)).toMatchObject({ code: 2100, message: expect.stringContaining("is Completed") });
    expect(await post("retry", { jobId: "12" })).toMatchObject({
      code: 2101,
      message: expect.stringContaining("import job does not exist, jobID=12"),
    });
    expect(await post("retry", {})).toMatchObject({ code: 1802 });
  });
});

describe("list", () => {
  let ids: string[];
  beforeAll(async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("listed"));
    const [good] = await files.jsonl("listed.jsonl", books(1));
    const [bad] = await files.jsonl("listed-bad.jsonl", [{ id: "x" }]);
    ids = [];
    for (const file of [good, bad, good, good])
      ids.push((await run({ collectionName: "listed", files: [[file]] })).jobId);
  });
  const list = async (body: object) => {
    const { data } = await post("list", { collectionName: "listed", ...body });
    return { ids: data.records.map((record: { jobId: string }) => record.jobId), count: data.count };
  };

  it("has pages in either order, and says how many jobs there are in all", async () => {
    expect(await list({ limit: 2 })).toEqual({ ids: ids.slice(0, 2), count: 4 });
    expect(await list({ limit: 2, offset: 2 })).toEqual({ ids: ids.slice(2), count: 4 });
    expect(await list({ limit: 3, order: "newest" })).toEqual({ ids: ids.toReversed().slice(0, 3), count: 4 });
    expect(await list({ limit: 3, offset: 4 })).toEqual({ ids: [], count: 4 });
  });

  it("shows one state or several", async () => {
    expect((await list({ state: "Failed" })).ids).toEqual([ids[1]]);
    expect((await list({ state: ["Failed", "Completed"] })).ids).toEqual(ids);
    expect((await list({ state: "Importing" })).ids).toEqual([]);
    expect(await post("list", { state: "Lost" })).toMatchObject({ code: 1801 });
  });

  it("shows jobs of a time, half-open", async () => {
    const times = await Promise.all(ids.map(async (jobId) => (await post("describe", { jobId })).data.createTime));
    const after = new Date(new Date(times[3]).getTime() + 1000).toISOString();
    expect((await list({ createdFrom: times[0], createdBefore: after })).ids).toEqual(ids);
    expect((await list({ createdFrom: after })).ids).toEqual([]);
    expect((await list({ createdBefore: 1 })).ids).toEqual([]);
    const refused = (message: string) => ({ code: 1801, message: expect.stringContaining(message) });
    expect(await post("list", { createdFrom: "yesterday" })).toMatchObject(
      refused("a time such as 2026-11-28T12:00:00Z"),
    );
    expect(await post("list", { state: "Done" })).toMatchObject(refused('"Completed"|"Failed"'));
  });
});

it("a job that is paused says what it waits for", async () => {
  const { client, files } = fixture;
  await client.createCollection(bookCollection("waiting"));
  const [file] = await files.jsonl("waiting.jsonl", books(3));
  const { data: job } = await post("create", {
    collectionName: "waiting",
    files: [[file]],
    options: { auto_commit: "false" },
  });
  for (;;) {
    const { data } = await post("describe", job);
    if (data.state !== "Uncommitted") continue;
    expect(data).toMatchObject({ phase: "uncommitted", waitsFor: "somebody to commit or abort it" });
    break;
  }
  const { records } = (await post("list", { collectionName: "waiting" })).data;
  expect(records).toEqual([expect.objectContaining({ phase: "uncommitted" })]);
});

it("a webhook of a server that is not listed is refused, and its path, which may be a secret, is not repeated", async () => {
  const { client, files } = fixture;
  await client.createCollection(bookCollection("hooked"));
  const [file] = await files.jsonl("hooked.jsonl", books(1));
  const options = { webhook: "http://127.0.0.1:1/secret-path" };
  const { code, message } = await post("create", { collectionName: "hooked", files: [[file]], options });
  expect([code, message]).toEqual([2100, expect.stringContaining("--webhook-secret")]);
  expect(message).not.toContain("secret-path");
});

it("jobs of every kind are listed together, the newest first, by pages, unless a kind is named", async () => {
  const { client, files } = fixture;
  await client.createCollection(bookCollection("kinds"));
  await client.importAndWait("kinds", await files.jsonl("kinds.jsonl", books(3)));
  const copy = await fetch(`${fixture.url}/v2/vectordb/jobs/copy/create`, {
    ...{ method: "POST", body: JSON.stringify({ collectionName: "kinds", targetCollectionName: "kinds_too" }) },
  });
  expect(await copy.json()).toMatchObject({ code: 0 });
  const listed = async (query: string) => (await (await fetch(`${fixture.url}/v2/jobs${query}`)).json()) as object;
  const types = async (query: string) => {
    const { data } = (await listed(query)) as { data: { count: number; jobs: { type: string; jobId: string }[] } };
    expect(data.jobs.map(({ jobId }) => Number(jobId))).toEqual(
      data.jobs.map(({ jobId }) => Number(jobId)).sort((a, b) => b - a),
    );
    return data;
  };
  const all = await types("?pageSize=100");
  expect(all.jobs[0].type).toBe("COPY");
  expect(new Set(all.jobs.map(({ type }) => type))).toEqual(new Set(["COPY", "IMPORT"]));
  expect(all.count).toBe(all.jobs.length);
  const second = await types("?pageSize=1&currentPage=2");
  expect(second).toMatchObject({ count: all.count, currentPage: 2, pageSize: 1, jobs: [all.jobs[1]] });
  expect((await types("?type=COPY")).jobs.map(({ type }) => type)).toEqual(["COPY"]);
  expect(await listed("?type=BOGUS")).toMatchObject({ code: 1801, message: expect.stringContaining("type") });
});
