import { describe, expect, it, test } from "@jest/globals";
import { common, milvus } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { field, idField, openDdl, outcome, type TestDdl, vectorField } from "./harness.ts";

const keyed = {
  fields: [idField(), vectorField(), field({ name: "k", dataType: DataType.Int64, isPartitionKey: true })],
};

async function withPartitions(...names: string[]): Promise<TestDdl> {
  const ddl = await openDdl();
  await ddl.create("c");
  for (const partitionName of names) await ddl.call("createPartition", { collectionName: "c", partitionName });
  return ddl;
}

const loadedNames = async (ddl: TestDdl) =>
  (await ddl.call("showPartitions", { collectionName: "c", type: milvus.ShowType.InMemory })).partitionNames;

describe("partitions", () => {
  it("`_default` first, then as they were made; making one again changes nothing", async () => {
    const ddl = await withPartitions("q", "p", "q");
    const shown = await ddl.call("showPartitions", { collectionName: "c" });
    expect(shown.partitionNames).toEqual(["_default", "q", "p"]);
    expect(new Set(shown.partitionIDs).size).toBe(3);
    expect(shown.inMemoryPercentages).toEqual([0n, 0n, 0n]);
    expect(shown.createdUtcTimestamps).toHaveLength(3);
    const some = await ddl.call("showPartitions", { collectionName: "c", partitionNames: ["p"] });
    expect(some.partitionNames).toEqual(["p"]);
  });

  it("has: false instead of a failure, but the collection must be there", async () => {
    const ddl = await withPartitions("p");
    const has = (collectionName: string, partitionName: string) =>
      ddl.call("hasPartition", { collectionName, partitionName });
    expect((await has("c", "p")).value).toBe(true);
    expect((await has("c", "x")).value).toBe(false);
    expect(await outcome(has("x", "p"))).toContain("100 ");
  });

  it("are dropped, also when they are not there", async () => {
    const ddl = await withPartitions("p");
    const drop = () => ddl.call("dropPartition", { collectionName: "c", partitionName: "p" });
    expect([await outcome(drop()), await outcome(drop())]).toEqual(["ok", "ok"]);
    expect((await ddl.call("showPartitions", { collectionName: "c" })).partitionNames).toEqual(["_default"]);
  });

  test.each<["createPartition" | "dropPartition", string, string]>([
    ["createPartition", "", "1100 partition name should not be empty"],
    [
      "createPartition",
      "a-b",
      "1100 Invalid partition name: a-b. Partition name can only contain numbers, letters and underscores.",
    ],
    ["createPartition", "p".repeat(256), "The length of a partition name must be less than 255 characters."],
    ["createPartition", "4th", "ok"],
    ["dropPartition", "_default", "1100 default partition cannot be deleted"],
  ])("%s %j: %s", async (method, partitionName, expected) => {
    const ddl = await withPartitions();
    expect(await outcome(ddl.call(method, { collectionName: "c", partitionName }))).toContain(expected);
  });

  it("cannot be dropped while loaded", async () => {
    const ddl = await withPartitions("p");
    await ddl.load("c");
    const drop = () => outcome(ddl.call("dropPartition", { collectionName: "c", partitionName: "p" }));
    expect(await drop()).toContain("1100 partition cannot be dropped, partition is loaded");
    await ddl.call("releasePartitions", { collectionName: "c", partitionNames: ["p"] });
    expect(await drop()).toBe("ok");
  });

  it("are limited in number", async () => {
    const ddl = await openDdl({ limits: { maxPartitions: 2 } });
    await ddl.create("c");
    const make = (partitionName: string) =>
      outcome(ddl.call("createPartition", { collectionName: "c", partitionName }));
    expect(await make("p")).toBe("ok");
    expect(await make("q")).toContain("1100 partition number (3) exceeds max configuration (2), collection: c");
    expect(await make("p")).toBe("ok");
  });

  it("belong to the partition key where there is one", async () => {
    const ddl = await openDdl();
    await ddl.create("c", keyed);
    const request = { collectionName: "c", partitionName: "_default_0", partitionNames: ["_default_0"] };
    expect(await outcome(ddl.call("createPartition", request))).toContain(
      "1100 disable create partition if partition key mode is used",
    );
    expect(await outcome(ddl.call("dropPartition", request))).toContain(
      "1100 disable drop partition if partition key mode is used",
    );
    expect(await outcome(ddl.call("loadPartitions", request))).toContain(
      "1100 disable load partitions if partition key mode is used",
    );
    expect(await outcome(ddl.call("releasePartitions", request))).toContain(
      "1100 disable release partitions if partition key mode is used",
    );
  });
});

