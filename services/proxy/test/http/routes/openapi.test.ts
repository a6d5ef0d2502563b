import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ByteBudget } from "@sluice/async";
import { silentLogger } from "@sluice/telemetry";
import type { FastifyInstance } from "fastify";
import { CallRates } from "../../../src/access/call-rates.ts";
import { openRest, type RestDeps } from "../../../src/http/open-rest.ts";
import { RunningRequests } from "../../../src/http/running-requests.ts";

interface Operation {
  readonly operationId: string;
  readonly tags: string[];
  readonly summary: string;
  readonly parameters?: { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: object } } };
  readonly responses: object;
  readonly security?: object[];
  readonly "x-privileges": string[];
}

let app: FastifyInstance;
let document: { readonly openapi: string; readonly paths: Record<string, Record<string, Operation>> };
beforeAll(async () => {
  const deps = {
    context: {},
    requests: {},
    handlers: {},
    volumes: {},
    budget: new ByteBudget(1 << 20),
    rates: new CallRates(0),
    running: new RunningRequests(),
  };
  const rest = { ...deps, guards: undefined, readiness: () => ({ status: 200, body: "OK" }), log: silentLogger };
  app = await openRest(rest as unknown as RestDeps, () => {});
  document = (await app.inject("/v2/openapi.json")).json();
});
afterAll(() => app.close());

describe("the OpenAPI document", () => {
  it("has every route that there is, each with a summary and a guard", () => {
    const routes = app.routeTable.entries.map(({ method, path }) => `${method} ${path}`);
    expect(app.routeTable.entries.filter(({ facts }) => !facts)).toEqual([]);
    const shown = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((verb) => `${verb.toUpperCase()} ${path}`),
    );
    const asShown = (route: string) => route.replace(/:(\w+)/g, "{$1}").replace("*", "{rest}");
    expect(shown.toSorted()).toEqual(routes.map(asShown).toSorted());
    expect(routes.length).toBeGreaterThan(100);
  });

  it("calls each operation by its own name, and declares the parameters of its path", () => {
    const operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
      Object.values(verbs).map((operation) => ({ path, operation })),
    );
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect([path, declared.map(({ name }) => name)]).toEqual([path, inPath]);
      expect(operation.summary).toMatch(/^[A-Z][^.]*$/);
    }
  });

  it("says what bodies must have, and which privilege a caller needs", () => {
    const create = document.paths["/v2/vectordb/jobs/import/create"].post;
    const schema = create.requestBody?.content["application/json"].schema;
    expect(schema).toMatchObject({ required: ["collectionName"], properties: { files: {}, options: {} } });
    expect(create["x-privileges"]).toEqual(["Import"]);
    expect(document.paths["/v2/vectordb/entities/query"].post["x-privileges"]).toEqual(["Query"]);
    expect(document.paths["/v2/volumes/{name}"].delete["x-privileges"]).toEqual(["admin"]);
    expect(document.paths["/healthz"].get).toMatchObject({ security: [], "x-privileges": [] });
    expect(document.openapi).toMatch(/^3\.1\./);
  });
});

describe("another verb", () => {
  it.each([
    ["GET", "/v2/vectordb/jobs/import/create", "POST"],
    ["PUT", "/v2/vectordb/collections/list?x=1", "POST"],
    ["POST", "/v2/vectordb/jobs/import/events", "GET"],
    ["PUT", "/v2/volumes/v", "DELETE, GET, PATCH"],
    ["POST", "/v2/volumes/v/files/a/b", "DELETE"],
    ["DELETE", "/healthz", "GET"],
  ] as const)("%s %s is refused with those that are right: %s", async (method, url, allow) => {
    const answer = await app.inject({ method, url });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, allow]);
    expect(answer.json()).toMatchObject({ code: 405, status: 405, message: expect.stringContaining("use") });
  });

  it.each(["/v2/vectordb/jobs/import/nothing", "/v2//vectordb/jobs/import/create", "/v2/vectordb//collections/list"])(
    "a path that there is not is not found by any: %s",
    async (url) => expect((await app.inject({ method: "POST", url })).statusCode).toBe(404),
  );
});
