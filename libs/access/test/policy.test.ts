import { describe, expect, it } from "@jest/globals";
import {
  type AccessPolicy,
  allows,
  builtInGroups,
  type Demand,
  grantByLevel,
  grantOfObject,
  grantsAnywhere,
  knowsCollection,
  knowsDatabase,
  readableSources,
  withCredential,
  withGrant,
  withGroup,
  withMembers,
  withoutGrant,
  withoutGroup,
  withoutRole,
  withoutUser,
  withRole,
  withRoleDescription,
  withRoleSources,
  withUser,
  withUserRole,
} from "@sluice/access";
import { privileges } from "../src/privileges.ts";
import { granted, start, user } from "./reader.ts";

const onCollection = (privilege: string, objectName = "books", dbName = "default"): Demand => ({
  ...{ privilege, object: "Collection", objectName, dbName },
});

describe("what a user may import from", () => {
  const importer = granted("Import");
  const confined = withRoleSources(importer, "reader", ["a/", "b/", "a/"]);

  it("is everything, unless each role that grants Import is confined, and then what any of them may read", () => {
    expect(readableSources(importer, "ann")).toBeUndefined();
    expect(readableSources(confined, "ann")).toEqual(["a/", "b/"]);
    expect(readableSources(confined, "root")).toBeUndefined();
    expect(readableSources(withRoleSources(confined, "reader", undefined), "ann")).toBeUndefined();
    const second = withUserRole(withRole(confined, "second", ""), "ann", "second", true);
    expect(readableSources(second, "ann")).toEqual(["a/", "b/"]);
    const grant = (privilege: string) =>
      grantByLevel(second, { privilege, dbName: "*", collectionName: "*", grantor: "root" });
    expect(readableSources(withGrant(second, "second", grant("Query")), "ann")).toEqual(["a/", "b/"]);
    const both = withGrant(second, "second", grant("CollectionReadWrite"));
    expect(readableSources(both, "ann")).toBeUndefined();
    expect(readableSources(withRoleSources(both, "second", ["c/"]), "ann")).toEqual(["a/", "b/", "c/"]);
  });

  it("is no more by a role that may do everything with users or the whole, and nothing with collections", () => {
    const second = withUserRole(withRole(confined, "second", ""), "ann", "second", true);
    for (const object of ["User", "Global"] as const) {
      const all = { object, objectName: "*", dbName: "*", privilege: "*", grantor: "root" };
      expect(readableSources(withGrant(second, "second", all), "ann")).toEqual(["a/", "b/"]);
    }
  });

  it("is asked for other privileges by the roles that grant these", () => {
    const second = withUserRole(withRole(confined, "second", ""), "ann", "second", true);
    const grant = grantByLevel(second, {
      ...{ privilege: "ListImport", dbName: "default", collectionName: "books", grantor: "root" },
    });
    const listing = withGrant(second, "second", grant);
    expect(readableSources(listing, "ann")).toEqual(["a/", "b/"]);
    expect(readableSources(listing, "ann", ["Import", "ListImport"])).toBeUndefined();
  });

  it("is nothing without a role that grants Import, and what it was after other changes of the role", () => {
    expect(readableSources(start, "ann")).toEqual([]);
    expect(readableSources(withRoleDescription(confined, "reader", "d"), "ann")).toEqual(["a/", "b/"]);
    expect(
      readableSources(
        withoutGrant(
          confined,
          "reader",
          grantByLevel(confined, { privilege: "Import", dbName: "default", collectionName: "books", grantor: "root" }),
        ),
        "ann",
      ),
    ).toEqual([]);
  });
});

