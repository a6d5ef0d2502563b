import { mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bookCollection, books, eventually, useRest, useServer } from "../support/index.ts";
import { collectionFacts, copiedCollection, copiedRow, tenantCollection, tenantRows } from "./copied-collection.ts";

// A server is another service to itself, and reads the folder that it exports into.

const shared = mkdtempSync(join(tmpdir(), "sluice-handover-"));
afterAll(() => rm(shared, { recursive: true, force: true }));
const fixture = useServer({
  ...{ exportRoot: `out=${shared}`, importRoot: shared },
  ...{ flushSize: "64KB", compactionInterval: "0s", dataSourceEndpoint: "127.0.0.1" },
});
const { post, ended, run } = useRest(fixture, "copy");
const { describeCollection, indexesOf } = collectionFacts(fixture);
const to = (more: object = {}) => ({
  ...{ address: fixture.server.address, files: "out://given", filesAs: join(shared, "given") },
  ...more,
});
const push = (collectionName: string, targetCollectionName: string, more: object = {}) =>
  run({ to: to(), collectionName, targetCollectionName, ...more });
const filesLeft = async () =>
  (await readdir(shared, { recursive: true, withFileTypes: true })).filter((f) => f.isFile());

beforeAll(async () => {
  const { client, files } = fixture;
  // Rows that may have expired are sent as rows.
  await client.createCollection({ ...copiedCollection, properties: {} });
  await client.createPartition("everything", "new");
  const rows = (first: number) => Array.from({ length: 300 }, (_, i) => copiedRow(first + i));
  await client.importAndWait("everything", await files.jsonl("everything.jsonl", rows(0)));
  await client.importAndWait("everything", await files.jsonl("new.jsonl", rows(1000)), { partition: "new" });
});

describe("a copy to a service that reads the folder", () => {
  it("has schema, partitions, indexes and rows there, of all types, and leaves no files", async () => {
    const { client } = fixture;
    const job = await push("everything", "sent");
    expect(job).toMatchObject({
      ...{ state: "Completed", copiedRows: 600, strategy: "files" },
      strategyReason: expect.stringMatching(/reads out:\/\/given, so it imports the segments/),
      partitions: [
        { name: "_default", sourceRows: 300, rows: 300 },
        { name: "new", sourceRows: 300, rows: 300 },
      ],
    });
    const all = 'id > ""';
    expect(await client.query("sent", all, ["*"])).toEqual(await client.query("everything", all, ["*"]));
    expect(await client.count("sent", "", ["new"])).toBe(300);
    expect(await indexesOf("sent")).toEqual(await indexesOf("everything"));
    expect((await describeCollection("sent")).schema?.fields).toEqual(
      (await describeCollection("everything")).schema?.fields,
    );
    expect(await filesLeft()).toEqual([]);
  });

  it("keeps automatic keys, and the partitions of a partition key", async () => {
    const { client, files } = fixture;
    await client.createCollection(tenantCollection);
    await client.importAndWait("tenants", await files.jsonl("tenants.jsonl", tenantRows));
    expect(await push("tenants", "tenants_sent")).toMatchObject({ state: "Completed", partitions: [{ name: "*" }] });
    const read = (name: string) => client.query(name, 'tenant > ""', ["*"]);
    expect(await read("tenants_sent")).toEqual(await read("tenants"));
  });

  it("leaves deleted rows out, of the segment that they were deleted in", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("thinned"));
    await client.importAndWait("thinned", await files.jsonl("thinned.jsonl", books(50)));
    await client.delete("thinned", "id < 10");
    await client.importAndWait("thinned", await files.jsonl("again.jsonl", books(5)));
    expect(await push("thinned", "thinned_sent")).toMatchObject({ state: "Completed", copiedRows: 45 });
    const read = (name: string) => client.query(name, "id >= 0", ["*"]);
    expect(await read("thinned_sent")).toEqual(await read("thinned"));
  });

  it.each<[what: string, more: object, reason: RegExp]>([
    ["a filter", { filter: "id < 3" }, /rows that do not pass the filter, so rows as of one timestamp are inserted/],
    ["no folder", { to: { address: "" } }, /objects of .* are out of reach/],
  ])("sends rows for %s, and says why", async (_, more, strategyReason) => {
    const body = { to: to(), ...more };
    const target = `by_rows_${strategyReason.source.length}`;
    const job = await push("thinned", target, { ...body, to: { ...body.to, address: fixture.server.address } });
    expect(job).toMatchObject({ state: "Completed", strategy: "rows" });
    expect(job.strategyReason).toMatch(strategyReason);
  });

  it.each<[what: string, more: object, message: RegExp]>([
    ["an unknown root", { files: "no://x" }, /no/],
    ["a place that is none", { files: "given" }, /is no place to export to/],
    ["a name of nothing", { files: undefined }, /to.filesAs says what to.files is called there/],
  ])("is refused for %s", async (_, more, message) => {
    const about = { to: to(more), collectionName: "everything", targetCollectionName: "x" };
    const answer = await post("create", about);
    expect([answer.code !== 0, answer.message]).toEqual([true, expect.stringMatching(message)]);
  });

  it("that the other service cannot read fails with its words, and leaves no files", async () => {
    const body = { to: to({ filesAs: "/nowhere" }), collectionName: "everything", targetCollectionName: "unread" };
    const { data } = await post("create", body);
    expect(await ended(data.jobId)).toMatchObject({ state: "Failed", reason: expect.stringMatching(/\/nowhere/) });
    await eventually(async () => expect(await filesLeft()).toEqual([]));
    const interim = `copying_${data.jobId}`;
    await eventually(async () => expect(await describeCollection(interim)).toMatchObject({ status: { code: 100 } }));
    expect((await post("describe", data)).data).not.toHaveProperty("interimLeft");
  });
});

