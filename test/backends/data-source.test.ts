import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { S3ObjectStore } from "@sluice/object-store";
import {
  bookCollection,
  describeWith,
  type S3Server,
  startSeaweedFs,
  startServer,
  TemporaryFolders,
  TestClient,
  type TestServer,
  useRest,
} from "../support/index.ts";

// A server on folders, and two stores of others: each has a bucket and a secret of its own.

const rows = (first: bigint, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const vector = Array.from({ length: 4 }, () => i);
    return Buffer.from(`${JSON.stringify({ id: Number(first) + i, title: `Book ${i}`, year: 2000, vector })}
`);
  });
const metricsOf = async ({ address }: TestServer) => (await fetch(`http://${address}/metrics`)).text();
const secretOf = (name: string) => ({ accessKeyId: `key-of-${name}`, secretAccessKey: `hunter2-of-${name}` });

describeWith("weed")("data_source", () => {
  const folders = new TemporaryFolders();
  const stores: S3Server[] = [];
  let server: TestServer;
  let client: TestClient;
  let dataDir: string;
  let importRoot: string;
  const key = randomBytes(32).toString("base64");
  let log = "";

  const start = async (credentialsKey: string) => {
    const endpoint = stores.map(({ endpoint }) => new URL(endpoint).host).join(",");
    server = await startServer({
      ...{ dataDir, importRoots: [importRoot] },
      settings: { workers: 1 },
      env: { SLUICE_DATA_SOURCE_ENDPOINT: endpoint, SLUICE_CREDENTIALS_KEY: credentialsKey },
    });
    client = new TestClient(server.address);
  };
  const stop = async (how: "stop" | "kill9" = "stop") => {
    client?.[Symbol.dispose]();
    await server?.[how]();
    log += server?.stderr;
  };

  beforeAll(async () => {
    [dataDir, importRoot] = [await folders.create(), await folders.create()];
    for (const name of ["one", "two"]) stores.push(await startSeaweedFs(secretOf(name)));
    for (const [i, { endpoint, server: _, ...credentials }] of stores.entries()) {
      await using store = await S3ObjectStore.open({
        ...{ endpoint, region: "us-east-1", bucket: `bucket-${i}`, prefix: "", pathStyle: true, maxSockets: 4 },
        ...{ checksums: "crc32", credentials },
      });
      await store.createBucket();
      await store.put("a/rows.jsonl", rows(BigInt(i) * 1000n, 10 + i));
      await store.put("b/bad.jsonl", [Buffer.from('{"id": "x"}\n')]);
    }
    await start(key);
    await client.createCollection(bookCollection("books"));
  });
  afterAll(async () => {
    await stop();
    for (const store of stores) await store[Symbol.asyncDispose]();
    await folders[Symbol.asyncDispose]();
  });

  const sourceOf = (i: number, more: object = {}) => ({
    ...{ type: "minio", address: new URL(stores[i].endpoint).host, bucket_name: `bucket-${i}` },
    ...{ accesskey_id: stores[i].accessKeyId, accesskey_secret: stores[i].secretAccessKey, ...more },
  });
  const body = (data_source: object, more: object = {}) => ({
    ...{ collectionName: "books", files: [["a/rows.jsonl"]], options: { options: { data_source } }, ...more },
  });
  const rest = () => useRest({ url: `http://${server.address}` });
  const ended = async (jobId: string) => {
    for (;;) {
      const { data } = await rest().post("describe", { jobId });
      if (["Completed", "Failed"].includes(data.state)) return data;
      await sleep(20);
    }
  };

  it("names a bucket of another store, with credentials of its own", async () => {
    expect(await rest().run(body(sourceOf(0)))).toMatchObject({ state: "Completed", importedRows: 10 });
    expect(await rest().run(body(sourceOf(1), { files: [["a/"]] }))).toMatchObject({
      state: "Completed",
      importedRows: 11,
    });
    expect(await client.count("books")).toBe(21);
    const { records } = (await rest().post("list", { collectionName: "books" })).data;
    expect(records).toHaveLength(2);
    for (const { jobId } of records) {
      const { infos } = await client.state(BigInt(jobId));
      const shown = JSON.stringify([infos, records, await rest().post("describe", { jobId })]);
      expect(shown).toContain("***");
      expect(shown).not.toMatch(/hunter2|key-of-/);
    }
  });

  it("is shown without its secrets wherever a job is, whatever became of it and however it was asked for", async () => {
    const failed = (await rest().post("create", body(sourceOf(0), { files: [["b/bad.jsonl"]] }))).data.jobId;
    const skipped = body(sourceOf(0), { files: [["b/bad.jsonl"]] });
    const options = { options: { ...skipped.options.options, on_error: "skip" } };
    const empty = (await rest().post("create", { ...skipped, options })).data.jobId;
    const { accessKeyId: accessKey, secretAccessKey: secretKey } = stores[1];
    const objectUrls = [[`${stores[1].endpoint}/bucket-1/a/rows.jsonl`]];
    const byUrl = (await rest().post("create", { collectionName: "books", objectUrls, accessKey, secretKey })).data
      .jobId;
    expect(await ended(failed)).toMatchObject({ state: "Failed", reason: expect.stringContaining("bad.jsonl") });
    for (const job of [await ended(empty), await ended(byUrl)]) expect(job.state).toBe("Completed");
    const shown: unknown[] = [await rest().post("list", {}), await client.list("books"), await metricsOf(server)];
    for (const jobId of [failed, empty, byUrl]) {
      for (const path of ["describe", "get_progress", "errors", "rejects", "retry", "rollback", "describe"])
        shown.push(await rest().post(path, { jobId }).catch(String));
      shown.push((await client.state(BigInt(jobId))).infos);
      const events = await fetch(`http://${server.address}/v2/vectordb/jobs/import/events?jobId=${jobId}`);
      shown.push(await events.text());
    }
    const text = JSON.stringify(shown, (_, value) => (typeof value === "bigint" ? String(value) : value));
    expect(text).toContain("***");
    expect(text).toContain("event: end");
    expect(text).not.toMatch(/hunter2|key-of-/);
  });

  it("is looked into as well", async () => {
    const looked = await rest().post("inspect", body(sourceOf(0)));
    expect(looked).toMatchObject({ code: 0, data: { files: [{ format: expect.stringMatching(/jsonl?/) }] } });
  });

  it("refuses other credentials, other servers and two places, and repeats no secret", async () => {
    const refusal = async (source: object, more: object = {}) =>
      JSON.stringify(await rest().post("create", body(source, more)));
    const answers = [
      await refusal(sourceOf(0, { accesskey_secret: "hunter2-of-nobody" })),
      await refusal(sourceOf(0, { accesskey_id: stores[1].accessKeyId })),
      await refusal(sourceOf(0, { address: "127.0.0.1:1" })),
      await refusal(sourceOf(0, { address: "169.254.169.254" })),
      await refusal(sourceOf(0), { options: { data_source: sourceOf(0), bucket: "b" } }),
    ];
    expect(answers[0]).toContain("check the secret key");
    expect(answers[1]).toMatch(/does not know the access key|check/);
    for (const answer of answers.slice(2, 4)) expect(answer).toContain("--data-source-endpoint");
    expect(answers[4]).toContain("give one of them");
    for (const answer of answers) expect(answer).not.toContain("hunter2");
  });

  it("of type local is a folder below the import roots", async () => {
    const refused = await rest().post("create", body({ type: "local", address: "/etc" }, { files: [["passwd.json"]] }));
    expect(refused.message).toContain("outside the folders");
  });

  it("survives a restart with a key; without one it fails, saying so", async () => {
    const begun = async () => String((await rest().post("create", body(sourceOf(0)))).data.jobId);
    const held = await begun();
    await stop("kill9");
    await start(key);
    expect(await ended(held)).toMatchObject({ state: "Completed" });
    await stop();
    await start("");
    const lost = await begun();
    await stop("kill9");
    await start("");
    const job = await ended(lost);
    // It may have been done before it was killed.
    if (job.state !== "Completed") expect(job.reason).toContain("held in memory only");
  });

  it("leaves no credential in records, logs or segments", async () => {
    await stop();
    const files = (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(3);
    for (const { parentPath, name } of files) {
      const bytes = await readFile(join(parentPath, name), "latin1");
      expect([name, /hunter2|key-of-/.test(bytes)]).toEqual([name, false]);
    }
    expect(log).not.toMatch(/hunter2|key-of-/);
    await start(key);
  });
});
