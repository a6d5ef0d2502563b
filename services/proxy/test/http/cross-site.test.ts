import { expect, it } from "@jest/globals";
import { silentLogger } from "@sluice/telemetry";
import { openRestApp } from "../../src/http/rest.ts";

it.each([
  ["cross-site", "POST", 403],
  ["same-site", "POST", 403],
  ["same-origin", "POST", 200],
  ["none", "POST", 200],
  [undefined, "POST", 200],
  // A link to it.
  ["cross-site", "GET", 200],
] as const)("a request of a page that is %s by %s is answered with %s", async (site, method, status) => {
  await using app = openRestApp(silentLogger);
  let isDone = false;
  const answer = async () => {
    isDone = true;
    return { code: 0 };
  };
  app.route({ method: ["GET", "POST"], url: "/drop", handler: answer });
  const headers = { "content-type": "text/plain", ...(site && { "sec-fetch-site": site }) };
  const { statusCode } = await app.inject({
    method,
    url: "/drop",
    headers,
    ...(method === "POST" && { payload: "{}" }),
  });
  expect([statusCode, isDone]).toEqual([status, status === 200]);
});
