import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { checkStatus, common, milvus } from "@sluice/rpc";
import {
  bookCollection,
  bookOf,
  books,
  eventually,
  rowsOf,
  type ServerFixture,
  storedKeys,
  useServer,
} from "../support/index.ts";

const { CompactionState } = common;

/** Imports each list of rows by a job of its own. */
async function importEach({ client, files }: ServerFixture, name: string, lists: readonly (readonly object[])[]) {
  for (const [i, rows] of lists.entries())
    await client.importAndWait(name, await files.jsonl(`${name}-${i}.jsonl`, rows));
}

describe("in the background", () => {
  const fixture = useServer({ compactionInterval: "250ms" });

  it("small segments of many jobs become two a shard at most, while every query stays exact", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("stream", { shards: 2 }));
    const jobs = 40;
    const seen: number[] = [];
    for (let i = 0; i < jobs; i++) {
      await client.importAndWait("stream", await files.jsonl(`stream-${i}.jsonl`, books(1, BigInt(i))));
      seen.push(await client.count("stream"), (await client.query("stream", "id >= 0", ["title"])).length);
    }
    expect(seen).toEqual(Array.from({ length: jobs }, (_, i) => [i + 1, i + 1]).flat());
    await eventually(async () => {
      expect(await client.count("stream", "id >= 0")).toBe(jobs);
      expect((await fixture.client.segments("stream")).length).toBeLessThanOrEqual(4);
    }, 20_000);

    const rows = await client.query("stream", "id >= 0", ["id", "title", "year", "vector"]);
    expect(rows).toEqual(Array.from({ length: jobs }, (_, i) => bookOf(BigInt(i))));
  });

  it("jobs of compactions stand in no list of imports", async () => {
    const { client, url } = fixture;
    const listed = await client.list("stream");
    expect(listed.map(({ rowCount }) => rowCount)).toEqual(listed.map(() => 1));
    const answer = await fetch(`${url}/v2/vectordb/jobs/import/list`, {
      method: "POST",
      body: JSON.stringify({ collectionName: "stream" }),
    });
    expect(((await answer.json()) as { data: { records: object[] } }).data.records).toHaveLength(listed.length);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/sluice_compactions_ended_total\{state="completed"\} [1-9]/);
    expect(metrics).toMatch(/sluice_jobs_ended_total\{state="completed"\} 40/);
    expect(metrics).toMatch(/sluice_committed_rows_total 40/);
  });

  it("what is dropped while it is merged goes with everything that was made of it", async () => {
    const { client, dataDir } = fixture;
    await client.createCollection(bookCollection("dropped"));
    await importEach(
      fixture,
      "dropped",
      Array.from({ length: 9 }, (_, i) => books(1, BigInt(i))),
    );
    const [{ collectionID }] = await fixture.client.segments("dropped");
    await client.dropCollection("dropped");
    const left = async () => (await storedKeys(dataDir)).filter((key) => key.split("/")[1] === String(collectionID));
    await eventually(async () => expect(await left()).toEqual([]), 20_000);
  });
});

