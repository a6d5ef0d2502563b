import { randomBytes } from "node:crypto";
import { expect, it } from "@jest/globals";
import { CredentialsKey } from "@sluice/cluster";

const bytes = randomBytes(32);
const key = CredentialsKey.of(bytes.toString("base64")) as CredentialsKey;

it("opens what it has sealed, for its owner alone, in hex as in base64", () => {
  const sealed = key.seal("HUNTER2", "1/2/3");
  expect(Buffer.from(sealed, "base64").toString("latin1")).not.toContain("HUNTER2");
  expect(CredentialsKey.of(bytes.toString("hex"))?.open(sealed, "1/2/3")).toBe("HUNTER2");
  expect(key.open(sealed, "1/2/4")).toBeUndefined();
  expect(key.seal("HUNTER2", "1/2/3")).not.toBe(sealed);
});

it("opens nothing that was changed, cut short, or sealed with another key", () => {
  const sealed = Buffer.from(key.seal("HUNTER2", "x"), "base64");
  for (const at of [0, 12, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at] ^= 1;
    expect(key.open(changed.toString("base64"), "x")).toBeUndefined();
  }
  for (const length of [0, 11, 20, sealed.length - 1])
    expect(key.open(sealed.subarray(0, length).toString("base64"), "x")).toBeUndefined();
  expect(CredentialsKey.of(randomBytes(32).toString("hex"))?.open(sealed.toString("base64"), "x")).toBeUndefined();
});

it("is none where there is no text, and refuses what is none without repeating it", () => {
  expect([CredentialsKey.of(undefined), CredentialsKey.of("")]).toEqual([undefined, undefined]);
  expect(() => CredentialsKey.of("HUNTER2")).toThrow(/^(?!.*HUNTER2).*credentials-key/);
});
