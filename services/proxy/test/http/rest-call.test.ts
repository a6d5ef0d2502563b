import { EventEmitter } from "node:events";
import { expect, it } from "@jest/globals";
import type { FastifyRequest } from "fastify";
import { RestCall } from "../../src/http/rest-call.ts";

/** A request with these headers, and how its answer goes. */
function setUp(headers: Record<string, string> = {}) {
  const response = Object.assign(new EventEmitter(), { destroyed: false, writableFinished: false });
  const call = new RestCall({ headers, ip: "10.0.0.7" } as unknown as FastifyRequest, response as never);
  return { call, response };
}

it("the end of a connection ends what is done for its request, asked for before or after", () => {
  const { call, response } = setUp();
  const { signal } = call;
  expect([signal.aborted, call.isGone]).toEqual([false, false]);
  response.destroyed = true;
  response.emit("close");
  expect([signal.aborted, call.isGone, call.signal === signal]).toEqual([true, true, true]);
  const late = setUp();
  late.response.destroyed = true;
  expect(late.call.signal.aborted).toBe(true);
});

it("an answer that has gone out is not lost when its connection ends", () => {
  const { call, response } = setUp();
  Object.assign(response, { destroyed: true, writableFinished: true });
  expect(call.isGone).toBe(false);
});

it("says for which database, from where and as whom a request comes", () => {
  const { call } = setUp({ "db-name": "shop", authorization: "Bearer ann:secret" });
  expect([call.database, call.host, call.credentials]).toEqual([
    "shop",
    "10.0.0.7",
    { user: "ann", password: "secret" },
  ]);
  expect(setUp().call.database).toBe("default");
  expect(() => setUp().call.credentials).toThrow("user hasn't authenticated");
});
