import { expect, it } from "@jest/globals";
import { RefusedError, UnreachableError } from "../src/client/rest-client.ts";
import { hintOn } from "../src/commands/index.ts";

it("who is not known is told how to say who it is, over REST and gRPC, whose port is taken to choose one, and nobody else", () => {
  const hint = ": say who calls by --token USER:PASSWORD, or SLUICE_TOKEN";
  expect(hintOn(new RefusedError(1800, "user hasn't authenticated"))).toBe(hint);
  const unknown = Object.assign(new Error("16 UNAUTHENTICATED"), { code: 16 });
  const ofMilvus = (cause: Error) => Object.assign(new Error("refused", { cause }), { code: 1400 });
  expect(hintOn(unknown)).toBe(hint);
  expect(hintOn(ofMilvus(unknown))).toBe(hint);
  const denied = Object.assign(new Error("7 PERMISSION_DENIED"), { code: 7 });
  expect(hintOn(ofMilvus(denied))).toBe("");
  const ofGrpc =
    "No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use 0.0.0.0:1]";
  for (const taken of ["listen EADDRINUSE: address already in use 0.0.0.0:1", ofGrpc])
    expect(hintOn(new Error(taken))).toContain("another program has this port: choose one by --port");
  for (const other of [new RefusedError(100, "no collection"), new UnreachableError("nobody"), new Error("x"), "x"])
    expect(hintOn(other)).toBe("");
});
