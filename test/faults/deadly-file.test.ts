import { expect, it } from "@jest/globals";
import {
  bookCollection,
  books,
  describeWith,
  eventually,
  linesOf,
  TestBackends,
  TestClient,
  TestCluster,
} from "../support/index.ts";

const ROWS = 60_000;
/** Of the file that never ends: each of its attempts takes longer than to see that it has begun. */
const DEADLY_ROWS = 400_000;
const suite = describeWith("etcd", "redis-server", "weed");

suite("a file that datanodes die of", () => {
  it("fails after three of them, saying so; a file that shared a node with it does not", async () => {
    await using backends = await TestBackends.start();
    await using cluster = await TestCluster.start(backends, { settings: { datanode: { workers: 1 } } });
    await cluster.objects.put("deadly.jsonl", [lines(DEADLY_ROWS)]);
    await cluster.objects.put("good.jsonl", [lines(ROWS)]);
    using client = new TestClient(cluster.address);
    await client.createCollection(bookCollection("books"));
    const good = await client.import("books", ["good.jsonl"]);
    await killOnce(cluster, good);
    const deadly = await client.import("books", ["deadly.jsonl"]);
    for (let i = 0; i < 3; i++) await killOnce(cluster, deadly);
    const { isCompleted, reason } = await client.waitFor(deadly);
    expect(isCompleted).toBe(false);
    expect(reason).toMatch(
      /^3 datanodes died while they worked on it: datanode \d+ \(attempt 1, .*fell silent.*deadly\.jsonl/,
    );
    expect((await client.waitFor(good)).isCompleted).toBe(true);
    expect(await client.count("books")).toBe(ROWS);
  }, 120_000);
});

/** What would happen if the file made its datanode die; another one starts. */
async function killOnce(cluster: TestCluster, job: bigint): Promise<void> {
  const [node] = cluster.of("datanode");
  await eventually(
    async () =>
      expect(node.stderr).toMatch(new RegExp(`attempt begins.*"jobId":"${job}"|"jobId":"${job}".*attempt begins`)),
    30_000,
  );
  await node.kill9();
  cluster.launch("datanode");
}

function lines(rows: number): Buffer {
  return Buffer.from(linesOf(books(rows)));
}
