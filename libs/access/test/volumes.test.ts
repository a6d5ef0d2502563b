import { describe, expect, it } from "@jest/globals";
import {
  type AccessPolicy,
  allows,
  type Demand,
  grantOfObject,
  grantsAnywhere,
  knowsCollection,
  knowsDatabase,
  newKey,
  stillAllowsOnVolume,
  type VolumeRight,
  volumesWith,
  withGrant,
  withGroup,
  withKey,
  withMembers,
  withoutGrant,
  withoutUser,
} from "@sluice/access";
import { granted, start } from "./reader.ts";

const byObject = (privilege: string, objectName: string, policy = start) =>
  withGrant(
    policy,
    "reader",
    grantOfObject(policy, { object: "Volume", objectName, dbName: "default", privilege, grantor: "root" }),
  );
const rights: readonly VolumeRight[] = ["see", "read", "write", "use"];
const rightsOf = (policy: AccessPolicy, name: string, caller = "ann") =>
  rights.filter((right) => volumesWith(policy, caller, right)?.includes(name) ?? true);

describe("rights to a volume", () => {
  it.each([
    ["ReadVolume", ["see", "read", "use"]],
    ["WriteVolume", ["see", "write"]],
    ["UseVolume", ["see", "use"]],
  ])("%s, in both forms of grants, lets %j, with this one alone", (privilege, expected) => {
    for (const policy of [granted(privilege, "a"), byObject(privilege, "a")]) {
      expect(rightsOf(policy, "a")).toEqual(expected);
      expect(rightsOf(policy, "b")).toEqual([]);
      expect(rightsOf(withoutGrant(policy, "reader", policy.roles.reader.grants[0]), "a")).toEqual([]);
    }
    expect(rightsOf(granted(privilege, "*"), "b")).toEqual(expected);
  });

  it("are all of them for who may do everything, or everything with volumes", () => {
    expect([volumesWith(start, "root", "write"), volumesWith(start, "ann", "write")]).toEqual([undefined, []]);
    expect(rightsOf(byObject("*", "a"), "a")).toEqual(rights);
    expect(rightsOf(granted("All", "*"), "a")).toEqual([]); // That is of collections.
  });

  it("come by groups as well, which hold privileges of one kind", () => {
    const group = withMembers(withGroup(start, "uploader"), "uploader", ["WriteVolume", "UseVolume"], true);
    expect(rightsOf(granted("uploader", "a", "default", group), "a")).toEqual(["see", "write", "use"]);
    expect(() => withMembers(group, "uploader", ["Query"], true)).toThrow("not the same privilege level");
  });

  it("tell nothing of a collection or database, and let nobody do anything with one", () => {
    const policies = [byObject("*", "books"), granted("ReadVolume", "*"), byObject("*", "*")];
    // A group whose members were others when it was granted.
    const group = withMembers(withGroup(start, "g"), "g", ["ReadVolume"], true);
    const turned = withMembers(granted("g", "books", "default", group), "g", ["ReadVolume"], false);
    policies.push(withMembers(turned, "g", ["Query", "Import"], true));
    for (const policy of policies) {
      const query: Demand = { privilege: "Query", object: "Collection", objectName: "books", dbName: "default" };
      expect(allows(policy, "ann", query)).toBe(false);
      expect(knowsCollection(policy, "ann", "default", "books")).toBe(false);
      expect(knowsDatabase(policy, "ann", "default")).toBe(false);
      expect(grantsAnywhere(policy, "ann", "Import")).toBe(false);
    }
  });

  it("of a key are those of its roles, with the volumes that it names alone", () => {
    const withVolumes = (policy: AccessPolicy, volumes: readonly string[] | undefined, roles = ["reader"]) => {
      const { keyId, secretHash } = newKey();
      const key = { secretHash, description: "", roles, createdMs: 0, ...(volumes && { volumes }) };
      return { caller: `key:${keyId}`, policy: withKey(policy, keyId, key) };
    };
    const all = granted("WriteVolume", "*");
    const two = granted("WriteVolume", "b", "default", granted("WriteVolume", "a"));
    for (const [policy, volumes, expected] of [
      [all, undefined, undefined],
      [all, ["a", "c"], ["a", "c"]],
      [two, undefined, ["a", "b"]],
      [two, ["b", "c"], ["b"]],
      [start, ["a"], []],
    ] as const) {
      const key = withVolumes(policy, volumes);
      expect(volumesWith(key.policy, key.caller, "write")).toEqual(expected);
    }
    expect(() => withVolumes(all, ["a"], ["admin"])).toThrow("name no volumes");
    expect(() => withVolumes(all, [""])).toThrow("1 to 64 characters");
  });

  it("end with who has them", () => {
    const policy = granted("WriteVolume", "a");
    const still = (state: AccessPolicy) => stillAllowsOnVolume(state, { caller: "ann", name: "a", right: "write" }, 0);
    expect([still(policy), still(withoutUser(policy, "ann")), still(start)]).toEqual([true, false, false]);
    const everybody = withGrant(start, "public", policy.roles.reader.grants[0]);
    expect([still(everybody), still(withoutUser(everybody, "ann"))]).toEqual([true, false]);
  });
});
