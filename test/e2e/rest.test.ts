import { describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bookCollection, books, type RestAnswer, useRest, useServer } from "../support/index.ts";

const fixture = useServer();

const { post, run, ended } = useRest(fixture);

describe("REST import jobs", () => {
  it("import, describe and list", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest"));
    const [first] = await files.jsonl("rest-1.jsonl", books(100));
    const [second] = await files.parquet("rest-2.parquet", books(50, 1000n));
    const job = await run({ collectionName: "rest", files: [[first], [second]], options: {} });
    expect(job).toMatchObject({
      collectionName: "rest",
      state: "Completed",
      progress: 100,
      importedRows: 150,
      totalRows: 150,
      createTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/),
      completeTime: expect.stringMatching(/^\d{4}-/),
      details: [
        { fileName: `[${first}]`, state: "Completed", importedRows: 100, progress: 100 },
        { fileName: `[${second}]`, state: "Completed", importedRows: 50, progress: 100 },
      ],
    });
    expect(job.fileSize).toBe(job.details[0].fileSize + job.details[1].fileSize);
    expect(await client.count("rest")).toBe(150);
    expect((await post("get_progress", { jobId: job.jobId })).data).toEqual(job);
    expect((await post("list", { collectionName: "rest" })).data.records).toEqual([
      {
        ...{ jobId: job.jobId, collectionName: "rest", state: "Completed", progress: 100 },
        ...{ importedRows: 150, totalRows: 150, createTime: job.createTime, completeTime: job.completeTime },
      },
    ]);
    expect((await client.state(BigInt(job.jobId))).rowCount).toBe(150);
  });

  it.each(["dryRun", "dry_run", "validateOnly"])(
    "a body that says %s beside its options imports nothing",
    async (name) => {
      const answer = await post("create", { collectionName: "rest", files: [["a.jsonl"]], [name]: true });
      expect(answer).toMatchObject({
        code: 1100,
        message: expect.stringContaining('say "options":{"dry_run":"true"}'),
      });
    },
  );

  it("a failed job names file, row and field as data too", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest_failed"));
    const rows: object[] = books(10);
    rows[4] = { ...rows[4], year: "x" };
    const [file] = await files.jsonl("rest-failed.jsonl", rows);
    const job = await run({ collectionName: "rest_failed", files: [[file]] });
    expect(job).toMatchObject({ state: "Failed", failure: { row: 4, field: "year", file } });
    expect(job.reason).toContain("row 4");
    const { records } = (await post("list", { collectionName: "rest_failed" })).data;
    expect(records).toEqual([expect.objectContaining({ state: "Failed", reason: job.reason })]);
  });

  it("nulls, unknown keys, a text body and a doubled slash pass, as released clients send them", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest_odd"));
    const [file] = await files.jsonl("rest-odd.jsonl", books(5));
    const body = {
      collectionName: "rest_odd",
      files: [[file]],
      partitionName: null,
      objectUrl: "",
      clusterId: "",
      accessKey: "",
      token: null,
      options: null,
    };
    expect(await run(body)).toMatchObject({ state: "Completed", importedRows: 5 });
    expect(await run(body, { "content-type": "text/plain" })).toMatchObject({ state: "Completed", importedRows: 5 });
    const doubled = await fetch(`${fixture.url}//v2/vectordb/jobs/import/list`, {
      method: "POST",
      body: '{"collectionName":"rest_odd"}',
    });
    expect(((await doubled.json()) as RestAnswer).data.records.length).toBe(2);
  });

  it("keys of a body count whatever their case, as with Milvus", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest_case"));
    const [file] = await files.jsonl("rest-case.jsonl", books(3));
    const { data } = await post("create", {
      CollectionName: "rest_case",
      FILES: [[file]],
      Options: { dry_run: "true" },
    });
    await client.waitFor(BigInt(data.jobId));
    expect((await post("describe", { jobID: data.jobId })).data).toMatchObject({
      state: "Completed",
      dryRun: true,
      checkedRows: 3,
    });
  });

  it("all jobs are listed, not a page of ten", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest_many"));
    const [file] = await files.jsonl("rest-many.jsonl", books(1));
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) ids.push((await run({ collectionName: "rest_many", files: [[file]] })).jobId);
    const { data } = await post("list", { collectionName: "rest_many", pageSize: 10, currentPage: 1 });
    expect(data.records.map((record: { jobId: string }) => record.jobId)).toEqual(ids);
    expect(await client.count("rest_many")).toBe(12);
  });

  it("an idempotency key makes one job of two requests", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest_once"));
    const [file] = await files.jsonl("rest-once.jsonl", books(7));
    const body = { collectionName: "rest_once", files: [[file]] };
    const twice = await Promise.all([1, 2].map(() => post("create", body, { "idempotency-key": "once" })));
    expect(twice[0].data.jobId).toBe(twice[1].data.jobId);
    await client.waitFor(BigInt(twice[0].data.jobId));
    expect(await client.count("rest_once")).toBe(7);
  });

  it.each(["null", "[]", "1", '"x"'])("a body that is %s is refused", async (body) => {
    for (const path of ["create", "validate", "inspect"]) expect([1801, 1802]).toContain((await post(path, body)).code);
  });

  it("an idempotency key keeps a job that has failed, and the answer says what to do", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest_failed"));
    const file = await files.write("rest-failed.jsonl", "{}\n");
    const body = { collectionName: "rest_failed", files: [[file]] };
    const key = { "idempotency-key": "failing" };
    const first = await post("create", body, key);
    expect(first).toEqual({ code: 0, data: { jobId: expect.any(String) } });
    const { jobId } = first.data;
    expect((await ended(jobId)).state).toBe("Failed");
    const said = `the idempotency key belongs to import job ${jobId}, which has failed: have it done again (retry), or use a new key`;
    expect(await post("create", body, key)).toEqual({ code: 0, data: { jobId }, warnings: [said] });
    const request = milvus.ImportRequest.fromPartial({ collectionName: "rest_failed", files: [file] });
    const overGrpc = () => client.raw.import({ ...request, idempotencyKey: "failing too" });
    const [failed] = (await overGrpc()).tasks;
    await client.waitFor(failed);
    const again = await overGrpc();
    expect([again.tasks, again.status?.extraInfo.warnings]).toEqual([
      [failed],
      expect.stringContaining("use a new key"),
    ]);
  });

  it("a refusal has the status of HTTP that it means where the caller asks for it, and the same body", async () => {
    const told = async (path: string, body: object, headers = {}) => {
      const answer = await fetch(`${fixture.url}/v2/${path}`, { method: "POST", body: JSON.stringify(body), headers });
      return [answer.status, await answer.json()] as const;
    };
    const cases = [
      ["vectordb/collections/describe", { collectionName: "nowhere" }, 404],
      ["vectordb/collections/describe", {}, 400],
      ["vectordb/jobs/import/describe", { jobId: "1" }, 404],
      ["vectordb/jobs/snapshot/create", {}, 501],
      ["vectordb/collections/list", {}, 200],
      ["volumes/nowhere/uploads", { path: "a" }, 404],
      ["volumes/create", { volumeName: "0" }, 400],
    ] as const;
    for (const [path, body, status] of cases) {
      const usual = await told(path, body);
      expect([path, usual[0]]).toEqual([path, 200]);
      expect([path, ...(await told(path, body, { "x-error-status": "http" }))]).toEqual([path, status, usual[1]]);
    }
  });

  it("an idempotency key of another request is refused, and nothing is lost without a word", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest_keys"));
    const [first] = await files.jsonl("rest-keys-1.jsonl", books(7));
    const [second] = await files.jsonl("rest-keys-2.jsonl", books(5, 100n));
    const key = { "idempotency-key": "same" };
    const body = { collectionName: "rest_keys", files: [[first]] };
    const { data } = await post("create", body, key);
    for (const other of [{ files: [[second]] }, { options: { timeout: "300s" } }, { partitionName: "_default" }]) {
      const { code, message } = await post("create", { ...body, ...other }, key);
      expect([code, message]).toEqual([2100, expect.stringContaining(data.jobId)]);
    }
    expect((await post("create", body, key)).data).toEqual(data);
  });

  it("options that are null count as absent", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest_null"));
    const [file] = await files.jsonl("rest-null.jsonl", books(2));
    const body = { collectionName: "rest_null", files: [[file]] };
    expect((await run({ ...body, options: { timeout: null } })).state).toBe("Completed");
    expect((await post("create", { ...body, options: { auto_commit: null } })).code).not.toBe(0);
  });

  it("the list has pages for callers of a cloud, and knows all names of a collection", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("rest_pages"));
    const [file] = await files.jsonl("rest-pages.jsonl", books(1));
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await run({ collectionName: "rest_pages", files: [[file]] })).jobId);
    const list = async (body: object) => {
      const { data } = await post("list", body);
      return data.records.map((record: { jobId: string }) => record.jobId);
    };
    const cloud = { collectionName: "rest_pages", clusterId: "c" };
    expect(await list({ ...cloud, pageSize: 2, currentPage: 2 })).toEqual(ids.slice(2));
    expect(await list(cloud)).toEqual(ids);
    await client.raw.createAlias({ collectionName: "rest_pages", alias: "rest_alias", dbName: "", base: undefined });
    expect(await list({ collectionName: "rest_alias" })).toEqual(ids);
    const renamed = { oldName: "rest_pages", newName: "rest_renamed", dbName: "", newDBName: "", base: undefined };
    await client.raw.renameCollection(renamed);
    expect(await list({ collectionName: "rest_renamed" })).toEqual(ids);
    await client.createCollection(bookCollection("rest_pages"));
    expect(await list({ collectionName: "rest_pages" })).toEqual([]);
    expect((await post("list", { dbName: "nowhere" })).code).toBe(800);
  });

  it.each([
    ["a body that is no JSON", "create", "{", 1801],
    ["files of the wrong type", "create", { collectionName: "rest", files: ["a.json"] }, 1801],
    ["no collection", "create", { files: [["a.json"]] }, 1802],
    ["no files", "create", { collectionName: "rest", files: null }, 1802],
    ["an empty list", "create", { collectionName: "rest", files: [] }, 1100],
    ["an unknown collection", "create", { collectionName: "nowhere", files: [["a.json"]] }, 100],
    ["a numeric job id", "describe", { jobId: 5 }, 1801],
    [
      "another auto_commit",
      "create",
      { collectionName: "rest", files: [["a.json"]], options: { auto_commit: "no" } },
      1801,
    ],
    ["no job id", "describe", {}, 1802],
    ["an unknown job", "describe", { jobId: "5" }, 2101],
    ["a job id that is no number", "describe", { jobId: "x" }, 1100],
    ["a job id beyond int64", "describe", { jobId: "9223372036854775808" }, 1100],
  ])("%s is refused with HTTP 200, a code and a message", async (_, path, body, code) => {
    const { client } = fixture;
    if (
      !(await client.raw.hasCollection({ collectionName: "rest", dbName: "", base: undefined, timeStamp: 0n })).value
    ) {
      await client.createCollection(bookCollection("rest"));
    }
    const answer = await post(path, body);
    expect(answer).toMatchObject({ code, message: expect.stringMatching(/\S/) });
  });

  it.each([["books.jsonl"], [["books.jsonl"]]])(
    "files that are no lists of lists are shown how they are written",
    async (files) => {
      expect((await post("create", { collectionName: "rest", files })).message).toContain(
        'as in "files":[["books.jsonl"]]',
      );
    },
  );
});
