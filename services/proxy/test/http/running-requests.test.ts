import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, it } from "@jest/globals";
import { silentLogger } from "@sluice/telemetry";
import { openRestApp } from "../../src/http/rest.ts";
import { RunningRequests } from "../../src/http/running-requests.ts";

/** An application with a request under way, on a port that is not its own. */
async function busy(limitMs: number) {
  const go = Promise.withResolvers<void>();
  let begun = 0;
  const app = openRestApp(silentLogger);
  const running = new RunningRequests();
  running.watch(app);
  app.addHook("preClose", () => running.idle(limitMs));
  app.get("/slow", async () => {
    begun++;
    await go.promise;
    return { code: 0 };
  });
  await app.ready();
  const port = createServer((socket) => void app.server.emit("connection", socket)).listen(0, "127.0.0.1");
  await once(port, "listening");
  const gone = new AbortController();
  const url = `http://127.0.0.1:${(port.address() as AddressInfo).port}/slow`;
  const answer = fetch(url, { signal: gone.signal });
  while (begun === 0) await new Promise(setImmediate);
  const close = async () => {
    await app.close();
    port.close();
  };
  return { answer, close, url, begun: () => begun, go: go.resolve, leave: () => gone.abort() };
}

it("a request that runs is answered before the application closes", async () => {
  const { answer, close, go } = await busy(60_000);
  let isClosed = false;
  const closed = close().then(() => {
    isClosed = true;
  });
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  expect(isClosed).toBe(false);
  go();
  expect(await (await answer).json()).toEqual({ code: 0 });
  await closed;
});

it("one that comes meanwhile is answered, and told to close its connection", async () => {
  const { answer, close, go, url, begun } = await busy(60_000);
  const closed = close();
  const late = fetch(url);
  while (begun() < 2) await new Promise(setImmediate);
  go();
  await answer;
  const last = await late;
  expect([last.headers.get("connection"), await last.json()]).toEqual(["close", { code: 0 }]);
  await closed;
});

it("one whose client has gone is waited for no longer", async () => {
  const { answer, close, leave, go } = await busy(60_000);
  leave();
  await expect(answer).rejects.toThrow();
  await close();
  go();
});

it("one that takes too long is not waited for", async () => {
  const { answer, close, leave, go } = await busy(10);
  await close();
  leave();
  await expect(answer).rejects.toThrow();
  go();
});
