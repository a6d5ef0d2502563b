import { expect, it } from "@jest/globals";
import { Metrics } from "@sluice/telemetry";
import { openHealthServer } from "../src/health-server.ts";

it("the port of health says where calls go that a Milvus has there", async () => {
  const options = {
    host: "127.0.0.1",
    port: 0,
    metrics: new Metrics(),
    readiness: () => ({ status: 200, body: "OK" }) as const,
  };
  await using health = await openHealthServer(options);
  const answer = (path: string) => fetch(`http://127.0.0.1:${health.port}${path}`);
  expect(await (await answer("/healthz")).text()).toBe("OK");
  const refused = await answer("/management/datacoord/garbage_collection/pause?pause_seconds=5");
  expect([refused.status, await refused.json()]).toEqual([
    404,
    { msg: expect.stringMatching(/^GET \/management\/datacoord\/.* calls go to the port of a proxy \(19530\)$/) },
  ]);
});
