import { expect, it } from "@jest/globals";
import {
  type AccessPolicy,
  allows,
  callerOfKey,
  initialPolicy,
  isAdmin,
  newKey,
  rolesOf,
  stillAllowsOnVolume,
  withKey,
  withoutKey,
  withoutRole,
  withRole,
} from "@sluice/access";

const start = withRole(initialPolicy("r"), "reader", "");
const keyOf = (roles: string[], expiresMs?: number) => {
  const { keyId, token, secretHash } = newKey();
  const key = { secretHash, description: "", roles, createdMs: 0, ...(expiresMs && { expiresMs }) };
  return { keyId, token, policy: withKey(start, keyId, key) };
};

it("a key is its own caller with its own roles, as long as it is good", () => {
  const { keyId, token, policy } = keyOf(["reader"], 1000);
  expect([callerOfKey(policy, token, 999), rolesOf(policy, `key:${keyId}`)]).toEqual([`key:${keyId}`, ["reader"]]);
  expect(callerOfKey(policy, token, 1000)).toBeUndefined();
  expect(callerOfKey(withoutKey(policy, keyId), token, 0)).toBeUndefined();
  expect(rolesOf(withoutRole(policy, "reader", true), `key:${keyId}`)).toEqual([]);
});

it("what is stored opens nothing, and neither does anything else", () => {
  const { keyId, token, policy } = keyOf([]);
  const { secretHash } = policy.keys?.[keyId] ?? { secretHash: "" };
  const others = ["", "slk_", keyId, token.slice(0, -1), `${token}x`, `slk_${keyId}_${secretHash.slice(0, 43)}`];
  for (const other of [...others, newKey().token]) expect(callerOfKey(policy, other, 0)).toBeUndefined();
  expect(JSON.stringify(policy)).not.toContain(token.slice(-43));
});

it("only the role admin makes a key one that may do everything", () => {
  const everything = { privilege: "Query", object: "Collection", objectName: "books", dbName: "default" } as const;
  const [plain, admin] = [keyOf([]), keyOf(["admin"])];
  expect(allows(plain.policy, `key:${plain.keyId}`, everything)).toBe(false);
  expect([isAdmin(admin.policy, `key:${admin.keyId}`), isAdmin(plain.policy, "key:root")]).toEqual([true, false]);
});

it("roles and keys that there are not are refused", () => {
  expect(() => keyOf(["none"])).toThrow(/role/);
  expect(() => withoutKey(start, "constructor")).toThrow("there is no API key");
});

it("who was let in may still do what it might as long as a login would be let in", () => {
  const { keyId, policy } = keyOf(["admin"], 1000);
  const caller = `key:${keyId}`;
  const may = (state: AccessPolicy, who: string, nowMs: number) =>
    stillAllowsOnVolume(state, { caller: who, name: "v", right: "write" }, nowMs);
  expect([may(policy, caller, 999), may(policy, caller, 1000)]).toEqual([true, false]);
  expect(may(withoutKey(policy, keyId), caller, 0)).toBe(false);
  expect(may(policy, "root", 0)).toBe(true);
  expect(may(policy, "ann", 0)).toBe(false);
});
