import { describe, expect, it } from "@jest/globals";
import { initialPolicy } from "@sluice/access";
import { okStatus } from "@sluice/rpc";
import { silentLogger } from "@sluice/telemetry";
import type { AccessControl } from "../../src/access/access-control.ts";
import { CallRates } from "../../src/access/call-rates.ts";
import type { CallContext } from "../../src/call-context.ts";
import type { ProxyContext } from "../../src/context.ts";
import { grpcDoor, restDoor } from "../../src/doors.ts";
import type { AnyOperation, Operations } from "../../src/operations/operations.ts";

/** Two operations that answer, and a call of root's. */
function setUp(perSecond = 0) {
  const asked: object[] = [];
  const answer = async (request: object) => {
    asked.push(request);
    return { status: okStatus() };
  };
  const access = {
    caller: async () => ({ user: "root", policy: initialPolicy("") }),
    check: async () => undefined,
    checkAdmin: () => undefined,
    forget: () => undefined,
  } as unknown as AccessControl;
  const operations = { describeAlias: answer, operatePrivilege: answer, getVersion: answer } as unknown as Operations;
  const guards = { access, context: {} as ProxyContext, log: silentLogger };
  const call = { database: "default", host: "10.0.0.7", credentials: {} } as unknown as CallContext;
  return { asked, operations, guards, call, rates: new CallRates(perSecond, () => 0) };
}

const run = (operations: Operations, method: keyof Operations, call: CallContext, request: object = {}) =>
  (async () => (operations[method] as AnyOperation)(request, call))().then(
    () => "done",
    ({ message }: Error) => message,
  );

describe("the door of gRPC", () => {
  it("lets nobody in whom it has not asked who that is", async () => {
    const { operations, guards, call, rates } = setUp();
    expect(await run(grpcDoor(operations, rates, guards), "describeAlias", { ...call })).toBe("done");
    expect(await run(restDoor(operations, guards), "describeAlias", { ...call })).toBe("user hasn't authenticated");
  });

  it("counts calls of each host where nobody is asked, but for those by which clients look for a server", async () => {
    const { operations, call, rates } = setUp(1);
    const door = grpcDoor(operations, rates);
    const outcomes = [];
    for (let i = 0; i < 3; i++) outcomes.push(await run(door, "describeAlias", call));
    expect(outcomes.map((text) => text.replace(/,.*/, ""))).toEqual(["done", "done", "request is rejected by limiter"]);
    expect(await run(door, "describeAlias", { ...call, host: "10.0.0.8" })).toBe("done");
    expect(await run(door, "getVersion", call)).toBe("done");
  });
});

it("REST has counted a request before, whatever calls it makes", async () => {
  const { operations, call, asked } = setUp(1);
  const door = restDoor(operations);
  for (let i = 0; i < 9; i++) expect(await run(door, "describeAlias", call)).toBe("done");
  expect(asked).toHaveLength(9);
});

it("a grant says who gave it, whichever door it came by", async () => {
  const { operations, guards, call, rates, asked } = setUp();
  const request = { entity: { role: { name: "reader" }, grantor: { privilege: { name: "Query" } } } };
  const known = { ...call };
  await run(grpcDoor(operations, rates, guards), "operatePrivilege", known, request);
  await run(restDoor(operations, guards), "operatePrivilege", known, request);
  const named = { entity: { grantor: { user: { name: "root" }, privilege: { name: "Query" } } } };
  expect(asked).toMatchObject([named, named]);
});
