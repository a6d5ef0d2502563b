import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "@jest/globals";
import { silentLogger } from "@sluice/telemetry";
import type { S3Refusal } from "@sluice/volumes";
import { RunningRequests } from "../../src/http/running-requests.ts";
import type { RawService } from "../../src/uploads/raw-service.ts";
import { attach, uploadHandler } from "../../src/uploads/upload-server.ts";

const running = new RunningRequests();
const go = Promise.withResolvers<void>();
const service: RawService = {
  name: "slow",
  matches: () => true,
  answer: async () => {
    await go.promise;
    return { status: 200, body: "taken" };
  },
  refuse: (error) => {
    const { httpStatus: status, message } = error as S3Refusal;
    return { status, body: message, reason: message, isUnexpected: false };
  },
};
const server = createServer();
attach(server, uploadHandler({ services: [service], log: silentLogger, onCall: () => {}, running, others: () => {} }));

afterEach(() => {
  server.close();
});

it("an upload that runs is waited for, and one that comes meanwhile is told to come again", async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  const upload = fetch(url, { method: "PUT", body: "x" });
  await once(server, "request");
  let isIdle = false;
  const idle = running.idle(60_000).then(() => {
    isIdle = true;
  });
  const late = await fetch(url, { method: "PUT", body: "x" });
  expect([late.status, await late.text()]).toEqual([503, "the server is stopping: send the request again"]);
  expect(isIdle).toBe(false);
  go.resolve();
  expect(await (await upload).text()).toBe("taken");
  await idle;
});
