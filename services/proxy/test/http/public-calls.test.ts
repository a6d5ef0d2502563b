import { EventEmitter } from "node:events";
import { expect, it } from "@jest/globals";
import { okStatus } from "@sluice/rpc";
import type { FastifyRequest } from "fastify";
import { PublicCalls } from "../../src/http/catalog/public-calls.ts";

it("a connection that goes on is listened to only while a call runs, and its end cancels the call", async () => {
  const socket = new EventEmitter();
  const rest = { raw: { socket }, headers: {} } as unknown as FastifyRequest;
  let isCancelled = false;
  const listDatabases = async (_request: object, call: { readonly cancelled: boolean }) => {
    expect(socket.listenerCount("close")).toBe(1);
    socket.emit("close");
    isCancelled = call.cancelled;
    return { status: okStatus(), dbNames: [], createdTimestamp: [], dbIds: [] };
  };
  await new PublicCalls({ listDatabases } as never).call(rest, "listDatabases", { base: undefined });
  expect(isCancelled).toBe(true);
  const failing = new PublicCalls({ listDatabases: () => Promise.reject(new Error("no")) } as never);
  await expect(failing.call(rest, "listDatabases", { base: undefined })).rejects.toThrow("no");
  expect(socket.listenerCount("close")).toBe(0);
});
