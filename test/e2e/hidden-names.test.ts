import { beforeAll, describe, expect, it } from "@jest/globals";
import { connectClient, milvus } from "@sluice/rpc";
import { bookCollection, books, TestClient, useServer } from "../support/index.ts";

// What no role of a caller knows of is not there, whatever is asked: each answer is that of a name that nothing has.

const fixture = useServer({ authorizationEnabled: true });
const post = async (path: string, body: object, authorization = "ann:secret") => {
  const headers = { "content-type": "application/json", authorization };
  const answer = await fetch(`${fixture.url}/v2/vectordb/${path}`, {
    ...{ method: "POST", headers, body: JSON.stringify(body) },
  });
  return { status: answer.status, text: await answer.text() };
};
const ordered = async (path: string, body: object) =>
  expect(JSON.parse((await post(path, body, "root:Milvus")).text)).toMatchObject({ code: 0 });

beforeAll(async () => {
  using root = new TestClient(fixture.server.address, "root:Milvus");
  for (const name of ["books", "films"]) await root.createCollection(bookCollection(name));
  await root.importAndWait("books", await fixture.files.jsonl("two.jsonl", books(2)));
  await ordered("databases/create", { dbName: "closed" });
  await ordered("aliases/create", { collectionName: "books", aliasName: "readings" });
  await ordered("aliases/create", { collectionName: "films", aliasName: "reels" });
  await ordered("users/create", { userName: "ann", password: "secret" });
  await ordered("roles/create", { roleName: "reader" });
  const grant = { roleName: "reader", privilege: "CollectionReadOnly", dbName: "default", collectionName: "books" };
  await ordered("roles/grant_privilege_v2", grant);
  await ordered("users/grant_role", { userName: "ann", roleName: "reader" });
});

const aboutCollections: readonly (readonly [string, object])[] = [
  ["collections/has", {}],
  ["collections/describe", {}],
  ["collections/get_stats", {}],
  ["indexes/list", {}],
  ["indexes/describe", { indexName: "vector" }],
  ["aliases/list", {}],
  ["entities/query", { filter: "id > 0" }],
  ["entities/get", { id: [1] }],
  ["entities/search", { data: [[1, 2, 3, 4]] }],
  ["common/run_analyzer", { fieldName: "title", text: ["a b"] }],
  ["jobs/import/list", {}],
];

describe("a collection", () => {
  it.each(aboutCollections)("%s answers as if there were none, by its name and by an alias", async (path, more) => {
    const asked = async (collectionName: string) => {
      const { status, text } = await post(path, { collectionName, ...more });
      return [status, text.replaceAll(collectionName, "NAME")];
    };
    const none = await asked("nowhere");
    expect(await asked("films")).toEqual(none);
    expect(await asked("reels")).toEqual(none);
  });

  it("is not told of by methods of gRPC that everybody may call", async () => {
    using ann = new TestClient(fixture.server.address, "ann:secret");
    for (const method of ["hasCollection", "describeIndex", "getIndexState", "getIndexStatistics", "listAliases"]) {
      const { requestDeserialize } = milvus.MilvusServiceService[method as "hasCollection"];
      const call = (ann.raw as unknown as Record<string, (request: object) => Promise<object>>)[method];
      const asked = async (collectionName: string) => {
        const request = { ...requestDeserialize(Buffer.alloc(0)), collectionName };
        return JSON.stringify(await call(request), plain).replaceAll(collectionName, "NAME");
      };
      expect([method, await asked("films")]).toEqual([method, await asked("nowhere")]);
    }
  });

  it("that a role knows of is described by its alias too, which clients ask for before they write or read", async () => {
    const describedAs = async (collectionName: string) =>
      JSON.parse((await post("collections/describe", { collectionName })).text);
    const described = await describedAs("books");
    expect(described).toMatchObject({ code: 0, data: { collectionName: "books" } });
    expect((await describedAs("readings")).data).toMatchObject({
      ...{ collectionName: "books", collectionID: described.data.collectionID, aliases: ["readings"] },
    });
    expect((await post("collections/has", { collectionName: "readings" })).text).toContain('"has":true');
    expect((await post("indexes/list", { collectionName: "readings" })).text).toContain("vector");
    expect((await post("aliases/list", {})).text).toBe('{"code":0,"data":["readings"]}');
    expect(JSON.parse((await post("aliases/list", {}, "root:Milvus")).text).data.sort()).toEqual(["readings", "reels"]);
  });
});

