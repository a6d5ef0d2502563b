import { mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
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
  });
});
