import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { checkStatus, common, milvus } from "@sluice/rpc";
import {
  bookCollection,
  books,
  describeWith,
  linesOf,
  TestBackends,
  TestClient,
  TestCluster,
  type TestServer,
} from "../support/index.ts";

// R2. Segments are read by several querynodes at once; one that dies, or stops for a while, costs a retry and no error.

/** All of them fall to one of three nodes once in fourteen million runs. */
const SEGMENTS = 16;
const ROWS = 10;

describeWith(
  "etcd",
  "redis-server",
  "weed",
)("querynodes that share segments", () => {
  let backends: TestBackends;
  let cluster: TestCluster;
  let client: TestClient;

  beforeAll(async () => {
    backends = await TestBackends.start();
    cluster = await TestCluster.start(backends, {
      counts: { querynode: 3 },
      settings: { rootcoord: { compactionInterval: "0s" } },
    });
    client = new TestClient(cluster.address);
    await client.createCollection(bookCollection("books"));
    const importOne = async (i: number) => {
      await cluster.objects.put(`${i}.jsonl`, [Buffer.from(linesOf(books(ROWS, BigInt(i * ROWS))))]);
      await client.importAndWait("books", [`${i}.jsonl`]);
    };
    await Promise.all(Array.from({ length: SEGMENTS }, (_, i) => importOne(i)));
  }, 120_000);

  afterAll(async () => {
    client?.[Symbol.dispose]();
    await cluster?.[Symbol.asyncDispose]();
    await backends?.[Symbol.asyncDispose]();
  }, 60_000);

  const { vector } = books(1)[0];
  const value = Buffer.from(Float32Array.from(vector as number[]).buffer);
  const group = { placeholders: [{ tag: "$0", type: 101 as const, values: [value], elementLevel: false }] };
  const request = milvus.SearchRequest.fromPartial({
    ...{ collectionName: "books", outputFields: ["title"] },
    searchInput: { $case: "placeholderGroup", value: Buffer.from(common.PlaceholderGroup.encode(group).finish()) },
    searchParams: Object.entries({ anns_field: "vector", metric_type: "L2", topk: String(SEGMENTS * ROWS) }).map(
      ([key, text]) => ({ key, value: text }),
    ),
  });
  const search = async () => {
    const { status, results } = await client.raw.search(request);
    checkStatus(status);
    return results;
  };
  /** Reads through another querynode that were answered. */
  const readsOf = async ({ healthAddress }: TestServer) => {
    const metrics = await (await fetch(`http://${healthAddress}/metrics`)).text();
    return [...metrics.matchAll(/^sluice_rpc\S*RankRows\S* (\d+)/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  };

  it("read what falls to them, for whichever is asked", async () => {
    for (let i = 0; i < 6; i++) expect((await search())?.topks).toEqual([BigInt(SEGMENTS * ROWS)]);
    const reads = await Promise.all(cluster.of("querynode").map(readsOf));
    expect(reads.filter((count) => count > 0).length).toBeGreaterThan(1);
  });

  it("are named with the segments that each reads", async () => {
    const about = { base: undefined, dbName: "", collectionName: "books" };
    const { infos } = await client.raw.getQuerySegmentInfo(about);
    expect(new Set(infos.map(({ segmentID }) => segmentID)).size).toBe(SEGMENTS);
    const { replicas } = await client.raw.getReplicas(milvus.GetReplicasRequest.fromPartial(about));
    expect(new Set(replicas[0].nodeIds).size).toBe(3);
    const readers = new Set(infos.flatMap(({ nodeIds }) => nodeIds));
    expect(readers.size).toBeGreaterThan(1);
    expect(readers.difference(new Set(replicas[0].nodeIds))).toEqual(new Set());
  });

  it("answer the same without an error while one is killed, and while one is stopped", async () => {
    const expected = await search();
    const harm = async (hurt: (node: TestServer) => unknown) => {
      const [node] = cluster.of("querynode");
      const searches = Array.from({ length: 20 }, async (_, i) => {
        if (i === 8) await hurt(node);
        return search();
      });
      for (const answer of await Promise.all(searches)) expect(answer).toEqual(expected);
      expect(await client.count("books", "id >= 0")).toBe(SEGMENTS * ROWS);
      return node;
    };
    await harm((node) => node.kill9());
    (await harm((node) => node.freeze())).thaw();
  }, 60_000);

  it("are missed, in time for the client's deadline, while none lives, and answer when one has come", async () => {
    await Promise.all(cluster.of("querynode").map((node) => node.stop()));
    const missed = async () => (await client.raw.search(request, { deadlineMs: 5000 })).status;
    expect(await missed()).toMatchObject({
      ...{ code: 503, retriable: true },
      reason: expect.stringMatching(
        /^failed to search: no available shard leaders: channel not available\[.*: no querynode lives/,
      ),
    });
    const waiting = client.count("books", "id >= 0");
    await cluster.add("querynode");
    expect(await waiting).toBe(SEGMENTS * ROWS);
  }, 60_000);
});