describe("what a user may do", () => {
  it("is everything for root and the role admin, and what everybody may for others", () => {
    const admin = withUserRole(start, "ann", "admin", true);
    for (const demand of [
      onCollection("Query"),
      { ...onCollection("DropDatabase", "*", "*"), object: "Global" } as Demand,
    ])
      expect([allows(start, "root", demand), allows(admin, "ann", demand), allows(start, "ann", demand)]).toEqual([
        ...[true, true, false],
      ]);
    expect(allows(start, "ann", onCollection("IndexDetail"))).toBe(true);
    expect(allows(start, "ann", { ...onCollection("DescribeCollection"), object: "Global" })).toBe(true);
  });

  it.each<[string, AccessPolicy, boolean]>([
    ["the privilege", granted("Query"), true],
    ["another one", granted("Insert"), false],
    ["on another collection", granted("Query", "films"), false],
    ["in another database", granted("Query", "books", "other"), false],
    ["on any collection", granted("Query", "*"), true],
    ["on any collection of any database", granted("Query", "*", "*"), true],
    ["everything on it", withGrant(start, "reader", grantOfObject(start, { ...onCollection("*"), grantor: "" })), true],
    ["a built-in group", granted("CollectionReadOnly"), true],
    ["a group without it", granted("DatabaseReadOnly", "*"), false],
    [
      "a group of one's own",
      granted("g", "books", "default", withMembers(withGroup(start, "g"), "g", ["Query"], true)),
      true,
    ],
    ["and revoked", withoutGrant(granted("Query"), "reader", granted("Query").roles.reader.grants[0]), false],
  ])("Query, granted: %s", (_, policy, isAllowed) => {
    expect(allows(policy, "ann", onCollection("Query"))).toBe(isAllowed);
  });

  it("is nothing for names that all objects have", () => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      expect(allows(granted("Query"), name, onCollection("Query"))).toBe(false);
      expect(() => withUserRole(start, name, "reader", true)).toThrow("not found");
      expect(() => withGrant(start, name, granted("Query").roles.reader.grants[0])).toThrow("does not exist");
    }
    expect(allows(withUser(start, "constructor", user), "constructor", onCollection("Query"))).toBe(false);
  });

  it("comes and goes with what belongs to it", () => {
    const load = granted("Load");
    expect(load.roles.reader.grants.map(({ privilege }) => privilege)).toEqual([
      "Load",
      "GetLoadState",
      "GetLoadingProgress",
    ]);
    expect(withoutGrant(load, "reader", load.roles.reader.grants[0]).roles.reader.grants).toEqual([]);
    expect(granted("Load", "books", "default", load)).toEqual(load);
  });

  it("shows in lists what own roles know of", () => {
    const policy = granted("Query");
    expect(knowsCollection(policy, "ann", "default", "books")).toBe(true);
    expect(knowsCollection(policy, "ann", "default", "films")).toBe(false);
    expect([knowsDatabase(policy, "ann", "default"), knowsDatabase(policy, "ann", "other")]).toEqual([true, false]);
    expect([grantsAnywhere(policy, "ann", "Query"), grantsAnywhere(policy, "ann", "Import")]).toEqual([true, false]);
  });
});

