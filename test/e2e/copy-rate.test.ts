import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { bookCollection, books, useRest, useServer } from "../support/index.ts";

// Copies that move so many bytes a second, and ask for quotas first. A server is another service to itself.

const fixture = useServer({ flushSize: "64KB", compactionInterval: "0s", dataSourceEndpoint: "127.0.0.1" });
const { post, run } = useRest(fixture, "copy");
const ROWS = 3000;

beforeAll(async () => {
  const { client, files } = fixture;
  await client.createCollection(bookCollection("many"));
  await client.createCollection(bookCollection("other"));
  for (const part of [0n, 1n])
    await client.importAndWait("many", await files.jsonl(`many-${part}.jsonl`, books(ROWS / 2, part * 10_000n)));
  checkStatus(await client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName: "many" })));
});

const there = () => ({ address: fixture.server.address });

describe("a copy with a rate", () => {
  it.each<[string, object]>([
    ["within the service", {}],
    ["into a collection that there is", { targetCollectionName: "other", ifExists: "append" }],
    ["from another service", { from: { address: "" } }],
    ["to another service", { to: { address: "" } }],
  ])("%s takes as long as its bytes do, and has all rows", async (what, more) => {
    const [direction] = Object.keys(more);
    const about = { collectionName: "many", targetCollectionName: `paced_${what.replaceAll(" ", "_")}`, ...more };
    const body = direction === "from" || direction === "to" ? { ...about, [direction]: there() } : about;
    const { bytes } = (await post("create", { ...body, dryRun: true })).data;
    expect(bytes).toBeGreaterThan(50_000);
    // Objects are smaller than rows in memory.
    const wantedMs = 2500;
    const maxMBPerSecond = bytes / 1e6 / (wantedMs / 1000);
    const beganMs = performance.now();
    const job = await run({ ...body, maxMBPerSecond });
    const tookMs = performance.now() - beganMs;
    expect(job).toMatchObject({
      state: "Completed",
      copiedRows: ROWS,
      maxMBPerSecond: expect.closeTo(maxMBPerSecond, 3),
    });
    // Of rows there their size is estimated.
    const part = { from: 0.5, to: 0.8 }[direction as string] ?? 0.16;
    expect(tookMs).toBeGreaterThan(part * wantedMs);
  });

  it("is told when it is cancelled while it waits for its turn", async () => {
    const body = { collectionName: "many", targetCollectionName: "never", maxMBPerSecond: 0.001 };
    const { data } = await post("create", body);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await post("cancel", data)).code).toBe(0);
    expect((await post("describe", data)).data).toMatchObject({ state: "Failed" });
  });

  it.each([0, -1, 1e9, "fast"])("of %p is refused", async (maxMBPerSecond) => {
    const answer = await post("create", { collectionName: "many", targetCollectionName: "x", maxMBPerSecond });
    expect(answer).toMatchObject({ code: expect.any(Number), message: expect.stringContaining("maxMBPerSecond") });
  });
});

describe("a quota of the target", () => {
  const alter = async (properties: Readonly<Record<string, string>>) => {
    const pairs = Object.entries(properties).map(([key, value]) => ({ key, value }));
    const request = milvus.AlterDatabaseRequest.fromPartial({ dbName: "small", properties: pairs });
    checkStatus(await fixture.client.raw.alterDatabase(request));
  };
  const create = (more: object) =>
    post("create", {
      collectionName: "many",
      targetCollectionName: "sent",
      to: { ...there(), dbName: "small" },
      ...more,
    });

  it("that is too small refuses a copy to it before anything is made there, with the numbers", async () => {
    checkStatus(await fixture.client.raw.createDatabase(milvus.CreateDatabaseRequest.fromPartial({ dbName: "small" })));
    await alter({ "database.diskQuota.mb": "0" });
    for (const dryRun of [true, false])
      expect(await create({ dryRun })).toMatchObject({
        message: expect.stringMatching(/about 1 MB, more than the 0 MB/),
      });
    await alter({ "database.diskQuota.mb": "100", "database.max.collections": "0" });
    expect(await create({})).toMatchObject({
      message: expect.stringContaining("small has 0 collections, and may have 0"),
    });
    const shown = await fixture.client.raw.showCollections(
      milvus.ShowCollectionsRequest.fromPartial({ dbName: "small" }),
    );
    expect(shown.collectionNames).toEqual([]);
    await alter({ "database.max.collections": "10" });
    expect((await create({})).code).toBe(0);
  });

  it("of collections holds within the service, too", async () => {
    const request = milvus.CreateDatabaseRequest.fromPartial({ dbName: "full" });
    checkStatus(await fixture.client.raw.createDatabase(request));
    const properties = [{ key: "database.max.collections", value: "0" }];
    checkStatus(
      await fixture.client.raw.alterDatabase(milvus.AlterDatabaseRequest.fromPartial({ dbName: "full", properties })),
    );
    const answer = await post("create", { collectionName: "many", targetCollectionName: "copy", targetDbName: "full" });
    expect(answer).toMatchObject({ code: 102, message: expect.stringContaining("[dbName=full][limit=0]") });
  });
});