describe("when it is asked for", () => {
  const fixture = useServer({ compactionInterval: "0s" });
  const compact = (collectionName: string, more: Partial<milvus.ManualCompactionRequest> = {}) =>
    fixture.client.raw.manualCompaction(milvus.ManualCompactionRequest.fromPartial({ collectionName, ...more }));

  async function ended(compactionID: bigint) {
    for (;;) {
      const state = await fixture.client.raw.getCompactionState({ compactionID });
      if (state.state === CompactionState.Completed) return state;
      expect([state.executingPlanNo > 0n, state.completedPlanNo]).toEqual([true, 0n]);
      await sleep(10);
    }
  }

  it("all that is small is merged, and the answers tell what became of it", async () => {
    const { client } = fixture;
    await client.createCollection(bookCollection("asked"));
    await importEach(fixture, "asked", [books(2), books(1, 10n), books(3, 20n)]);
    const before = await fixture.client.segments("asked");
    const { compactionID, compactionPlanCount } = await compact("asked");
    expect(compactionPlanCount).toBe(1);
    expect(await ended(compactionID)).toMatchObject({ completedPlanNo: 1n, failedPlanNo: 0n, executingPlanNo: 0n });
    const after = await fixture.client.segments("asked");
    const { mergeInfos } = await client.raw.getCompactionStateWithPlans({ compactionID });
    expect(mergeInfos).toEqual([
      { sources: before.map(({ segmentID }) => segmentID).sort(), target: after[0].segmentID },
    ]);
    expect(after.map(({ numRows }) => numRows)).toEqual([6n]);
    expect((await client.query("asked", "id >= 0", ["id"])).map(({ id }) => id)).toEqual([0n, 1n, 10n, 20n, 21n, 22n]);
  });

  it("where there is nothing to merge there is no compaction", async () => {
    expect(await compact("asked")).toMatchObject({ compactionID: -1n, compactionPlanCount: 0 });
    const unknown = await fixture.client.raw.getCompactionState({ compactionID: -1n });
    expect(unknown).toMatchObject({ state: CompactionState.Completed, completedPlanNo: 0n });
    expect((await compact("nobody")).status?.code).toBe(100);
  });

  it("with a size everything is written anew, and told: benchmarks go on when no segment was left out", async () => {
    const { client } = fixture;
    for (const targetSize of [1n, 2n ** 63n - 1n]) {
      const before = await client.segments("asked");
      const { compactionID } = await compact("asked", { targetSize });
      await ended(compactionID);
      const after = await client.segments("asked");
      const { mergeInfos } = await client.raw.getCompactionStateWithPlans({ compactionID });
      expect(mergeInfos).toEqual([{ sources: [before[0].segmentID], target: after[0].segmentID }]);
      expect(after).toEqual([expect.objectContaining({ numRows: 6n, isSorted: true })]);
    }
    expect(await client.count("asked", "id >= 0")).toBe(6);
  });

  it("what it cannot do is refused, with what to do instead", async () => {
    for (const more of [{ majorCompaction: true }, { targetSize: -5n }]) {
      const { status } = await compact("asked", more);
      expect([status?.code, status?.reason]).toEqual([1100, expect.stringMatching(/to merge small segments/)]);
    }
    expect((await compact("asked", { l0Compaction: true })).compactionID).toBe(-1n);
  });

  it("of rows with one key the newest stays the one that is seen", async () => {
    const { client } = fixture;
    await client.createCollection(bookCollection("again"));
    const titled = (title: string) => [{ ...bookOf(1n), title }];
    await importEach(fixture, "again", [titled("old"), titled("new"), titled("newest")]);
    const [oldest, newer] = (await fixture.client.segments("again")).map(({ segmentID }) => segmentID);
    await ended((await compact("again", { segmentIds: [oldest, newer] })).compactionID);
    expect((await fixture.client.segments("again")).length).toBe(2);
    const seen = async () => (await client.query("again", "id == 1", ["title"])).map(({ title }) => title);
    expect(await seen()).toEqual(["newest"]);
    await ended((await compact("again")).compactionID);
    expect((await fixture.client.segments("again")).length).toBe(1);
    expect(await seen()).toEqual(["newest"]);
    expect(await client.count("again")).toBe(3);
  });

  it("an iterator goes on with what it has begun with", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("paged"));
    await importEach(fixture, "paged", [books(2), books(2, 10n), books(2, 20n)]);
    const page = async (expr: string, guaranteeTimestamp = 0n) => {
      const queryParams = Object.entries({ iterator: "True", limit: "3" }).map(([key, value]) => ({ key, value }));
      const request = { collectionName: "paged", expr, outputFields: ["id"], queryParams, guaranteeTimestamp };
      const { fieldsData, sessionTs } = await client.raw.query(milvus.QueryRequest.fromPartial(request));
      return { ids: rowsOf(fieldsData).map(({ id }) => id), sessionTs };
    };
    const first = await page("id >= 0");
    expect(first.ids).toEqual([0n, 1n, 10n]);
    expect(first.sessionTs).toBeGreaterThan(0n);
    await client.importAndWait("paged", await files.jsonl("paged-late.jsonl", books(1, 15n)));
    await ended((await compact("paged")).compactionID);
    expect(await client.segments("paged")).toHaveLength(1);
    expect(await page("id > 10", first.sessionTs)).toEqual({ ids: [11n, 20n, 21n], sessionTs: 0n });
    const plain = milvus.QueryRequest.fromPartial({ collectionName: "paged", expr: "id >= 0" });
    expect((await client.raw.query(plain)).sessionTs).toBe(0n);
    expect((await page("id > 10")).ids).toEqual([11n, 15n, 20n]);
  });

  const expireAfter = async (collectionName: string, seconds: number) => {
    const properties = [{ key: "collection.ttl.seconds", value: String(seconds) }];
    const request = milvus.AlterCollectionRequest.fromPartial({ collectionName, properties });
    checkStatus(await fixture.client.raw.alterCollection(request));
  };

  it("rows expire when they would have without it", async () => {
    const { client } = fixture;
    await client.createCollection(bookCollection("expiring", { properties: { "collection.ttl.seconds": "3600" } }));
    await importEach(fixture, "expiring", [books(2)]);
    await sleep(3500);
    const laterMs = performance.now();
    await importEach(fixture, "expiring", [books(1, 10n)]);
    await ended((await compact("expiring")).compactionID);
    const ids = async () => (await client.query("expiring", "id >= 0", ["id"])).map(({ id }) => id);
    const found = [String(await ids())];
    // Two seconds more than the later row is old at most, and less than the others are, however long the merge took.
    await expireAfter("expiring", Math.ceil((performance.now() - laterMs) / 1000) + 2);
    while (found.at(-1) !== "") {
      const now = String(await ids());
      if (now !== found.at(-1)) found.push(now);
      await sleep(50);
    }
    expect(found).toEqual(["0,1,10", "10", ""]);
    expect(await client.count("expiring")).toBe(0);
  }, 20_000);
});