describe("changes are refused in Milvus's words", () => {
  const many = (count: number, add: (policy: AccessPolicy, i: number) => AccessPolicy) =>
    Array.from({ length: count }, (_, i) => i).reduce(add, start);
  const full = {
    users: many(98, (policy, i) => withUser(policy, `u${i}`, user)),
    roles: many(7, (p, i) => withRole(p, `r${i}`, "")),
  };
  it.each<[string, () => unknown, number]>([
    ["username must be not empty", () => withUser(start, "", user), 1100],
    ["the length of username must be less than 32", () => withUser(start, "a".repeat(33), user), 1100],
    ["the first character must be a letter, but got 1", () => withUser(start, "1a", user), 1100],
    ["only contain numbers, letters", () => withUser(start, "a b", user), 1100],
    ["user already exists: ann", () => withUser(start, "ann", user), 1100],
    ["number of users has reached the limit", () => withUser(full.users, "more", user), 9],
    ["number of roles has reached the limit", () => withRole(full.roles, "more", ""), 9],
    ["must update either password or description", () => withCredential(start, "ann", {}), 1100],
    ["at most 1024", () => withCredential(start, "ann", { description: "x".repeat(1025) }), 1100],
    ["root user cannot be deleted", () => withoutUser(start, "root"), 1401],
    ["role name should be not empty", () => withRole(start, "", ""), 1100],
    ["must be an underscore or letter", () => withRole(start, "1", ""), 1100],
    ["role [reader] already exists", () => withRole(start, "reader", ""), 1100],
    ["not found the role", () => withRoleDescription(start, "none", ""), 1100],
    ["not found the role", () => withRoleSources(start, "none", []), 1100],
    ["confine another one", () => withRoleSources(start, "admin", []), 1100],
    ["a/*.json is a pattern", () => withRoleSources(start, "reader", ["a/*.json"]), 1100],
    ['has a part "." or ".."', () => withRoleSources(start, "reader", ["a/../b"]), 1100],
    ["1 to 1024 bytes, and one has 0", () => withRoleSources(start, "reader", [""]), 1100],
    [
      "64 sources at most",
      () =>
        withRoleSources(
          start,
          "reader",
          Array.from({ length: 65 }, (_, i) => `${i}/`),
        ),
      1100,
    ],
    ["the description is 1025 bytes", () => withRoleDescription(start, "reader", "x".repeat(1025)), 1100],
    ["the role[admin] is a default role", () => withoutRole(start, "admin", true), 1401],
    ["Use REVOKE API", () => withoutRole(granted("Query"), "reader", false), 1100],
    ["not found the role", () => withUserRole(start, "ann", "none", true), 1100],
    ['user "bob" not found', () => withUserRole(start, "bob", "reader", true), 1100],
    ["not found the privilege name[Fly]", () => granted("Fly"), 1100],
    [
      "not found the privilege name[Fly] in object[Collection]",
      () => grantOfObject(start, { ...onCollection("Fly"), grantor: "" }),
      1100,
    ],
    [
      "can not operate the built-in privilege group",
      () => grantOfObject(start, { ...onCollection("CollectionAdmin"), grantor: "" }),
      1100,
    ],
    [
      "the object entity in the request is nil",
      () => grantOfObject(start, { ...onCollection("Query"), object: "Table", grantor: "" }),
      1100,
    ],
    ["should be * for the cluster level privilege", () => granted("CreateDatabase", "*"), 1100],
    ["should be * for the database level privilege", () => granted("CreateCollection"), 1100],
    ["please specify database name", () => granted("Query", "books", "*"), 1100],
    ["invalid privilege group name", () => withGroup(start, "a-b"), 1402],
    ["is defined by built in privileges", () => withGroup(start, "Query"), 1100],
    ["is defined by users", () => withGroup(withGroup(start, "g"), "g"), 1100],
    ["not the same privilege level", () => withMembers(withGroup(start, "g"), "g", ["Query", "FlushAll"], true), 1100],
    ["defined in system to operate", () => withMembers(withGroup(start, "g"), "g", ["Fly"], true), 1100],
    [
      "is used by role [reader]",
      () => withoutGroup(granted("g", "books", "default", withGroup(start, "g")), "g"),
      1100,
    ],
  ])("%s", (reason, change, code) => {
    expect(change).toThrow(expect.objectContaining({ message: expect.stringContaining(reason), code }));
  });

  it("but what is so already is no change", () => {
    expect(withoutUser(start, "bob")).toBe(start);
    expect(withUserRole(start, "ann", "reader", true)).toBe(start);
    expect(withoutGroup(start, "g")).toBe(start);
  });

  it("a dropped role goes from its users, with its grants when forced", () => {
    const policy = withoutRole(granted("Query"), "reader", true);
    expect(policy.users.ann.roles).toEqual([]);
    expect(allows(policy, "ann", onCollection("Query"))).toBe(false);
  });

  it("every built-in group holds privileges that there are", () => {
    for (const { members } of builtInGroups.values())
      expect(members.filter((member) => !privileges.has(member))).toEqual([]);
  });
});
