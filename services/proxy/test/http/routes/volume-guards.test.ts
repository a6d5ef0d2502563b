import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { initialPolicy, withGrant, withRole, withUser, withUserRole } from "@sluice/access";
import { ByteBudget } from "@sluice/async";
import { silentLogger } from "@sluice/telemetry";
import type { FastifyInstance } from "fastify";
import type { AccessControl } from "../../../src/access/access-control.ts";
import { CallRates } from "../../../src/access/call-rates.ts";
import { forVolumes } from "../../../src/access/rest-guard.ts";
import { openRest, type RestDeps } from "../../../src/http/open-rest.ts";
import type { RouteGuard } from "../../../src/http/routes/route-facts.ts";
import { RunningRequests } from "../../../src/http/running-requests.ts";
import type { ContentWriter } from "../../../src/uploads/content-writer.ts";
import { fileService } from "../../../src/uploads/file-service.ts";
import { partService } from "../../../src/uploads/part-service.ts";
import type { RawRequest } from "../../../src/uploads/raw-service.ts";
import type { VolumeClient } from "../../../src/volumes/volume-operations.ts";

/** What each route of volumes needs: a right to the volume, to be an admin, or to be known. */
const needs: Readonly<Record<string, string>> = {
  "GET ": "open", // It lists those that the caller may see.
  "POST /create": "admin",
  "POST /apply": "write",
  "GET /:name": "see",
  "PATCH /:name": "admin",
  "DELETE /:name": "admin",
  "POST /:name/inspect": "read",
  "GET /:name/files": "read",
  "DELETE /:name/files/*": "write",
  "POST /:name/presign": "read, for PUT write",
  "POST /:name/uploads": "write",
  "GET /:name/uploads/:uploadId": "write",
  "DELETE /:name/uploads/:uploadId": "write",
  "POST /:name/uploads/:uploadId/complete": "write",
};

function wordsOf(guard: RouteGuard | undefined): string {
  if (guard?.kind !== "volume") return guard?.kind ?? "none";
  return guard.forPut ? `${guard.right}, for PUT ${guard.forPut}` : guard.right;
}

let app: FastifyInstance;
beforeAll(async () => {
  const deps = {
    ...{ context: {}, requests: {}, handlers: {}, volumes: {}, budget: new ByteBudget(1 << 20) },
    ...{ rates: new CallRates(0), running: new RunningRequests() },
  };
  const rest = { ...deps, guards: undefined, readiness: () => ({ status: 200, body: "OK" }), log: silentLogger };
  app = await openRest(rest as unknown as RestDeps, () => {});
});
afterAll(() => app.close());

it.each(["/v2/volumes", "/v2/stages"])(
  "%s is limited with a code of its own, and says when to come again",
  async (base) => {
    const rates = new CallRates(0.5);
    const deps = {
      ...{ context: {}, requests: {}, handlers: {}, volumes: {}, budget: new ByteBudget(1 << 20), guards: undefined },
      ...{ rates, running: new RunningRequests(), readiness: () => ({ status: 200, body: "OK" }), log: silentLogger },
    };
    await using limited = await openRest(deps as unknown as RestDeps, () => {});
    while (rates.admits("127.0.0.1"));
    const { statusCode, headers, ...answer } = await limited.inject({ url: `${base}/v`, remoteAddress: "127.0.0.1" });
    expect([statusCode, headers["retry-after"], answer.json().code]).toEqual([200, "1", 63290]);
  },
);

describe.each(["/v2/volumes", "/v2/stages"])("routes of %s", (base) => {
  it("need what the table says, each of them", () => {
    const routes = app.routeTable.entries.filter(({ path }) => path === base || path.startsWith(`${base}/`));
    const found = routes
      .filter(({ method }) => method !== "HEAD")
      .map(({ method, path, facts }) => [`${method} ${path.slice(base.length)}`, wordsOf(facts?.guard)]);
    expect(Object.fromEntries(found)).toEqual(needs);
  });

  it("that carry files need a right to the volume of their path, by their method", async () => {
    const client = {} as VolumeClient;
    const writer = {} as ContentWriter;
    const [files, parts] = [fileService(client, writer), partService(client, writer)];
    expect(["GET", "HEAD", "PUT"].map((method) => files.rightFor(method))).toEqual(["read", "read", "write"]);
    expect(parts.rightFor("PUT")).toBe("write");
    expect(files.volumeOf(`/${base}/a%2Db/files/x/files/y?ticket=1`)).toBe("a-b");
    expect(parts.volumeOf(`${base}/v/uploads/1/parts/2`)).toBe("v");
    const policy = ["ReadVolume"].reduce(
      (before, privilege) =>
        withGrant(before, "r", { object: "Volume", objectName: "v", dbName: "*", privilege, grantor: "root" }),
      withUserRole(
        withRole(withUser(initialPolicy(""), "ann", { passwordHash: "", description: "" }), "r", ""),
        "ann",
        "r",
        true,
      ),
    );
    const access = { caller: async () => ({ user: "ann", policy }) } as unknown as AccessControl;
    const guarded = forVolumes({ ...files, answer: async () => ({ status: 200 }) }, access);
    const outcome = (method: string, url: string) => {
      const request = {
        method,
        url,
        headers: { authorization: "Bearer ann:x" },
        identified: () => undefined,
      } as unknown as RawRequest;
      return guarded.answer(request).then(
        ({ status }) => status,
        ({ code }) => code,
      );
    };
    expect(await outcome("GET", `${base}/v/files/x`)).toBe(200);
    expect(await outcome("PUT", `${base}/v/files/x`)).toBe(63249);
    expect(await outcome("GET", `${base}/w/files/x`)).toBe(63240);
  });
});
