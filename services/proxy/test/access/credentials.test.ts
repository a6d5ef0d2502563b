import { expect, it } from "@jest/globals";
import { credentialsOfConnection } from "../../src/access/credentials.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

it("calls of a connection show what their own header says, which is read once while it is the same", () => {
  const [one, other] = [{}, {}];
  const ann = credentialsOfConnection(one, base64("ann:secret"));
  expect(ann).toEqual({ user: "ann", password: "secret" });
  expect(credentialsOfConnection(one, base64("ann:secret"))).toBe(ann);
  expect(credentialsOfConnection(one, base64("ann:other"))).toEqual({ user: "ann", password: "other" });
  expect(credentialsOfConnection(one, base64("ann:secret"))).not.toBe(ann);
  expect(credentialsOfConnection(other, base64("bob:secret"))).toEqual({ user: "bob", password: "secret" });
  expect(credentialsOfConnection(undefined, base64("a-key"))).toEqual({ key: "a-key" });
});

it("a call without a header shows nobody, whoever has called over its connection before", () => {
  const connection = {};
  credentialsOfConnection(connection, base64("ann:secret"));
  expect(() => credentialsOfConnection(connection, "")).toThrow("missing authorization in header");
  for (const header of ["x".repeat(2000), "%%%", "ann:secret"])
    expect(() => credentialsOfConnection(connection, header)).toThrow("invalid token format");
});
