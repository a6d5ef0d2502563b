import { request } from "node:http";
import { describe, expect, it } from "@jest/globals";
import { bookCollection, books, useRest, useServer } from "../support/index.ts";

const fixture = useServer();
const { post } = useRest(fixture);

async function send(method: "GET" | "POST", path: string, body?: object) {
  const response = await fetch(`${fixture.url}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
  expect(response.status).toBe(200);
  return (await response.json()) as { code?: number; message?: string; data: never } & Record<string, unknown>;
}

describe("/v1/vector/collections/import, as pymilvus has it up to 2.4.7", () => {
  const base = "/v1/vector/collections/import";

  it("imports, tells of the job and lists it, each with code 200", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("v1"));
    const [file] = await files.jsonl("v1.jsonl", books(4));
    const created = await send("POST", base, { collectionName: "v1", clusterId: "c", files: [[file]], objectUrl: "" });
    const { jobId } = created.data as { jobId: string };
    expect(created).toEqual({ code: 200, data: { jobId: expect.stringMatching(/^\d+$/) } });
    await client.waitFor(BigInt(jobId));
    const got = await send("GET", `${base}/get?jobId=${jobId}&clusterId=c`);
    expect(got).toMatchObject({
      code: 200,
      data: { jobId, state: "Completed", readyPercentage: 1, fileName: file, errorMessage: null },
    });
    const [detail] = (got.data as { details: object[] }).details;
    const ended = { completeTime: expect.stringMatching(/Z$/), errorMessage: null };
    expect(detail).toMatchObject({ fileName: file, fileSize: expect.any(Number), readyPercentage: 1, ...ended });
    const listed = await send("GET", `${base}/list?clusterId=c&pageSize=1&currentPage=1`);
    expect(listed).toMatchObject({
      code: 200,
      data: { tasks: [{ jobId, state: "ImportCompleted" }], count: 1, currentPage: 1, pageSize: 1 },
    });
  });

  it("tells of a job that has failed, and of one that goes on, with null for what is not known", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("v1_states"));
    const bad = await files.jsonl("v1-bad.jsonl", [{ id: "x" }]);
    const held = await files.jsonl("v1-held.jsonl", books(2));
    const create = async (paths: string[]) =>
      (await send("POST", base, { collectionName: "v1_states", files: [paths], options: { auto_commit: "false" } }))
        .data as { jobId: string };
    const [failed, waiting] = [await create(bad), await create(held)];
    await client.waitFor(BigInt(failed.jobId));
    const get = async ({ jobId }: { jobId: string }) =>
      (await send("GET", `${base}/get?jobId=${jobId}`)).data as object;
    expect(await get(failed)).toMatchObject({ errorMessage: expect.stringContaining("row 0"), readyPercentage: 0 });
    expect(await get(waiting)).toMatchObject({ errorMessage: null, completeTime: null });
    const { tasks } = (await send("GET", `${base}/list?collectionName=v1_states`)).data as { tasks: object[] };
    expect(tasks).toMatchObject([
      { ...waiting, state: "ImportRunning" },
      { ...failed, state: "ImportFailed" },
    ]);
  });

  it("refuses with another code, and a message", async () => {
    expect(await send("GET", `${base}/get?jobId=12`)).toMatchObject({
      code: 2101,
      message: expect.stringMatching("jobID=12"),
    });
    expect(await send("POST", base, { collectionName: "v1", objectUrl: "ftp://h/b/k", accessKey: "a" })).toMatchObject({
      code: 1100,
    });
    expect(await send("GET", `${base}/list?pageSize=0`)).toMatchObject({ code: 1801 });
  });
});

describe("/api/v1/import, the messages of gRPC in JSON", () => {
  it("imports, and tells of tasks as the messages do", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("first"));
    const [file] = await files.jsonl("first.jsonl", books(6));
    const request = { collection_name: "first", files: [file], options: [{ key: "timeout", value: "300s" }] };
    const created = await send("POST", "/api/v1/import", request);
    const [task] = created.tasks as number[];
    expect(created).toEqual({ status: {}, tasks: [expect.any(Number)] });
    await client.waitFor(BigInt(task));
    const state = await send("GET", `/api/v1/import/state?task=${task}`);
    expect(state).toMatchObject({ status: {}, state: 6, row_count: 6, id: task });
    expect(state.infos).toContainEqual({ key: "timeout", value: "300s" });
    const { tasks } = await send("GET", "/api/v1/import/tasks?collection_name=first&limit=1");
    expect(tasks).toEqual([expect.objectContaining({ id: task, row_count: 6 })]);
  });

  it("refuses in a status, whose both codes are not 0", async () => {
    expect(await send("POST", "/api/v1/import", { collectionName: "nowhere", files: ["a.json"] })).toEqual({
      status: { error_code: 4, code: 100, reason: expect.stringContaining("can't find collection") },
    });
    expect(await send("GET", "/api/v1/import/state?task=12")).toMatchObject({
      status: { error_code: 1, reason: expect.stringContaining("does not exist") },
    });
  });

  it("takes the message of a GET out of its body, as Milvus does, and answers what is none by HTTP 400 and a status", async () => {
    const url = new URL(fixture.url);
    // fetch sends no body with GET.
    const get = (path: string, body: string) =>
      new Promise<{ status: number; answer: object }>((resolve, reject) => {
        const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
        const sent = request({ host: url.hostname, port: url.port, path, method: "GET", headers }, async (response) => {
          const text = Buffer.concat(await Array.fromAsync(response)).toString();
          resolve({ status: response.statusCode ?? 0, answer: JSON.parse(text) });
        });
        sent.once("error", reject).end(body);
      });
    expect(await get("/api/v1/import/state", '{"task": 12}')).toMatchObject({
      ...{ status: 200, answer: { status: { error_code: 1, reason: expect.stringContaining("jobID=12") } } },
    });
    expect(await get("/api/v1/import/tasks", '{"collection_name": "first"}')).toMatchObject({
      ...{ status: 200, answer: { tasks: [{ row_count: 6 }] } },
    });
    for (const [path, body] of [
      ["state", '{"task": "x"}'],
      ["state", "{}"],
      ["state", '{"task": 12'],
      ["tasks", '{"limit": -1}'],
    ])
      expect(await get(`/api/v1/import/${path}`, body)).toMatchObject({
        ...{ status: 400, answer: { error_code: 5, reason: expect.any(String) } },
      });
    const post = await fetch(`${fixture.url}/api/v1/import`, { method: "POST", body: '{"files": [' });
    expect([post.status, await post.json()]).toEqual([
      400,
      { error_code: 5, reason: expect.stringContaining("can only accept json format request") },
    ]);
  });
});

// What clients may send instead of what is meant: HTTP 200, a code, and words that say what is wrong.
describe("refusals of jobs/import", () => {
  const jobRoutes = [
    "describe",
    "get_progress",
    "commit",
    "abort",
    "cancel",
    "pause",
    "resume",
    "rollback",
    "retry",
    "errors",
    "rejects",
  ];

  it.each(jobRoutes)("%s: no id, null, of another type, no number, too large, unknown", async (route) => {
    const codes = async (bodies: object[]) => Promise.all(bodies.map(async (body) => (await post(route, body)).code));
    expect(await codes([{}, { jobId: null }, { jobId: "" }])).toEqual([1802, 1802, 1802]);
    expect(await codes([{ jobId: 5 }, { jobId: ["5"] }, { jobId: {} }])).toEqual([1801, 1801, 1801]);
    expect(await codes([{ jobId: "x" }, { jobId: "-1" }, { jobId: "9223372036854775808" }])).toEqual([
      1100, 1100, 1100,
    ]);
    const unknown = await post(route, { jobId: "5" });
    expect(unknown).toMatchObject({
      code: 2101,
      message: expect.stringContaining("import job does not exist, jobID=5"),
    });
    expect(await codes([[], "x" as never])).toEqual([1801, 1801]);
  });

  it.each([
    [
      "a database that there is not",
      { dbName: "nowhere", collectionName: "v1", files: [["a.json"]] },
      800,
      "database not found",
    ],
    [
      "a collection of another database",
      { dbName: "other", collectionName: "only_default", files: [["a.json"]] },
      100,
      "can't find collection",
    ],
    [
      "a partition that there is not",
      { collectionName: "only_default", partitionName: "p", files: [["a.jsonl"]] },
      200,
      "partition not found",
    ],
    [
      "files of two kinds",
      { collectionName: "only_default", files: [["a.json"]], objectUrl: "s3://b/k" },
      1100,
      "name one kind",
    ],
    ["options that are a list", { collectionName: "only_default", files: [["a.json"]], options: [1] }, 1801, "options"],
    ["null for the collection", { collectionName: null, files: [["a.json"]] }, 1802, "collectionName"],
    ["a number for the collection", { collectionName: 7, files: [["a.json"]] }, 1801, "collectionName"],
  ])("create: %s", async (_, body, code, words) => {
    const { client } = fixture;
    await post("list", {});
    const about = { base: undefined, timeStamp: 0n, dbName: "", collectionName: "only_default" };
    if (!(await client.raw.hasCollection(about)).value) {
      await client.createCollection(bookCollection("only_default"));
      await client.raw.createDatabase({ base: undefined, dbName: "other", properties: [] });
    }
    expect(await post("create", body)).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(await post("validate", body)).toMatchObject({ code });
  });
});