describe("loading", () => {
  it("needs an index on every vector field", async () => {
    const ddl = await openDdl();
    await ddl.create("c", { fields: [idField(), vectorField(), vectorField({ name: "w" })] });
    const load = () => outcome(ddl.call("loadCollection", { collectionName: "c" }));
    expect(await load()).toBe("700 index not found[collection=c]");
    await ddl.call("createIndex", { collectionName: "c", fieldName: "v" });
    expect(await load()).toBe(
      "700 there is no vector index on field: [w], please create index firstly: index not found[collection=c]",
    );
    await ddl.call("createIndex", { collectionName: "c", fieldName: "w" });
    expect([await load(), await load()]).toEqual(["ok", "ok"]);
  });

  it("loads whole collections, with the partitions made later", async () => {
    const ddl = await withPartitions("p");
    const state = async () => (await ddl.call("resolveCollection", { collectionName: "c" })).loadState;
    expect(await state()).toBe(common.LoadState.LoadStateNotLoad);
    await ddl.load("c");
    await ddl.call("createPartition", { collectionName: "c", partitionName: "q" });
    expect(await loadedNames(ddl)).toEqual(["_default", "p", "q"]);
    expect(await state()).toBe(common.LoadState.LoadStateLoaded);
    await ddl.call("releaseCollection", { collectionName: "c" });
    await ddl.call("releaseCollection", { collectionName: "c" });
    expect(await loadedNames(ddl)).toEqual([]);
    expect(await state()).toBe(common.LoadState.LoadStateNotLoad);
  });

  it("loads single partitions", async () => {
    const ddl = await withPartitions("p", "q");
    await ddl.call("createIndex", { collectionName: "c", fieldName: "v" });
    await ddl.call("loadPartitions", { collectionName: "c", partitionNames: ["p"] });
    await ddl.call("createPartition", { collectionName: "c", partitionName: "r" });
    expect(await loadedNames(ddl)).toEqual(["p"]);
    expect((await ddl.call("resolveCollection", { collectionName: "c" })).loadState).toBe(
      common.LoadState.LoadStateLoaded,
    );
    await ddl.call("releasePartitions", { collectionName: "c", partitionNames: ["p", "q"] });
    expect(await loadedNames(ddl)).toEqual([]);
  });

  it("later partitions are loaded where some were released from a loaded collection, but not where all were", async () => {
    const ddl = await withPartitions("p");
    await ddl.load("c");
    const create = (partitionName: string) => ddl.call("createPartition", { collectionName: "c", partitionName });
    await ddl.call("releasePartitions", { collectionName: "c", partitionNames: ["p"] });
    await create("q");
    expect(await loadedNames(ddl)).toEqual(["_default", "q"]);
    await ddl.call("releasePartitions", { collectionName: "c", partitionNames: ["_default", "q"] });
    await create("r");
    expect(await loadedNames(ddl)).toEqual([]);
  });

  it("may name fields that there are, and all can be read", async () => {
    const ddl = await withPartitions("p");
    await ddl.load("c");
    const load = (loadFields: string[]) => outcome(ddl.call("loadCollection", { collectionName: "c", loadFields }));
    expect(await load(["v"])).toBe("ok");
    expect(await load(["v", "nope"])).toContain("1100 failed to get field schema by name: fieldName(nope) not found");
  });

  it("is in all querynodes: more replicas than those, and other groups of them, are refused", async () => {
    let queryNodes = 0;
    const ddl = await openDdl({ queryNodes: () => queryNodes });
    await ddl.create("c");
    await ddl.call("createIndex", { collectionName: "c", fieldName: "v" });
    const load = (more: object) => outcome(ddl.call("loadCollection", { collectionName: "c", ...more }));
    const insufficient = (nodes: number) =>
      `12 when load 3 replica count: service resource insufficient[currentStreamingNode=${nodes}][expectedStreamingNode=3]`;
    expect(await load({ replicaNumber: 3 })).toContain(insufficient(0));
    queryNodes = 2;
    expect(await load({ replicaNumber: 3 })).toContain(`${insufficient(2)}: each replica needs a querynode of its own`);
    const partitions = { collectionName: "c", partitionNames: ["_default"], replicaNumber: 3 };
    expect(await outcome(ddl.call("loadPartitions", partitions))).toContain(insufficient(2));
    expect(await load({ resourceGroups: ["__default_resource_group", "mine"] })).toBe(
      "300 resource group not found[rg=mine]: there is none but __default_resource_group",
    );
    expect(await load({ replicaNumber: 2, resourceGroups: ["__default_resource_group"] })).toBe("ok");
  });

  it("of one replica waits for a querynode to come", async () => {
    const ddl = await openDdl({ queryNodes: () => 0 });
    await ddl.create("c");
    await ddl.call("createIndex", { collectionName: "c", fieldName: "v" });
    expect(await outcome(ddl.call("loadCollection", { collectionName: "c", replicaNumber: 1 }))).toBe("ok");
  });

  it("keeps the number of replicas that it was asked for until it is released", async () => {
    const ddl = await withPartitions("p");
    const load = (replicaNumber?: number) =>
      outcome(
        ddl.call("loadCollection", { collectionName: "c", ...(replicaNumber !== undefined && { replicaNumber }) }),
      );
    await ddl.load("c");
    expect(await load(1)).toBe("ok");
    const fixed = "1100 can't change the replica number for loaded collection: invalid parameter";
    expect(await load(3)).toBe(`${fixed}[expected=1][actual=3] (release c first)`);
    await ddl.call("releaseCollection", { collectionName: "c" });
    expect([await load(3), await load(3), await load()]).toEqual(["ok", "ok", "ok"]);
    expect(await load(1)).toContain(`${fixed}[expected=3][actual=1]`);
    const partitions = { collectionName: "c", partitionNames: ["p"], replicaNumber: 2 };
    expect(await outcome(ddl.call("loadPartitions", partitions))).toContain("replica number for loaded partitions");
    await ddl.call("releaseCollection", { collectionName: "c" });
    expect(await outcome(ddl.call("loadPartitions", partitions))).toBe("ok");
  });

  it("refreshes what is loaded", async () => {
    const ddl = await withPartitions();
    const refresh = () => outcome(ddl.call("loadCollection", { collectionName: "c", refresh: true }));
    expect(await refresh()).toBe("101 collection not loaded[collection=c]");
    await ddl.load("c");
    expect(await refresh()).toBe("ok");
    const partitionNames = ["_default"];
    expect(await outcome(ddl.call("loadPartitions", { collectionName: "c", partitionNames, refresh: true }))).toBe(
      "ok",
    );
  });

  it("refuses what is not there", async () => {
    const ddl = await withPartitions();
    const load = (request: Partial<milvus.LoadPartitionsRequest>) =>
      outcome(ddl.call("loadPartitions", { collectionName: "c", ...request }));
    expect(await load({ partitionNames: ["x"] })).toBe("200 partition not found[partition=x]");
    expect(await load({})).toContain("1100 due to no partition specified");
    expect(await outcome(ddl.call("showPartitions", { collectionName: "c", partitionNames: ["x"] }))).toContain("200 ");
    for (const method of ["loadCollection", "releaseCollection"] as const) {
      expect(await outcome(ddl.call(method, { collectionName: "x" }))).toContain("100 ");
    }
  });
});