describe("a copy by files whose server is killed", () => {
  const other = useServer({ exportRoot: `out=${shared}`, compactionInterval: "0s", dataSourceEndpoint: "127.0.0.1" });
  const rest = useRest(other, "copy");
  beforeAll(async () => {
    const { client, files } = other;
    await client.createCollection(bookCollection("shelf"));
    for (const first of [0n, 1000n, 2000n])
      await client.importAndWait("shelf", await files.jsonl(`shelf-${first}.jsonl`, books(400, first)));
    await client.delete("shelf", "id in [5, 1005]");
  });

  const importsOf = async (collectionName: string) => {
    const request = milvus.ListImportTasksRequest.fromPartial({ collectionName });
    return (await fixture.client.raw.listImportTasks(request)).tasks.length;
  };
  /** What has come to pass when it is killed, of job `id`. */
  const moments: [what: string, until: (id: string) => Promise<unknown>][] = [
    ["at once", async () => {}],
    ["when the collection is made there", async (id) => expect(await isThere(`copying_${id}`)).toBe(true)],
    ["when an import has begun there", async (id) => expect(await importsOf(`copying_${id}`)).toBeGreaterThan(0)],
  ];
  const isThere = async (name: string) => (await describeCollection(name)).status?.code === 0;

  it.each(moments)("%s goes on, and each row is there once", async (what, until) => {
    const target = `shelf_${what.length}`;
    const { data } = await rest.post("create", { to: to(), collectionName: "shelf", targetCollectionName: target });
    // A copy that is through before it is looked at has not been killed, and is as good.
    await eventually(async () => {
      if ((await rest.post("describe", data)).data.state !== "Completed") await until(data.jobId);
    });
    await other.restart("kill9");
    expect(await rest.ended(data.jobId)).toMatchObject({ state: "Completed", copiedRows: 1198, strategy: "files" });
    const rows = await fixture.client.query(target, "id >= 0", ["*"], { limit: 5000 });
    expect(rows).toEqual(await other.client.query("shelf", "id >= 0", ["*"], { limit: 5000 }));
    await eventually(async () => expect(await filesLeft()).toEqual([]));
  });
});
