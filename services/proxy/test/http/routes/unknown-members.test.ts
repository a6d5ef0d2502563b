import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ByteBudget } from "@sluice/async";
import { silentLogger } from "@sluice/telemetry";
import type { FastifyInstance } from "fastify";
import { CallRates } from "../../../src/access/call-rates.ts";
import { openRest, type RestDeps } from "../../../src/http/open-rest.ts";
import { type KnownMembers, membersOf } from "../../../src/http/routes/known-members.ts";
import { RunningRequests } from "../../../src/http/running-requests.ts";
import { bodiesOfClients, membersOfMilvus } from "./members-of-others.ts";

// Nothing that a request says vanishes silently: it is read, refused, named in the answer, or listed as passed over with the reason.

let app: FastifyInstance;
beforeAll(async () => {
  const deps = {
    ...{ context: {}, requests: {}, operations: {}, volumes: {}, rows: {}, members: () => [] },
    ...{
      budget: new ByteBudget(1 << 20),
      rates: new CallRates(0),
      running: new RunningRequests(),
      guards: undefined,
      log: silentLogger,
    },
    readiness: () => ({ status: 200, body: "OK" }),
  };
  app = await openRest(deps as unknown as RestDeps, () => {});
});
afterAll(() => app.close());

interface Answer {
  readonly code: number;
  readonly message?: string;
  readonly warnings?: string[];
}

/** What a refusal says, in whichever form a route answers. */
async function post(url: string, payload: object, method = "POST"): Promise<Answer> {
  const answer = (await app.inject({ method: method as "POST", url, payload })).json();
  const { code, reason } = answer.status ?? {};
  return code === undefined ? answer : { ...answer, code, message: reason };
}

const routes = () =>
  app.routeTable.entries.flatMap(({ method, path, facts }) =>
    facts && facts.guard.kind !== "public" ? [{ method, path: path.replace(/:\w+|\*/g, "x"), facts }] : [],
  );

describe("every route", () => {
  it("refuses a slip of a member that its body knows, and says which is meant", async () => {
    const bodies = routes().filter(({ facts }) => facts.body);
    for (const { method, path, facts } of bodies)
      for (const { name, refused } of membersOf(facts.body).values()) {
        const slip = `${name.slice(0, 3)}${name.slice(4)}`;
        if (name.length < 6 || refused || membersOf(facts.body).has(slip.toLowerCase())) continue;
        const { code, message } = await post(path, { [slip]: "x" }, method);
        expect([path, code, message]).toEqual([
          path,
          1100,
          expect.stringMatching(new RegExp(`^"${slip}".*did you mean`)),
        ]);
      }
    expect(bodies.length).toBeGreaterThan(100);
  });

  it("names in its answer, or refuses, what nobody knows, in the body and in the query", async () => {
    for (const { method, path, facts } of routes()) {
      const answer = await app.inject({ method: method as "POST", url: `${path}?nobodyReads=1` });
      const said = facts.isStream ? answer.json().message : answer.json().warnings?.[0];
      expect([path, said]).toEqual([path, expect.stringContaining('"nobodyReads" is not known to this call')]);
    }
    expect((await post("/v2/vectordb/collections/list", { nobodyReads: 1 })).warnings).toHaveLength(1);
    expect((await post("/v2/vectordb/collections/list", { nobodyReads: null, nor: "" })).warnings).toBeUndefined();
  });

  it("knows a member that is refused or passed over by its reason", () => {
    const marked = (members: KnownMembers): string[] =>
      [...members.values()].flatMap(({ refused, inner }) => [refused ?? [], inner ? marked(inner) : []].flat());
    for (const reason of routes().flatMap(({ facts }) => marked(membersOf(facts.body))))
      expect(reason).toMatch(/^is not supported .*: \w+ /);
  });
});

describe("a request", () => {
  it.each([
    ["collections/drop", { partitionNames: [] }],
    ["entities/search", { functionScore: {} }],
    ["entities/hybrid_search", { functionScore: { functions: [], params: {} } }],
    ["privilege_groups/create", { privileges: [] }],
    ["jobs/import/create", { namespace: "" }],
  ])("to %s with %j goes on: a client that has one body for many calls says nothing by it", async (path, member) => {
    const { message, warnings } = await post(`/v2/vectordb/${path}`, member);
    expect([message, warnings]).toEqual([expect.stringContaining("is required"), undefined]);
  });

  it.each([
    ["collections/list", { namespace: "a" }, "namespace data is set but namespace disabled"],
    [
      "entities/delete",
      { collectionName: "c", filter: "id>0", partitionNames: ["p"] },
      "did you mean 'partitionName'?",
    ],
    ["collections/drop", { collectionName: "c", filter: "id>0" }, '"filter" means nothing to this call'],
    ["collections/list", { database: "d" }, "did you mean 'dbName'?"],
    ["entities/query", { collectionName: "c", expr: "id>0" }, "did you mean 'filter'?"],
    [
      "collections/create",
      { collectionName: "c", schema: { fields: [{ isPrimry: true }] } },
      '"schema.fields[0].isPrimry"',
    ],
    ["indexes/create", { collectionName: "c", indexParams: [{ metrictyp: "L2" }] }, '"indexParams[0].metrictyp"'],
    [
      "entities/search",
      { collectionName: "c", highlighter: { type: "Lexical" } },
      "highlighter is not supported over REST",
    ],
    [
      "entities/search",
      { collectionName: "c", searchAggregation: { fields: ["a"], size: 1 } },
      "searchAggregation is not supported over REST",
    ],
    ["jobs/import/create", { collectionName: "c", files: [["a"]], auto_commit: "false" }, '"auto_commit" is an option'],
    ["jobs/import/create?collectionName=c", {}, '"collectionName" means nothing'],
  ])("of %s with %j is refused", async (path, body, words) => {
    expect(await post(`/v2/vectordb/${path}`, body)).toMatchObject({
      code: 1100,
      message: expect.stringContaining(words),
    });
  });

  it("that would write is refused for whatever its body does not know, by its name", async () => {
    const body = { collectionName: "c", targetCollectionName: "d", overwrite: true };
    const answer = await post("/v2/vectordb/jobs/copy/create", body);
    expect(answer).toMatchObject({
      ...{ code: 1801, message: 'can only accept json format request, error: Unrecognized key: "overwrite"' },
    });
    // It was not passed over.
    expect(answer.warnings).toBeUndefined();
  });

  it("is read whatever the case of its members, those of inner objects too", async () => {
    const body = { COLLECTIONNAME: "c", dbname: "d", Schema: { FIELDS: [] }, params: { SHARDSNUM: 1 } };
    const { warnings, message } = await post("/v2/vectordb/collections/create", body);
    expect([warnings, message]).toEqual([undefined, expect.not.stringContaining("known to this call")]);
  });
});

describe("what others send", () => {
  it.each(bodiesOfClients)("%s: %s goes on as ever", async (_client, route, body) => {
    const [method, path] = route.split(" ");
    const { warnings, message = "" } = await post(path, body, method);
    expect([warnings, message]).toEqual([
      undefined,
      expect.not.stringMatching(/to this call|not supported over|is an option/),
    ]);
  });

  it.each(Object.entries(membersOfMilvus))(
    "Milvus's members of %s are read, refused or passed over",
    (paths, members) => {
      for (const path of paths.split(" ")) {
        const known = membersOf(routes().find((route) => route.path === `/v2/vectordb/${path}`)?.facts.body);
        const unknown = members.split(" ").filter((name) => !known.has(name.toLowerCase()) && name !== "dbName");
        expect([path, unknown]).toEqual([path, []]);
      }
    },
  );
});
