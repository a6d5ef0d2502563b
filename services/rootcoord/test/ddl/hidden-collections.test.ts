import { expect, it } from "@jest/globals";
import { commitStaged } from "@sluice/catalog";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { DataType } from "@sluice/schema";
import { mergedCollection } from "../../src/ddl/index.ts";
import { field, openDdl, outcome } from "./harness.ts";

const place = { dbName: "default", name: "made", firstId: 9000n, createdTs: 5n, createdMs: 5 };
const extra = field({ name: "extra", dataType: DataType.Int8 });

async function open() {
  const store = new MemoryMetaStore();
  const ddl = await openDdl({}, store);
  await ddl.create("source");
  const { record } = mergedCollection(await ddl.findCollection("", "source"), [extra], place);
  const stage = () => ddl.hidden.stage(record);
  const staged = await stage();
  if (!staged || !(await commitStaged(store, staged))) throw new Error("it was not written");
  return { ddl, store, stage };
}

it("nobody finds a hidden collection, and nobody gets its name", async () => {
  const { ddl, stage } = await open();
  const about = { collectionName: "made" };
  expect(await ddl.call("hasCollection", about)).toMatchObject({ value: false });
  expect((await ddl.call("showCollections", {})).collectionNames).toEqual(["source"]);
  await expect(ddl.findCollection("", "made")).rejects.toMatchObject({ code: 100 });
  for (const method of ["describeCollection", "loadCollection"] as const)
    expect(await outcome(ddl.call(method, about))).toMatch(/^100 /);
  const refusal = /made of database default is being made by a merge or copy: wait for its end, or cancel it/;
  await expect(ddl.create("made")).rejects.toThrow(refusal);
  await expect(ddl.call("renameCollection", { oldName: "source", newName: "made" })).rejects.toThrow(/duplicated/);
  await expect(ddl.call("createAlias", { collectionName: "source", alias: "made" })).rejects.toThrow(/made/);
  // Dropping what nobody finds does nothing.
  await ddl.call("dropCollection", about);
  expect(await stage()).toBeUndefined();
});

it("it is found once it is published, and stays when somebody would drop it as hidden", async () => {
  const { ddl } = await open();
  await ddl.hidden.publish(9000n);
  await ddl.hidden.publish(9000n);
  await ddl.hidden.drop(9000n);
  expect((await ddl.call("describeCollection", { collectionName: "made" })).schema?.fields).toMatchObject([
    ...[
      { name: "id", fieldID: 100n },
      { name: "v", fieldID: 101n },
      { name: "extra", fieldID: 102n, nullable: true },
    ],
  ]);
});

it("once it is dropped its name is free, and it is never published", async () => {
  const { ddl } = await open();
  await ddl.hidden.drop(9000n);
  await ddl.hidden.publish(9000n);
  expect((await ddl.getCollection(9000n as never))?.state).toBe("dropped");
  await ddl.create("made");
  expect((await ddl.findCollection("", "made")).collectionId).not.toBe(9000n);
});

it("of two that take a name at one moment, one gets it", async () => {
  const { ddl, store } = await open();
  const { record } = mergedCollection(await ddl.findCollection("", "source"), [extra], {
    ...place,
    name: "other",
    firstId: 9100n,
  });
  const [first, second] = [
    await ddl.hidden.stage(record),
    await ddl.hidden.stage({ ...record, collectionId: 9200n as never }),
  ];
  expect(await commitStaged(store, first ?? [])).toBe(true);
  expect(await commitStaged(store, second ?? [])).toBe(false);
});

it("one that takes a name and an alias has both in one record, and what had them has neither", async () => {
  const { ddl } = await open();
  await ddl.create("old");
  await ddl.call("createAlias", { collectionName: "source", alias: "newest" });
  await ddl.call("createAlias", { collectionName: "old", alias: "kept" });
  const { collectionId } = await ddl.findCollection("", "old");
  await ddl.hidden.publish(9000n, { replaces: { collectionId, name: "old" }, alias: "newest" });
  for (const name of ["old", "newest", "kept"]) expect((await ddl.findCollection("", name)).collectionId).toBe(9000n);
  expect((await ddl.findCollection("", "old")).aliases).toEqual(["kept", "newest"]);
  expect((await ddl.findCollection("", "source")).aliases).toEqual([]);
  expect(await ddl.getCollection(collectionId)).toMatchObject({ state: "dropped", aliases: [] });
  await expect(ddl.findCollection("", "made")).rejects.toMatchObject({ code: 100 });
  await ddl.create("made");
});

it("one whose alias, or name, is another collection's by then is not published", async () => {
  const { ddl } = await open();
  await ddl.create("taken");
  const { collectionId } = await ddl.findCollection("", "taken");
  const refused = { code: "job_failed" };
  await expect(ddl.hidden.publish(9000n, { alias: "taken" })).rejects.toMatchObject(refused);
  await ddl.call("dropCollection", { collectionName: "taken" });
  await ddl.create("taken");
  const replaces = { collectionId, name: "taken" };
  await expect(ddl.hidden.publish(9000n, { replaces })).rejects.toMatchObject(refused);
  await ddl.call("dropCollection", { collectionName: "taken" });
  await ddl.hidden.publish(9000n, { replaces });
  expect((await ddl.findCollection("", "taken")).collectionId).toBe(9000n);
});
