import { describe, expect, it, test } from "@jest/globals";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { openDdl, outcome, pairs } from "./harness.ts";

describe("databases", () => {
  it("`default` is there from the beginning and listed first", async () => {
    const ddl = await openDdl();
    expect(await ddl.call("describeDatabase", { dbName: "default" })).toMatchObject({ dbName: "default", dbID: 1n });
    for (const dbName of ["b", "a"]) await ddl.call("createDatabase", { dbName });
    await ddl.create("c");
    const listed = await ddl.call("listDatabases", {});
    expect(listed.dbNames).toEqual(["default", "b", "a"]);
    expect(listed.dbIds).toHaveLength(3);
    expect(listed.createdTimestamp).toHaveLength(3);
  });

  it("keep their collections apart", async () => {
    const ddl = await openDdl();
    await ddl.call("createDatabase", { dbName: "d" });
    await ddl.create("c");
    await ddl.create("c", { description: "other" }, { dbName: "d" });
    expect((await ddl.call("describeCollection", { dbName: "d", collectionName: "c" })).schema!.description).toBe(
      "other",
    );
    expect((await ddl.call("showCollections", { dbName: "d" })).collectionNames).toEqual(["c"]);
    expect((await ddl.call("describeCollection", { collectionName: "c" })).schema!.description).toBe("");
  });

  it("have properties", async () => {
    const ddl = await openDdl();
    await ddl.call("createDatabase", { dbName: "d", properties: pairs({ a: "1", b: "2" }) });
    await ddl.call("alterDatabase", { dbName: "d", properties: pairs({ b: "3" }) });
    await ddl.call("alterDatabase", { dbName: "d", deleteKeys: ["a"] });
    expect((await ddl.call("describeDatabase", { dbName: "d" })).properties).toEqual(pairs({ b: "3" }));
    await ddl.call("alterDatabase", { dbName: "default", properties: pairs({ x: "y" }) });
    expect((await ddl.call("describeDatabase", { dbName: "default" })).properties).toEqual(pairs({ x: "y" }));
  });

  test.each<[string, string]>([
    ["d", "1100 database already exist: d: invalid parameter"],
    ["default", "1100 database already exist: default"],
    ["", "802 database name should not be empty: invalid database name[database=]"],
    [
      "1d",
      "802 the first character of a database name must be an underscore or letter: invalid database name[database=1d]",
    ],
    ["d/d", "802 database name can only contain numbers, letters and underscores"],
    ["d".repeat(256), "802 the length of a database name must be less than 255 characters"],
  ])("creating %j is refused", async (dbName, refusal) => {
    const ddl = await openDdl();
    await ddl.call("createDatabase", { dbName: "d" });
    expect(await outcome(ddl.call("createDatabase", { dbName }))).toContain(refusal);
  });

  it("are limited in number", async () => {
    const ddl = await openDdl({ limits: { maxDatabases: 2 } });
    await ddl.call("createDatabase", { dbName: "d" });
    expect(await outcome(ddl.call("createDatabase", { dbName: "e" }))).toContain(
      "801 exceeded the limit number of database",
    );
  });

  it("have as many collections as they may have", async () => {
    const ddl = await openDdl();
    const limit = (value: string) => ({ dbName: "d", properties: pairs({ "database.max.collections": value }) });
    await ddl.call("createDatabase", limit("1"));
    await ddl.create("c", {}, { dbName: "d" });
    await ddl.create("c", {}, { dbName: "d" });
    expect(await outcome(ddl.create("e", {}, { dbName: "d" }))).toBe(
      "102 exceeded the limit number of collections[dbName=d][limit=1]",
    );
    expect(await outcome(ddl.call("alterDatabase", limit("many")))).toContain("parse value of property fail");
    await ddl.call("alterDatabase", limit("2"));
    await ddl.create("e", {}, { dbName: "d" });
  });

  it("give collections that are made in them their time zone, where these say none", async () => {
    const ddl = await openDdl();
    const zone = (timezone: string) => ({ dbName: "d", properties: pairs({ timezone }) });
    await ddl.call("createDatabase", zone("Asia/Shanghai"));
    await ddl.create("a", {}, { dbName: "d" });
    await ddl.call("alterDatabase", zone("Europe/Rome"));
    await ddl.create("b", {}, { dbName: "d", properties: pairs({ timezone: "UTC" }) });
    await ddl.create("c", {}, { dbName: "d" });
    const zoneOf = async (collectionName: string) =>
      (await ddl.call("describeCollection", { dbName: "d", collectionName })).properties;
    expect(await Promise.all(["a", "b", "c"].map(zoneOf))).toEqual(
      ["Asia/Shanghai", "UTC", "Europe/Rome"].map((timezone) => pairs({ timezone })),
    );
  });

  it("are not locked by properties: grants are revoked, and limits that are not kept to are named", async () => {
    const ddl = await openDdl();
    const set = (key: string, value: string) =>
      ddl.call("alterDatabase", { dbName: "default", properties: pairs({ [key]: value }) });
    expect(await outcome(set("database.force.deny.writing", "true"))).toContain("revoke the grants of roles instead");
    expect(await set("database.force.deny.writing", "false")).toMatchObject({ code: 0 });
    for (const key of ["database.diskQuota.mb", "collection.insertRate.max.mb"])
      expect((await set(key, "5")).extraInfo.warnings).toContain(key);
  });

  it("are dropped when they are empty", async () => {
    const ddl = await openDdl();
    await ddl.call("createDatabase", { dbName: "d" });
    await ddl.create("c", {}, { dbName: "d" });
    expect(await outcome(ddl.call("dropDatabase", { dbName: "d" }))).toContain("1100 database:d not empty");
    await ddl.call("dropCollection", { dbName: "d", collectionName: "c" });
    expect(await outcome(ddl.call("dropDatabase", { dbName: "d" }))).toBe("ok");
    expect(await outcome(ddl.call("describeDatabase", { dbName: "d" }))).toBe("800 database not found[database=d]");
    expect(await outcome(ddl.call("dropDatabase", { dbName: "d" }))).toBe("800 database not found[database=d]");
    expect(await outcome(ddl.call("dropDatabase", { dbName: "default" }))).toContain(
      "1100 can not drop default database",
    );
  });

  it("C2: a drop does not miss a collection that another rootcoord makes meanwhile", async () => {
    const store = new MemoryMetaStore();
    const [a, b] = [await openDdl({}, store), await openDdl({}, store)];
    for (let i = 0; i < 20; i++) {
      await a.call("createDatabase", { dbName: "d" });
      const made = outcome(a.create("c", {}, { dbName: "d" }));
      for (let turns = 0; turns < i; turns++) await Promise.resolve();
      const dropped = outcome(b.call("dropDatabase", { dbName: "d" }));
      expect([await made, await dropped].filter((text) => text === "ok")).toHaveLength(1);
      await a.call("dropCollection", { dbName: "d", collectionName: "c" }).catch(() => undefined);
      await a.call("dropDatabase", { dbName: "d" }).catch(() => undefined);
    }
  });
});
