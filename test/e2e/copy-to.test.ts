import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus } from "@sluice/rpc";
import { bookCollection, books, eventually, FaultProxy, useRest, useServer } from "../support/index.ts";
import { collectionFacts, makeCopiedCollection, tenantCollection, tenantRows } from "./copied-collection.ts";

// A server is another service to itself: it is written to as any Milvus is, over gRPC.

const fixture = useServer({ flushSize: "64KB", compactionInterval: "0s", dataSourceEndpoint: "127.0.0.1" });
const { post, ended, run } = useRest(fixture, "copy");
const { describeCollection, indexesOf } = collectionFacts(fixture);

beforeAll(async () => {
  const { client, files } = fixture;
  await makeCopiedCollection(fixture);
  await client.createCollection(bookCollection("many"));
  await client.importAndWait("many", await files.jsonl("many.jsonl", books(1000)));
});

describe("a copy to another service", () => {
  const to = () => ({ address: fixture.server.address });
  const push = (collectionName: string, targetCollectionName: string, more: object = {}) =>
    run({ to: to(), collectionName, targetCollectionName, ...more });

  it("has schema, partitions, indexes and rows there, of all types", async () => {
    const { client } = fixture;
    const job = await push("everything", "sent", { checkRows: 1000 });
    expect(job).toMatchObject({
      ...{ state: "Completed", copiedRows: 1200, to: fixture.server.address, targetCollectionName: "sent" },
      partitions: [
        { name: "_default", sourceRows: 600, rows: 600 },
        { name: "new", sourceRows: 600, rows: 600 },
      ],
    });
    expect(job).not.toHaveProperty("interimName");
    const all = await client.query("everything", 'id > ""', ["*"]);
    expect(await client.query("sent", 'id > ""', ["*"])).toEqual(all);
    expect(await client.count("sent", "", ["new"])).toBe(600);
    expect(await indexesOf("sent")).toEqual(await indexesOf("everything"));
    const [source, target] = [await describeCollection("everything"), await describeCollection("sent")];
    expect(target.schema?.fields).toEqual(source.schema?.fields);
  });

  it("keeps automatic keys, and has what a filter is true for", async () => {
    const { client, files } = fixture;
    await client.createCollection(tenantCollection);
    await client.importAndWait("tenants", await files.jsonl("tenants.jsonl", tenantRows));
    const job = await push("tenants", "tenants_sent", { filter: 'tenant in ["t1", "t2"]', load: false });
    expect(job).toMatchObject({ state: "Completed", partitions: [{ name: "*" }] });
    const request = milvus.LoadCollectionRequest.fromPartial({ collectionName: "tenants_sent" });
    checkStatus(await client.raw.loadCollection(request));
    const read = (name: string) => client.query(name, 'tenant in ["t1", "t2", "t3"]', ["*"]);
    expect(await read("tenants_sent")).toEqual((await read("tenants")).filter(({ tenant }) => tenant !== "t3"));
  });

  it.each<[what: string, body: object, message: RegExp]>([
    ["too many rows to compare", { checkRows: 1001 }, /from 0 to 1000/],
    ["a target that is there", { targetCollectionName: "many" }, /"many" exists in 127.0.0.1:\d+: choose another name/],
    ["an address that no setting lists", { to: { address: "10.0.0.1" } }, /connects to no "10.0.0.1:19530"/],
    ["two other services", { from: { address: "127.0.0.1:1" } }, /one other service/],
    ["indexes left out", { indexes: false }, /give every vector an index/],
    ["a filter that is none", { filter: "id >" }, /cannot parse expression/],
    ["an unknown partition", { partitionNames: ["no"] }, /partition not found/],
  ])("is refused for %s", async (_, body, message) => {
    const about = { to: to(), collectionName: "everything", targetCollectionName: "x" };
    const answer = await post("create", { ...about, ...body });
    expect([answer.code !== 0, answer.message]).toEqual([true, expect.stringMatching(message)]);
  });

  it("that is cancelled leaves nothing there, under whatever name", async () => {
    const { data } = await post("create", { to: to(), collectionName: "many", targetCollectionName: "never" });
    expect((await post("pause", data)).code).toBe(0);
    expect((await post("cancel", data)).code).toBe(0);
    expect(await ended(data.jobId)).toMatchObject({ state: "Failed" });
    await eventually(async () => expect((await post("describe", data)).data).not.toHaveProperty("interimName"));
    expect(await describeCollection("never")).toMatchObject({ status: { code: 100 } });
    expect(await describeCollection(`copying_${data.jobId}`)).toMatchObject({ status: { code: 100 } });
  });

  it("that is cancelled while the other service is away says so, and removes what it made when that is back", async () => {
    await using proxy = await FaultProxy.open(Number(fixture.server.address.split(":")[1]));
    const about = { to: { address: `127.0.0.1:${proxy.port}` }, collectionName: "many", targetCollectionName: "away" };
    const { data } = await post("create", about);
    const interim = `copying_${data.jobId}`;
    await eventually(async () => expect(await describeCollection(interim)).toMatchObject({ status: { code: 0 } }));
    await post("pause", data);
    proxy.set({ kind: "cut" });
    await post("cancel", data);
    // The call that was under way waits for the other service as well, before the first that removes anything.
    await eventually(
      async () =>
        expect((await post("describe", data)).data).toMatchObject({
          ...{ state: "Failed", interimName: interim },
          waitsFor: expect.stringMatching(/asking for copying_/),
        }),
      60_000,
    );
    proxy.set({ kind: "pass" });
    await eventually(async () => expect(await describeCollection(interim)).toMatchObject({ status: { code: 100 } }));
    await eventually(async () => expect((await post("describe", data)).data).not.toHaveProperty("interimName"));
  }, 120_000);
});
