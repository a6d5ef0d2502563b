import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { S3ObjectStore } from "@sluice/object-store";
import { checkStatus, milvus } from "@sluice/rpc";
import {
  bookCollection,
  books,
  describeWith,
  TestBackends,
  TestClient,
  TestCluster,
  useRest,
} from "../support/index.ts";

// Copies within the service, from another one and to one, merges and exports, by several datanodes on S3; each loses one of them meanwhile.

const ROWS = 30_000;

describeWith(
  "etcd",
  "redis-server",
  "weed",
)("a cluster of three datanodes on S3", () => {
  let backends: TestBackends;
  let cluster: TestCluster;
  let client: TestClient;
  let exports: S3ObjectStore;

  beforeAll(async () => {
    backends = await TestBackends.start();
    const { endpoint, accessKeyId, secretAccessKey } = backends.s3;
    exports = await S3ObjectStore.open({
      ...{ endpoint, region: "us-east-1", bucket: "exports", prefix: "", pathStyle: true, checksums: "crc32" },
      ...{ credentials: { accessKeyId, secretAccessKey }, maxSockets: 4 },
    });
    await exports.createBucket();
    const exportRoot = "out=s3://exports/deep";
    const rootcoord = { exportRoot, splitSize: "1MB", compactionInterval: "0s", dataSourceEndpoint: "127.0.0.1" };
    const datanode = { exportRoot, workers: 1, flushSize: "64KB" };
    const credentialsKey = Buffer.alloc(32, 1).toString("hex");
    cluster = await TestCluster.start(backends, {
      counts: { datanode: 3 },
      settings: { rootcoord: { ...rootcoord, credentialsKey }, datanode: { ...datanode, credentialsKey } },
    });
    client = new TestClient(cluster.address);
    await client.createCollection(bookCollection("books", { shards: 2 }));
    const lines = books(ROWS).map((book) =>
      JSON.stringify(book, (_, value) => (typeof value === "bigint" ? Number(value) : value)),
    );
    await cluster.objects.put("books.jsonl", [Buffer.from(lines.join("\n"))]);
    await client.importAndWait("books", ["books.jsonl"]);
  }, 120_000);
  afterAll(async () => {
    client?.[Symbol.dispose]();
    for (const opened of [exports, cluster, backends]) await opened?.[Symbol.asyncDispose]();
  });

  /** Kills a datanode as soon as the job works. */
  async function runWithKill(kind: string, body: object) {
    const { post, ended } = useRest({ url: `http://${cluster.address}` }, kind);
    const { data, message } = await post("create", body);
    if (!data) throw new Error(message);
    for (let phase = ""; !["working", "ended"].includes(phase); await sleep(5))
      phase = (await post("describe", data)).data.phase;
    await cluster.of("datanode")[0].kill9();
    const job = await ended(data.jobId);
    await cluster.add("datanode");
    return job;
  }

  it.each<[what: string, body: () => object]>([
    ["within", () => ({})],
    ["within", () => ({ ifExists: "replace" })],
    ["from", () => ({ from: { address: cluster.address, token: "root:Milvus" } })],
    ["to", () => ({ to: { address: cluster.address } })],
  ])(
    "copies a collection, %s, whichever node dies",
    async (target, more) => {
      const job = await runWithKill("copy", { collectionName: "books", targetCollectionName: target, ...more() });
      expect(job).toMatchObject({ state: "Completed", copiedRows: ROWS, partitions: [{ rows: ROWS }] });
      const all = ["id", "title", "year", "vector"];
      expect(await client.query(target, "id >= 0", all)).toEqual(await client.query("books", "id >= 0", all));
      expect(await client.count(target)).toBe(ROWS);
    },
    60_000,
  );

  it("merges files into a collection, whichever node dies", async () => {
    const lines = Array.from({ length: ROWS / 2 }, (_, i) => JSON.stringify({ id: 2 * i, price: i + 0.5 }));
    await cluster.objects.put("prices.jsonl", [Buffer.from(lines.join("\n"))]);
    const url = `http://${cluster.address}/v2`;
    const newFields = [{ fieldName: "price", dataType: "DOUBLE" }];
    const body = {
      collectionName: "books",
      destCollectionName: "priced",
      mergeField: "id",
      newFields,
      files: [["prices.jsonl"]],
    };
    const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const created = (await (await fetch(`${url}/etl/merge`, request)).json()) as { data?: { jobId: string } };
    expect(created).toMatchObject({ code: 0 });
    const look = async () =>
      ((await (await fetch(`${url}/jobs/${created.data?.jobId}`)).json()) as { data: { status: string } }).data;
    await cluster.of("datanode")[0].kill9();
    for (let { status } = await look(); ["PENDING", "IN_PROGRESS"].includes(status); { status } = await look())
      await sleep(20);
    await cluster.add("datanode");
    expect(await look()).toMatchObject({ status: "SUCCESSFUL" });
    checkStatus(
      await client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName: "priced" })),
    );
    expect([await client.count("priced"), await client.count("priced", "price > 0")]).toEqual([ROWS, ROWS / 2]);
  }, 60_000);

  it("exports a collection, whichever node dies, each row once", async () => {
    const job = await runWithKill("export", { collectionName: "books", to: "out://kept", format: "jsonl" });
    expect(job).toMatchObject({ state: "Completed", exportedRows: ROWS });
    const ids = new Set<number>();
    for await (const { key, sizeBytes } of exports.list("deep/kept/")) {
      if (!key.endsWith(".jsonl")) continue;
      const bytes = new Uint8Array(sizeBytes);
      await exports.readInto(key, 0, bytes);
      for (const line of Buffer.from(bytes).toString().trim().split("\n")) ids.add(JSON.parse(line).id);
    }
    expect(ids.size).toBe(ROWS);
  }, 60_000);
});
