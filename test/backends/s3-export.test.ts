import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { S3ObjectStore } from "@sluice/object-store";
import {
  bookCollection,
  books,
  describeWith,
  type S3Server,
  SourceFiles,
  startSeaweedFs,
  startServer,
  TemporaryFolders,
  TestClient,
  type TestServer,
} from "../support/index.ts";

describeWith("weed")("a server whose segments lie in S3", () => {
  const folders = new TemporaryFolders();
  let s3: S3Server;
  let server: TestServer;
  let client: TestClient;
  let exports: S3ObjectStore;
  let files: SourceFiles;

  beforeAll(async () => {
    s3 = await startSeaweedFs();
    const { endpoint, accessKeyId, secretAccessKey } = s3;
    exports = await S3ObjectStore.open({
      ...{ endpoint, region: "us-east-1", bucket: "exports", prefix: "", pathStyle: true, checksums: "crc32" },
      ...{ credentials: { accessKeyId, secretAccessKey }, maxSockets: 4 },
    });
    await exports.createBucket();
    const { dataDir, importRoot } = await folders.createPair();
    files = new SourceFiles(importRoot);
    const place = { s3: endpoint, s3Bucket: "segments", s3AccessKey: accessKeyId, s3SecretKey: secretAccessKey };
    const opened = {
      ...{ exportRoot: "out=s3://exports/deep", source: "back=s3://exports/deep" },
      // It is another service to itself.
      dataSourceEndpoint: "127.0.0.1",
    };
    server = await startServer({ dataDir, importRoots: [importRoot], settings: { ...place, ...opened, workers: 2 } });
    client = new TestClient(server.address);
    await client.createCollection(bookCollection("books", { shards: 2 }));
    await client.importAndWait("books", await files.jsonl("books.jsonl", books(500)));
  });
  afterAll(async () => {
    client?.[Symbol.dispose]();
    for (const opened of [server, exports, s3, folders]) await opened?.[Symbol.asyncDispose]();
  });

  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests check
  async function run(kind: string, body: object): Promise<any> {
    const post = async (path: string, body: object) => {
      const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      const response = await fetch(`http://${server.address}/v2/vectordb/jobs/${kind}/${path}`, request);
      return ((await response.json()) as { data: { jobId: string; state: string } }).data;
    };
    const { jobId } = await post("create", body);
    for (;;) {
      const job = await post("describe", { jobId });
      if (["Completed", "Failed"].includes(job.state)) return job;
      await sleep(20);
    }
  }

  it("exports into a bucket, from where the rows are imported again", async () => {
    const job = await run("export", { collectionName: "books", to: "out://nightly" });
    expect(job).toMatchObject({ state: "Completed", exportedRows: 500 });
    const keys = await Array.fromAsync(exports.list("deep/nightly/"), ({ key }) => key.split("/").at(-1));
    expect(keys).toHaveLength(job.files + 1);
    expect(keys).toContain("_manifest.json");
    await client.createCollection(bookCollection("again"));
    await client.importAndWait("again", [`back://${job.to.slice("out://".length)}/`]);
    expect(await client.query("again", "id >= 0", ["*"])).toEqual(await client.query("books", "id >= 0", ["*"]));
  });

  it("hands a collection over to another Sluice by the bucket, deletes too, and leaves no file there", async () => {
    await client.delete("books", "id < 20");
    const to = { address: server.address, files: "out://given", filesAs: "back://given" };
    const job = await run("copy", { collectionName: "books", targetCollectionName: "handed", to });
    expect(job).toMatchObject({ state: "Completed", copiedRows: 480, strategy: "files" });
    expect(await client.query("handed", "id >= 0", ["*"])).toEqual(await client.query("books", "id >= 0", ["*"]));
    expect(await client.count("handed")).toBe(480);
    expect(await Array.fromAsync(exports.list("deep/given/"))).toEqual([]);
  });

  it("copies a collection by the service's own call", async () => {
    const job = await run("copy", { collectionName: "books", targetCollectionName: "twin" });
    expect(job).toMatchObject({ state: "Completed", copiedRows: 480 });
    const rows = await client.query("books", "id >= 0", ["*"]);
    await client.dropCollection("books");
    expect(await client.query("twin", "id >= 0", ["*"])).toEqual(rows);
  });
});
