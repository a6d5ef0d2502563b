import { expect, it } from "@jest/globals";
import { RefusedError, UnreachableError } from "../src/client/rest-client.ts";
import { hintOn } from "../src/commands/index.ts";

it("who is not known is told how to say who it is, over REST and gRPC, and nobody else", () => {
  const hint = ": say who calls by --token USER:PASSWORD, or SLUICE_TOKEN";
  expect(hintOn(new RefusedError(1800, "user hasn't authenticated"))).toBe(hint);
  expect(hintOn(Object.assign(new Error("16 UNAUTHENTICATED"), { code: 16 }))).toBe(hint);
  for (const other of [new RefusedError(100, "no collection"), new UnreachableError("nobody"), new Error("x"), "x"])
    expect(hintOn(other)).toBe("");
});
