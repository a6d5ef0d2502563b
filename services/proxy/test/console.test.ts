import { describe, expect, it } from "@jest/globals";
import { silentLogger } from "@sluice/telemetry";
import { serveConsole } from "../src/console/console-routes.ts";
import { openRestApp } from "../src/http/rest.ts";

async function openConsole() {
  const app = openRestApp(silentLogger);
  await serveConsole(app);
  return app;
}

describe("the console's files", () => {
  it("are asked for each time, and sent once", async () => {
    await using app = await openConsole();
    const page = await app.inject("/console");
    expect([page.statusCode, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    const etag = String(page.headers.etag);
    const again = await app.inject({ url: "/console/", headers: { "if-none-match": etag } });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  });

  it("come with a policy under which nothing of anybody else runs", async () => {
    await using app = await openConsole();
    for (const url of ["/console", "/console/main.js", "/console/console.css", "/console/preact-license.txt"]) {
      const { statusCode, headers } = await app.inject(url);
      expect([url, statusCode]).toEqual([url, 200]);
      expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
      expect(headers["content-security-policy"]).not.toContain("unsafe");
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });

  it("are those of one folder", async () => {
    await using app = await openConsole();
    for (const url of ["/console/none.js", "/console/..%2f..%2fpackage.json", "/console/__proto__"])
      expect((await app.inject(url)).statusCode).toBe(404);
  });

  it("are where the root leads to", async () => {
    await using app = await openConsole();
    const { statusCode, headers } = await app.inject("/");
    expect([statusCode, headers.location]).toEqual([302, "/console"]);
  });
});
