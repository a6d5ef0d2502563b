import { beforeAll, describe, expect, it } from "@jest/globals";
import { common, milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { bookCollection, books, eventually, useRest, useServer } from "../support/index.ts";
import { collectionFacts, tenantCollection, tenantRows } from "./copied-collection.ts";

// Copies whose target is there already, or gets an alias; a server is another service to itself.

const fixture = useServer({ flushSize: "64KB", compactionInterval: "0s", dataSourceEndpoint: "127.0.0.1" });
const { post, ended, run } = useRest(fixture, "copy");
const { describeCollection, indexesOf } = collectionFacts(fixture);
const from = () => ({ from: { address: fixture.server.address } });
const to = () => ({ to: { address: fixture.server.address } });
const copy = (collectionName: string, targetCollectionName: string, more: object = {}) =>
  run({ collectionName, targetCollectionName, ...more });
/** Rows by key. */
const rowsOf = (name: string) => fixture.client.query(name, "id >= 0", ["*"], { limit: 10_000 });
const collectionsOf = async () =>
  (await fixture.client.raw.showCollections(milvus.ShowCollectionsRequest.fromPartial({}))).collectionNames;
const owner = async (alias: string) => {
  const request = milvus.DescribeAliasRequest.fromPartial({ alias });
  return (await fixture.client.raw.describeAlias(request)).collection;
};

/** A collection with `count` books from key `first` on. */
async function shelf(name: string, count: number, first: bigint, shards = 1): Promise<void> {
  const { client, files } = fixture;
  await client.createCollection(bookCollection(name, { shards }));
  await client.importAndWait(name, await files.jsonl(`${name}.jsonl`, books(count, first)));
}

beforeAll(async () => {
  await shelf("first", 500, 0n, 2);
  await shelf("second", 300, 1000n);
});

const ways: [way: string, more: () => object][] = [
  ["here", () => ({})],
  ["from another service", from],
];

describe.each(ways)("a copy %s that appends", (way, more) => {
  const target = `appended_${way.length}`;

  it("adds its rows to those that are there, whatever the shards, and what was deleted stays so", async () => {
    const { client } = fixture;
    await shelf(target, 100, 5000n, 3);
    await client.delete(target, "id in [5000, 5001]");
    await client.delete("first", "id in [7]");
    const before = [...(await rowsOf("first")), ...(await rowsOf(target))];
    const job = await copy("first", target, { ifExists: "append", ...more() });
    expect(job).toMatchObject({ state: "Completed", copiedRows: 499, strategy: "rows" });
    expect(await rowsOf(target)).toEqual(before);
  });

  it("keeps a row whose key was deleted there before", async () => {
    const { client } = fixture;
    await client.delete(target, "id in [10]");
    await copy("first", "tens", { ifExists: "replace" });
    await client.delete("tens", "id != 10");
    expect(await copy("tens", target, { ifExists: "append", ...more() })).toMatchObject({ state: "Completed" });
    expect(await client.query(target, "id == 10", ["id"])).toEqual([{ id: 10n }]);
    // Also where both come into one segment: time decides which of them a delete is about.
    const count = await client.count(target);
    const request = milvus.ManualCompactionRequest.fromPartial({ collectionName: target });
    const { compactionID } = await client.raw.manualCompaction(request);
    await eventually(async () => {
      const { state } = await client.raw.getCompactionState({ compactionID });
      expect(state).toBe(common.CompactionState.Completed);
    });
    expect(await client.query(target, "id == 10", ["id"])).toEqual([{ id: 10n }]);
    expect(await client.count(target)).toBe(count);
  });

  it("fails for a key that is there, and adds nothing", async () => {
    const before = await rowsOf(target);
    const job = await copy("first", target, { ifExists: "append", ...more() });
    expect(job).toMatchObject({
      state: "Failed",
      reason: expect.stringMatching(/primary key \d+ is in "appended_\d+" already: .*field "id"/),
    });
    expect(await rowsOf(target)).toEqual(before);
  });

  it("takes a key whose row there has expired", async () => {
    const { client, files } = fixture;
    const spec = { ...bookCollection(`${target}_ttl`), properties: { "collection.ttl.seconds": "3" } };
    await client.createCollection(spec);
    await client.importAndWait(spec.name, await files.jsonl("expiring.jsonl", books(300, 1000n)));
    await eventually(async () => expect(await client.count(spec.name)).toBe(0));
    const body = { ifExists: "append", ...more() };
    const job = await copy("second", spec.name, body);
    expect(job).toMatchObject({ state: "Completed", copiedRows: 300 });
  });

  it("is refused while another one appends there, which would not see its keys", async () => {
    const { client } = fixture;
    const name = `${target}_once`;
    await client.createCollection(bookCollection(name));
    const body = { collectionName: "second", targetCollectionName: name, ifExists: "append", ...more() };
    const answers = await Promise.all([post("create", body), post("create", body)]);
    const [taken, refused] = answers.toSorted((a, b) => a.code - b.code);
    expect(refused.message).toMatch(/copy job \d+ appends to "appended_\d+_once".*: try again when it has ended/);
    expect(await ended(taken.data.jobId)).toMatchObject({ state: "Completed" });
    expect(await client.count(name)).toBe(300);
  });

  it("makes the collection where there is none", async () => {
    const name = `${target}_new`;
    expect(await copy("second", name, { ifExists: "append", ...more() })).toMatchObject({ state: "Completed" });
    expect(await rowsOf(name)).toEqual(await rowsOf("second"));
  });

  it.each<[what: string, name: string, spec: object, message: RegExp]>([
    ["another dimension", "dims", { dim: 8 }, /field 'vector' has dim 8, and the source \d+/],
    [
      "a field more",
      "more",
      { more: [{ name: "x", type: DataType.Int64, nullable: true }] },
      /the source has no field 'x'/,
    ],
  ])("is refused for %s", async (_, name, { dim, more: fields = [] }: { dim?: number; more?: object[] }, message) => {
    const spec = bookCollection(`${target}_${name}`);
    const changed = spec.fields.map((field) => (dim && "dim" in field ? { ...field, dim } : field));
    await fixture.client.createCollection({ ...spec, fields: [...changed, ...fields] as typeof spec.fields });
    const body = { collectionName: "first", targetCollectionName: spec.name, ifExists: "append", ...more() };
    expect((await post("create", body)).message).toMatch(message);
  });

  it("is refused for a partition that is missing there", async () => {
    const { client } = fixture;
    const source = `${target}_parts`;
    await copy("second", source);
    await client.createPartition(source, "new");
    const body = { collectionName: source, targetCollectionName: target, ifExists: "append", ...more() };
    expect((await post("create", body)).message).toMatch(/has no partition "new": create it/);
  });

  it("sends rows to the partitions that their keys say", async () => {
    const { client, files } = fixture;
    const name = `${target}_tenants`;
    await client.createCollection({ ...tenantCollection, name: `${name}_a` });
    await client.createCollection({ ...tenantCollection, name: `${name}_b`, partitions: 3, shards: 1 });
    await client.importAndWait(`${name}_a`, await files.jsonl("a.jsonl", tenantRows));
    await client.importAndWait(`${name}_b`, await files.jsonl("b.jsonl", tenantRows));
    const job = await copy(`${name}_a`, `${name}_b`, { ifExists: "append", ...more() });
    expect(job).toMatchObject({ state: "Completed", copiedRows: 500 });
    const read = (of: string) => client.query(of, 'tenant == "t3"', ["tenant", "v"]);
    expect((await read(`${name}_b`)).length).toBe(2 * (await read(`${name}_a`)).length);
  });
});

describe.each(ways)("a copy %s that replaces", (way, more) => {
  const target = `replaced_${way.length}`;

  it("leaves the old rows readable until it is whole, and then has its name and aliases", async () => {
    const { client } = fixture;
    await shelf(target, 50, 9000n);
    const request = { collectionName: target, alias: `${target}_alias` };
    await client.raw.createAlias(milvus.CreateAliasRequest.fromPartial(request));
    const old = await rowsOf(target);
    const body = { collectionName: "first", targetCollectionName: target, ifExists: "replace", ...more() };
    const { data } = await post("create", body);
    expect((await post("pause", data)).code).toBe(0);
    expect(await rowsOf(target)).toEqual(old);
    await post("resume", data);
    expect(await ended(data.jobId)).toMatchObject({ state: "Completed", targetCollectionName: target });
    expect(await rowsOf(target)).toEqual(await rowsOf("first"));
    expect(await rowsOf(`${target}_alias`)).toEqual(await rowsOf("first"));
    expect(await indexesOf(target)).toEqual(await indexesOf("first"));
    expect((await describeCollection(target)).schema?.name).toBe(target);
    expect(await collectionsOf()).not.toContain(`copying_${data.jobId}`);
  });

  it("that is cancelled leaves the old one as it is", async () => {
    const old = await rowsOf(target);
    const body = { collectionName: "second", targetCollectionName: target, ifExists: "replace", ...more() };
    const { data } = await post("create", body);
    await post("pause", data);
    await post("cancel", data);
    expect(await ended(data.jobId)).toMatchObject({ state: "Failed" });
    expect(await rowsOf(target)).toEqual(old);
    expect(await copy("second", target, { ifExists: "replace", ...more() })).toMatchObject({ state: "Completed" });
    expect(await rowsOf(target)).toEqual(await rowsOf("second"));
  });

  it("fails where the name is another collection's by then", async () => {
    const body = { collectionName: "second", targetCollectionName: target, ifExists: "replace", ...more() };
    const { data } = await post("create", body);
    await post("pause", data);
    expect(await copy("first", target, { ifExists: "replace" })).toMatchObject({ state: "Completed" });
    await post("resume", data);
    expect(await ended(data.jobId)).toMatchObject({
      ...{
        state: "Failed",
        reason: expect.stringMatching(/another collection by now than the one that was to be replaced/),
      },
    });
    expect(await rowsOf(target)).toEqual(await rowsOf("first"));
  });
});

describe("an alias of a copy", () => {
  it.each<[way: string, more: () => object]>([...ways, ["to another service", to]])(
    "points to what is made %s, whatever it pointed to before",
    async (way, more) => {
      const alias = `current_${way.length}`;
      for (const n of [1, 2]) {
        const name = `${alias}_v${n}`;
        expect(await copy(n === 1 ? "first" : "second", name, { alias, ...more() })).toMatchObject({
          state: "Completed",
        });
        await eventually(async () => expect(await owner(alias)).toBe(name));
      }
      expect(await rowsOf(alias)).toEqual(await rowsOf("second"));
      await fixture.client.dropCollection(`${alias}_v1`);
    },
  );

  it.each<[what: string, more: object, message: RegExp]>([
    ["a collection's name", { alias: "second" }, /"second" is the name of a collection/],
    ["the target's own name", { alias: "x" }, /"x" is the name of a collection/],
    ["no name", { alias: "a-b" }, /Invalid collection alias/],
    ["rows that are appended", { alias: "y", ifExists: "append" }, /alter the alias/],
  ])("is refused for %s", async (_, more, message) => {
    const answer = await post("create", { collectionName: "first", targetCollectionName: "x", ...more });
    expect([answer.code !== 0, answer.message]).toEqual([true, expect.stringMatching(message)]);
  });

  it("that is a collection's name there is refused", async () => {
    const body = { collectionName: "first", targetCollectionName: "x", alias: "second", ...to() };
    expect((await post("create", body)).message).toMatch(/"second" is the name of a collection there/);
  });
});

describe("a copy is refused", () => {
  it.each<[what: string, body: () => object, message: RegExp]>([
    ["for a rule that there is not", () => ({ ifExists: "merge" }), /must be one of fail, append, replace/],
    ["onto its source", () => ({ targetCollectionName: "first", ifExists: "replace" }), /are one collection/],
    [
      "onto an alias",
      () => ({ targetCollectionName: "current_4", ifExists: "replace" }),
      /is an alias of the collection/,
    ],
    [
      "to another service that has the target",
      () => ({ ifExists: "replace", ...to() }),
      /with an alias that points to it then/,
    ],
  ])("%s", async (_, body, message) => {
    const answer = await post("create", { collectionName: "first", targetCollectionName: "second", ...body() });
    expect([answer.code !== 0, answer.message]).toEqual([true, expect.stringMatching(message)]);
  });
});

describe("a dry run", () => {
  it.each<[way: string, more: () => object, expected: object]>([
    ["here", () => ({}), { strategy: "objects", target: "new" }],
    [
      "that appends",
      () => ({ targetCollectionName: "second", ifExists: "append" }),
      { strategy: "rows", target: "appended" },
    ],
    ["that replaces", () => ({ targetCollectionName: "second", ifExists: "replace" }), { target: "replaced" }],
    ["from another service", from, { strategy: "rows", target: "new" }],
    ["to another service", to, { strategy: "rows", target: "new" }],
  ])("%s says what would be copied, and makes nothing", async (_, more, expected) => {
    const before = (await collectionsOf()).toSorted();
    const body = { collectionName: "first", targetCollectionName: "guessed", dryRun: true, ...more() };
    const { code, data } = await post("create", body);
    expect([code, data]).toEqual([0, expect.objectContaining({ dryRun: true, rows: 499, ...expected })]);
    const { bytes, partitions } = data as unknown as { bytes: number; partitions: object[] };
    expect(bytes).toBeGreaterThan(1000);
    expect(partitions).toEqual([{ name: "_default", rows: 499, bytes }]);
    expect((await collectionsOf()).toSorted()).toEqual(before);
  });

  it("is refused as the copy is", async () => {
    const body = { collectionName: "first", targetCollectionName: "second", dryRun: true };
    expect((await post("create", body)).message).toMatch(/"second" of database "default" exists/);
  });
});
