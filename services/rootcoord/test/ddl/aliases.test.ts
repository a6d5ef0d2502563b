import { describe, expect, it, test } from "@jest/globals";
import { openDdl, outcome, type TestDdl } from "./harness.ts";

/** Collections `c` and `d`, and an alias `a` of `c`. */
async function withAlias(): Promise<TestDdl> {
  const ddl = await openDdl();
  await ddl.create("c");
  await ddl.create("d");
  await ddl.call("createAlias", { collectionName: "c", alias: "a" });
  return ddl;
}

const aliasesOf = async (ddl: TestDdl, collectionName: string) =>
  (await ddl.call("listAliases", { collectionName })).aliases;

describe("aliases", () => {
  it("are made, described, listed and dropped", async () => {
    const ddl = await withAlias();
    expect(await ddl.call("describeAlias", { alias: "a" })).toMatchObject({
      dbName: "default",
      alias: "a",
      collection: "c",
    });
    await ddl.call("createAlias", { collectionName: "d", alias: "b" });
    expect(await aliasesOf(ddl, "")).toEqual(["a", "b"]);
    expect(await aliasesOf(ddl, "d")).toEqual(["b"]);
    await ddl.call("dropAlias", { alias: "a" });
    expect(await aliasesOf(ddl, "c")).toEqual([]);
    expect(await outcome(ddl.call("dropAlias", { alias: "a" }))).toBe("ok");
    expect(await outcome(ddl.call("dropCollection", { collectionName: "c" }))).toBe("ok");
  });

  it("move from one collection to another", async () => {
    const ddl = await withAlias();
    await ddl.call("alterAlias", { collectionName: "d", alias: "a" });
    expect((await ddl.findCollection("default", "a")).name).toBe("d");
    expect([await aliasesOf(ddl, "c"), await aliasesOf(ddl, "d")]).toEqual([[], ["a"]]);
    expect(await outcome(ddl.call("alterAlias", { collectionName: "d", alias: "a" }))).toBe("ok");
    expect(await aliasesOf(ddl, "d")).toEqual(["a"]);
  });

  it("making one again changes nothing", async () => {
    const ddl = await withAlias();
    expect(await outcome(ddl.call("createAlias", { collectionName: "c", alias: "a" }))).toBe("ok");
    expect(await aliasesOf(ddl, "c")).toEqual(["a"]);
  });

  test.each<["createAlias" | "alterAlias", string, string, string]>([
    [
      "createAlias",
      "d",
      "a",
      "1602 a is alias to another collection: c: alias already exist[database=default][alias=a]",
    ],
    ["createAlias", "c", "d", "1601 alias and collection name conflict[database=default][alias=d]"],
    ["createAlias", "x", "b", "100 can't find collection[database=default][collection=x]"],
    ["createAlias", "a", "b", "100 can't find collection[database=default][collection=a]"],
    [
      "createAlias",
      "c",
      "1",
      "1100 Invalid collection alias: 1. the first character of a collection alias must be an underscore or letter",
    ],
    ["alterAlias", "d", "b", "1600 alias not found[database=default][alias=b]"],
    ["alterAlias", "c", "d", "1601 alias and collection name conflict[database=default][alias=d]"],
    ["alterAlias", "x", "a", "100 can't find collection"],
  ])("%s of %s as %s is refused", async (method, collectionName, alias, refusal) => {
    const ddl = await withAlias();
    expect(await outcome(ddl.call(method, { collectionName, alias }))).toContain(refusal);
  });

  it("that are not there cannot be described; a collection is none", async () => {
    const ddl = await withAlias();
    expect(await outcome(ddl.call("describeAlias", { alias: "b" }))).toContain("1600 ");
    expect(await outcome(ddl.call("dropAlias", { alias: "c" }))).toContain("1600 ");
    expect((await ddl.call("hasCollection", { collectionName: "c" })).value).toBe(true);
    expect(await outcome(ddl.call("listAliases", { collectionName: "x" }))).toContain("100 ");
    expect(await outcome(ddl.call("dropAlias", { dbName: "x", alias: "a" }))).toContain("800 ");
  });

  it("made at once for two collections: one wins", async () => {
    const ddl = await withAlias();
    const outcomes = await Promise.all(
      ["c", "d"].map((collectionName) => outcome(ddl.call("createAlias", { collectionName, alias: "b" }))),
    );
    expect(outcomes).toEqual(["ok", expect.stringContaining("1602 ")]);
  });
});