describe("a database", () => {
  it.each([
    ["collections/list", {}],
    ["aliases/list", {}],
    ["jobs/import/list", {}],
    ["databases/describe", {}],
    ...aboutCollections.map(([path, more]) => [path, { collectionName: "x", ...more }] as const),
  ])("%s answers as if there were none", async (path, more) => {
    const asked = async (dbName: string) => {
      const { status, text } = await post(path, { dbName, ...more });
      return [status, text.replaceAll(dbName, "NAME")];
    };
    expect(await asked("closed")).toEqual(await asked("nowhere"));
  });

  it("is none to connect to; the default one is everybody's", async () => {
    const connected = async (dbname: string, token: string) => {
      const headers = { authorization: Buffer.from(token).toString("base64"), dbname };
      using client = connectClient(milvus.MilvusServiceClient, fixture.server.address, headers);
      const { status } = await client.connect({ base: undefined, clientInfo: undefined });
      return status?.reason;
    };
    expect(await connected("closed", "ann:secret")).toBe("database not found[database=closed]");
    expect(await connected("nowhere", "ann:secret")).toBe("database not found[database=nowhere]");
    expect(await connected("closed", "root:Milvus")).toBe("");
    await ordered("users/create", { userName: "nobody", password: "secret" });
    expect(await connected("default", "nobody:secret")).toBe("");
  });
});

describe("a job", () => {
  /** Everything that may be asked about one. */
  const asking = async () => {
    type Body = { readonly content: Record<string, { readonly schema: { readonly properties: object } }> };
    const { paths } = (await (await fetch(`${fixture.url}/v2/openapi.json`, asAnn)).json()) as {
      paths: Record<string, { readonly post?: { readonly requestBody: Body } }>;
    };
    const takesJob = (path: string) =>
      path.startsWith("/v2/vectordb/jobs/import/") &&
      "jobId" in (paths[path].post?.requestBody.content["application/json"].schema.properties ?? {});
    const gets = ["/v1/vector/collections/import/get?jobId=", "/api/v1/import/state?task="];
    return { posts: Object.keys(paths).filter(takesJob), gets: [...gets, "/v2/vectordb/jobs/import/events?jobId="] };
  };
  const asAnn = { headers: { authorization: "ann:secret" } };
  const answers = async (jobId: string) => {
    const { posts, gets } = await asking();
    const told: [string, number, string][] = [];
    const note = async (path: string, options: object) => {
      const answer = await fetch(`${fixture.url}${path}`, { ...asAnn, ...options });
      told.push([path.replace(jobId, "ID"), answer.status, (await answer.text()).replaceAll(jobId, "ID")]);
    };
    for (const path of posts) await note(path, { method: "POST", body: JSON.stringify({ jobId }) });
    for (const path of gets) await note(`${path}${jobId}`, {});
    using ann = new TestClient(fixture.server.address, "ann:secret");
    const state = await ann.raw.getImportState({ task: BigInt(jobId) });
    return [...told, ["GetImportState", 0, JSON.stringify(state, plain).replaceAll(jobId, "ID")] as const];
  };
  const imported = async (collection: string, path: string) => {
    using root = new TestClient(fixture.server.address, "root:Milvus");
    return String((await root.importAndWait(collection, [path])).id);
  };

  it("of a collection that no role knows of answers as if there were none, whatever is asked", async () => {
    const [file] = await fixture.files.jsonl("film.jsonl", books(1));
    const none = await answers("1000000000999999");
    expect(none.length).toBeGreaterThan(14);
    for (const [path, , text] of none)
      expect([path, text]).toEqual([path, expect.stringContaining("import job does not exist, jobID=ID")]);
    expect(await answers(await imported("films", file))).toEqual(none);
  });

  it("that lists show is refused by the privilege that is missing", async () => {
    const [file] = await fixture.files.jsonl("book.jsonl", books(1, 50n));
    const jobId = await imported("books", file);
    expect((await post("jobs/import/list", {})).text).toContain(jobId);
    const { status, text } = await post("jobs/import/cancel", { jobId });
    expect([status, text]).toEqual([403, expect.stringContaining("PrivilegeImport: permission deny to ann")]);
  });
});

function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
