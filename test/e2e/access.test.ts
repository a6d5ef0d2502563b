import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { rpcGuards } from "@sluice/proxy/access";
import { checkStatus, milvus } from "@sluice/rpc";
import {
  bookCollection,
  books,
  eventually,
  runProgram,
  sluiceProgram,
  TestClient,
  useServer,
} from "../support/index.ts";

// Every method and every route, with no, wrong and too little right.

const auditLog = join(tmpdir(), `sluice-audit-${process.pid}.jsonl`);
const out = join(tmpdir(), `sluice-access-${process.pid}`);
const fixture = useServer({ authorizationEnabled: true, auditLog, exportRoot: `out=${out}` });
afterAll(async () => {
  await rm(auditLog, { force: true });
  await rm(out, { recursive: true, force: true });
});
const clients: TestClient[] = [];
const as = (token?: string) => {
  const client = new TestClient(fixture.server.address, token);
  clients.push(client);
  return client;
};
afterEach(() => {
  for (const client of clients.splice(0)) client[Symbol.dispose]();
});
const base64 = (text: string) => Buffer.from(text).toString("base64");
const post = (path: string, body: object, authorization?: string) =>
  fetch(`${fixture.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(authorization && { authorization }) },
    body: JSON.stringify(body),
  });

beforeAll(async () => {
  const root = as("root:Milvus");
  await root.createCollection(bookCollection("books"));
  await root.createCollection(bookCollection("films"));
  await root.importAndWait("books", await fixture.files.jsonl("ten.jsonl", books(10)));
  for (const name of ["ann", "nobody"]) {
    const request = milvus.CreateCredentialRequest.fromPartial({ username: name, password: base64("secret") });
    checkStatus(await root.raw.createCredential(request));
  }
  checkStatus(await root.raw.createRole({ base: undefined, entity: { name: "reader", description: "" } }));
  const userRole = { base: undefined, username: "ann", roleName: "reader", type: 0 as const };
  checkStatus(await root.raw.operateUserRole(userRole));
  for (const name of ["CollectionReadOnly", "Import"]) {
    const grantor = { user: undefined, privilege: { name } };
    const about = { dbName: "default", collectionName: "books", role: { name: "reader", description: "" } };
    checkStatus(await root.raw.operatePrivilegeV2({ base: undefined, grantor, type: 0, ...about }));
  }
});

/** What an empty request of a method comes to: a gRPC error's words, or undefined where it was let through. */
async function refusal(method: string, token?: string): Promise<string | undefined> {
  const { requestDeserialize } = milvus.MilvusServiceService[method as keyof typeof milvus.MilvusServiceService];
  const raw = as(token).raw as unknown as Record<string, (request: object) => Promise<Answer>>;
  return raw[method](requestDeserialize(Buffer.alloc(0)) as object).then(
    ({ status, reason = status?.reason }) => (reason?.includes("is not supported by this server") ? reason : undefined),
    (error: Error) => error.message,
  );
}

interface Answer {
  readonly status?: { readonly reason: string };
  readonly reason?: string;
}

/** Server-sent events of all jobs, as far as a caller hears of them. */
function listen(token: string) {
  const leaving = new AbortController();
  const heard = { text: "", hasEnded: false, leave: () => leaving.abort() };
  const headers = { authorization: `Bearer ${token}` };
  const url = `${fixture.url}/v2/vectordb/jobs/import/events?dbName=default`;
  void fetch(url, { headers, signal: leaving.signal })
    .then(async ({ body }) => {
      for await (const chunk of body as ReadableStream<Uint8Array>) heard.text += Buffer.from(chunk).toString();
    })
    .catch(() => undefined)
    .finally(() => {
      heard.hasEnded = true;
    });
  return heard;
}

const known = Object.keys(milvus.MilvusServiceService).filter((name) => rpcGuards.has(name));
/** Known ones that have a handler. */
async function served(): Promise<string[]> {
  const refusals = await Promise.all(known.map((method) => refusal(method)));
  return known.filter((_, i) => !refusals[i]?.includes("is not supported by this server"));
}

describe("gRPC", () => {
  it("lists every user to who may see them", async () => {
    const { status, usernames } = await as("root:Milvus").raw.listCredUsers({ base: undefined });
    checkStatus(status);
    expect(usernames).toEqual(expect.arrayContaining(["root", "ann", "nobody"]));
  });

  it("answers nobody who does not say who it is, or is somebody else", async () => {
    for (const method of await served()) {
      expect([method, await refusal(method)]).toEqual([
        method,
        expect.stringContaining("missing authorization in header"),
      ]);
    }
    expect(await refusal("query", "ann")).toContain("api key");
    for (const token of ["ann:wrong!", "bob:secret", "constructor:secret"])
      expect(await refusal("connect", token)).toContain("please check username and password are correct");
  });

  it("lets a user without roles call what is open to all, and nothing else", async () => {
    for (const method of await served()) {
      const guard = rpcGuards.get(method);
      const isForAll =
        guard?.kind === "open" ||
        guard?.kind === "job" ||
        /^(describe(Index|Collection)|listAliases|getIndex)/.test(method);
      const refused = await refusal(method, "nobody:secret");
      if (isForAll) expect([method, refused]).toEqual([method, undefined]);
      else expect([method, refused]).toEqual([method, expect.stringContaining("permission deny to nobody")]);
    }
  });

  it("lets a role do what it is granted, on the collection it is granted for", async () => {
    const ann = as("ann:secret");
    expect(await ann.count("books")).toBe(10);
    await expect(ann.count("films")).rejects.toThrow(
      "PrivilegeQuery: permission deny to ann in the `default` database",
    );
    await expect(ann.importAndWait("films", ["x.jsonl"])).rejects.toThrow("PrivilegeImport: permission deny");
    await ann.importAndWait("books", await fixture.files.jsonl("more.jsonl", books(5, 100n)));
    expect(await as("root:Milvus").count("books")).toBe(15);
    const request = milvus.ShowCollectionsRequest.fromPartial({});
    expect((await ann.raw.showCollections(request)).collectionNames).toEqual(["books"]);
    const { status } = await ann.raw.describeCollection(
      milvus.DescribeCollectionRequest.fromPartial({ collectionName: "films" }),
    );
    // Old clients take nothing else for a collection that is not there.
    expect(status).toMatchObject({ code: 100, errorCode: 1 });
    const batch = milvus.BatchDescribeCollectionRequest.fromPartial({ collectionName: ["books", "films", "nowhere"] });
    const { responses } = await ann.raw.batchDescribeCollection(batch);
    expect(responses.map((one) => [one.collectionName, one.status?.code, one.status?.errorCode])).toEqual([
      ["books", 0, 0],
      ["", 100, 1],
      ["", 100, 1],
    ]);
  });

  it("lets nobody import segments of a Milvus who may import rows alone", async () => {
    const ann = as("ann:secret");
    const refusal = "PrivilegeImportBinlog: permission deny to ann";
    const asked: Record<string, string>[] = [{ backup: "true" }, { l0_import: "true" }, { options: '{"backup":true}' }];
    // In JSON a letter may be written as an escape.
    asked.push({ options: '{"b\\u0061ckup":true}' }, { options: '{"internal\\u005fdata":{"path":"x"}}' });
    for (const options of asked)
      await expect(ann.import("books", ["insert_log/1/2/3"], { options })).rejects.toThrow(refusal);
    const body = { collectionName: "books", files: [["insert_log/1/2/3"]], options: { backup: true } };
    const answer = await post("/v2/vectordb/jobs/import/create", body, "ann:secret");
    expect([answer.status, await answer.json()]).toEqual([
      403,
      expect.objectContaining({ message: expect.stringContaining(refusal) }),
    ]);
  });

  it("finds the collection behind an alias", async () => {
    const alias = { base: undefined, dbName: "", collectionName: "books", alias: "readings" };
    checkStatus(await as("root:Milvus").raw.createAlias(alias));
    expect(await as("ann:secret").count("readings")).toBe(15);
  });

  it("takes a new password at once, for which the old one is needed, and looks at ten wrong ones a minute", async () => {
    const root = as("root:Milvus");
    const request = milvus.CreateCredentialRequest.fromPartial({ username: "eve", password: base64("before") });
    checkStatus(await root.raw.createCredential(request));
    const eve = as("eve:before");
    const change = (oldPassword: string) =>
      milvus.UpdateCredentialRequest.fromPartial({
        ...{ username: "eve", oldPassword: base64(oldPassword), newPassword: base64("after1") },
      });
    expect((await eve.raw.updateCredential(change("wrong!"))).code).toBe(1400);
    checkStatus(await eve.raw.updateCredential(change("before")));
    expect(await refusal("connect", "eve:before")).toContain("please check");
    expect(await refusal("connect", "eve:after1")).toBeUndefined();
    for (let i = 0; i < 12; i++) await refusal("connect", `eve:wrong${i}`);
    expect(await refusal("connect", "eve:wrong")).toContain("too many were wrong");
    expect(await refusal("connect", "eve:after1")).toBeUndefined();
  });
});

/** Granted to the role that everybody has. */
const forEverybody = ["DescribeCollection", "ListAliases", "IndexDetail"];

interface RestRoute {
  readonly method: string;
  readonly path: string;
  readonly privileges: string[];
  readonly members: readonly string[];
}

/** Every route that the server says it has. */
interface Operation {
  readonly "x-privileges": string[];
  readonly requestBody?: { readonly content: Record<"application/json", { readonly schema: { properties?: object } }> };
}

async function routes(): Promise<RestRoute[]> {
  const headers = { authorization: "root:Milvus" };
  const { paths } = (await (await fetch(`${fixture.url}/v2/openapi.json`, { headers })).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({
      ...{ method: verb.toUpperCase(), path: path.replace(/\{\w+\}/g, "1") },
      privileges: operation["x-privileges"],
      members: Object.keys(operation.requestBody?.content["application/json"].schema.properties ?? {}),
    })),
  );
}

describe("REST", () => {
  it("asks on every route but health, metrics and the console who calls, however the path is spelt", async () => {
    const spellings = ["/%76%32/vectordb/users/list", "//v2/vectordb/users/list"].map((path) => ({
      method: "POST",
      path,
    }));
    for (const { method, path } of [...(await routes()), ...spellings]) {
      if (["/healthz", "/readyz", "/metrics", "/", "/console", "/console/1"].includes(path)) continue;
      const answer = await fetch(`${fixture.url}${path}`, { method, ...(method === "POST" && { body: "{}" }) });
      expect([path, answer.status, await answer.json()]).toEqual([path, 401, expect.objectContaining({ code: 1800 })]);
    }
    for (const path of ["/healthz", "/readyz", "/metrics", "/", "/console/main.js"])
      expect((await fetch(`${fixture.url}${path}`)).status).toBe(200);
  });

  it("lets nobody without roles do anything", async () => {
    const about = { collectionName: "books", aliasName: "a", dbName: "default", roleName: "reader", userName: "ann" };
    const job = await as("root:Milvus").importAndWait("books", await fixture.files.jsonl("zero.jsonl", books(1, 800n)));
    const named = {
      partitionName: "p",
      partitionNames: ["p"],
      indexName: "i",
      fieldName: "f",
      newCollectionName: "new",
      ...{ password: "secret", objectType: "Global", objectName: "*", privilege: "Query", privilegeGroupName: "g" },
    };
    const body = { ...about, ...named, jobId: String(job.id), jobID: 1, id: [1], data: [[1]], search: [] };
    const schema = { fieldName: "f", dataType: "Int64", fields: [{ fieldName: "g", dataType: "Int64" }] };
    const described = await post("/v2/vectordb/collections/describe", { collectionName: "books" }, "root:Milvus");
    const { collectionID } = ((await described.json()) as { data: { collectionID: number } }).data;
    const more: Record<string, object> = {
      "/v2/vectordb/segments/describe": { collectionID },
      "/v2/vectordb/collections/create": { dimension: 4 },
      "/v2/vectordb/collections/fields/add": { schema },
      "/v2/vectordb/collections/struct_fields/add": { schema },
      "/v2/vectordb/indexes/create": { indexParams: [{ fieldName: "f" }] },
    };
    const guarded = (await routes()).filter(({ privileges }) =>
      privileges.some((name) => !forEverybody.includes(name)),
    );
    expect(guarded.length).toBeGreaterThan(80);
    for (const { method, path, members, privileges } of guarded) {
      const known = Object.entries({ ...body, ...more[path] }).filter(([name]) => members.includes(name));
      const answer = await fetch(`${fixture.url}${path}?jobId=${job.id}&task=${job.id}`, {
        ...{ method, headers: { authorization: "Bearer nobody:secret" } },
        ...(method === "POST" && { body: JSON.stringify(Object.fromEntries(known)) }),
      });
      // These look at the schema first, and a collection that nobody has told the caller of is not there.
      const looksFirst = /(entities\/(get|search|hybrid_search|advanced_search)|segments\/describe)$/.test(path);
      // Neither is a volume; upload credentials without one are for a new one.
      const isOfVolume = privileges.some((name) => name.endsWith("Volume")) && !path.endsWith("/apply");
      // Neither is a job of such a collection; that of a merge is for admins.
      const isOfJob =
        path.includes("import") && (members.includes("jobId") || /import\/(get|state|events)$/.test(path));
      const hidden = looksFirst ? 100 : isOfVolume ? 63240 : isOfJob ? 2101 : undefined;
      const { code, status } = (await answer.json()) as { code?: number; status: { code: number } };
      const refused = hidden === undefined ? answer.status : (code ?? status.code);
      expect([method, path, refused]).toEqual([method, path, hidden ?? 403]);
    }
  });

  it("tells who listens to jobs of what is granted now, and ends with the user", async () => {
    const root = as("root:Milvus");
    const request = milvus.CreateCredentialRequest.fromPartial({ username: "erin", password: base64("secret") });
    checkStatus(await root.raw.createCredential(request));
    const role = (type: 0 | 1) =>
      root.raw.operateUserRole({ base: undefined, username: "erin", roleName: "reader", type });
    checkStatus(await role(0));
    const heard = listen("erin:secret");
    const files = await fixture.files.jsonl("heard.jsonl", books(1, 900n));
    const imported = async () => {
      const job = await root.import("books", files);
      await root.waitFor(job);
      return job;
    };
    await eventually(async () => {
      const jobId = await imported();
      expect(heard.text).toContain(`"jobId":"${jobId}"`);
    });
    checkStatus(await role(1));
    await eventually(async () => {
      const ofRoot = listen("root:Milvus");
      await eventually(async () => expect(ofRoot.text).toContain("retry"));
      const jobId = await imported();
      await eventually(async () => expect(ofRoot.text).toContain(`event: end\ndata: {"jobId":"${jobId}"`));
      ofRoot.leave();
      expect(heard.text).not.toContain(`"jobId":"${jobId}"`);
    });
    expect(heard.hasEnded).toBe(false);
    checkStatus(await root.raw.deleteCredential({ base: undefined, username: "erin" }));
    await eventually(async () => expect(heard.hasEnded).toBe(true));
  });

  it("guards jobs by the collection they are for", async () => {
    const created = await post(
      "/v2/vectordb/jobs/import/create",
      { collectionName: "books", files: [await fixture.files.jsonl("one.jsonl", books(1, 900n))] },
      "Bearer ann:secret",
    );
    const { data } = (await created.json()) as { data: { jobId: string } };
    for (const name of ["describe", "get_progress", "cancel", "commit"]) {
      const hidden = await (await post(`/v2/vectordb/jobs/import/${name}`, data, "nobody:secret")).json();
      expect(hidden).toMatchObject({ code: 2101, message: expect.stringContaining("does not exist") });
      expect((await post(`/v2/vectordb/jobs/import/${name}`, data, `Basic ${base64("ann:secret")}`)).status).toBe(200);
    }
    const listed = async (token: string) => {
      const { data } = (await (await post("/v2/vectordb/jobs/import/list", {}, token)).json()) as {
        data: { records: object[] };
      };
      return data.records.length;
    };
    expect(await listed("nobody:secret")).toBe(0);
    expect(await listed("ann:secret")).toBeGreaterThan(0);
  });

  it("shows exports to nobody who may import into their collection, and takes no orders about them", async () => {
    const asked = { collectionName: "books", to: "out://all" };
    const created = await post("/v2/vectordb/jobs/export/create", asked, "Bearer root:Milvus");
    const { data } = (await created.json()) as { data: { jobId: string } };
    for (const name of ["describe", "get_progress", "cancel", "pause", "resume", "rollback", "errors", "rejects"]) {
      const hidden = await (await post(`/v2/vectordb/jobs/import/${name}`, data, "Bearer ann:secret")).json();
      expect([name, hidden]).toMatchObject([name, { code: 2101, message: expect.stringContaining("does not exist") }]);
    }
    const shown = await (await post("/v2/vectordb/jobs/import/describe", data, "Bearer root:Milvus")).json();
    expect(shown).toMatchObject({ code: 0, data: { jobId: data.jobId, kind: "export" } });
  });

  it("manages users, roles and grants as Milvus does", async () => {
    const call = async (path: string, body: object = {}) =>
      (await post(`/v2/vectordb/${path}`, body, "Bearer root:Milvus")).json() as Promise<{
        code: number;
        data: unknown;
      }>;
    expect(await call("users/create", { userName: "kim", password: "secret", description: "d" })).toEqual({
      code: 0,
      data: {},
    });
    expect(await call("users/create", { userName: "kim", password: "secret" })).toMatchObject({ code: 1100 });
    expect(await call("users/create", { userName: "kim" })).toMatchObject({ code: 1802 });
    await call("roles/create", { roleName: "writer" });
    expect(await call("roles/alter", { roleName: "writer", description: "of books" })).toEqual({ code: 0, data: {} });
    expect(await call("roles/alter", { description: "x" })).toMatchObject({ code: 1802 });
    expect(await call("roles/alter", { roleName: "none", description: "x" })).toMatchObject({ code: 1100 });
    expect(await call("roles/describe", { roleName: "writer" })).toEqual({
      code: 0,
      data: [],
      description: "of books",
    });
    await call("users/grant_role", { userName: "kim", roleName: "writer" });
    expect(await call("users/describe", { userName: "kim" })).toEqual({ code: 0, data: ["writer"], description: "d" });
    const grant = { roleName: "writer", objectType: "Collection", objectName: "books", privilege: "Insert" };
    await call("roles/grant_privilege", grant);
    expect((await call("roles/describe", { roleName: "writer" })).data).toEqual([
      { objectType: "Collection", objectName: "books", dbName: "default", privilege: "Insert", grantor: "root" },
    ]);
    await call("roles/revoke_privilege", grant);
    expect((await call("roles/describe", { roleName: "writer" })).data).toEqual([]);
    await call("privilege_groups/create", { privilegeGroupName: "g" });
    await call("privilege_groups/add_privileges_to_group", {
      privilegeGroupName: "g",
      privileges: ["Query", "Search"],
    });
    const { data } = (await call("privilege_groups/list")) as { data: { privilegeGroups: object[] } };
    expect(data.privilegeGroups[0]).toEqual({ privilegeGroupName: "g", privileges: "Query,Search" });
    expect((await call("users/list")).data).toEqual(["root", "ann", "nobody", "eve", "kim"]);
    expect(await call("users/drop", { userName: "kim" })).toEqual({ code: 0, data: {} });
    expect(await call("roles/drop", { roleName: "writer" })).toEqual({ code: 0, data: {} });
  });

  it("takes keys of programs over gRPC and REST, which do what their roles grant until they are revoked", async () => {
    const keys = async (action: string, body: object, token = "root:Milvus") =>
      (await post(`/v2/vectordb/api_keys/${action}`, body, token)).json() as Promise<{ code: number; data: never }>;
    const { data } = await keys("create", { description: "nightly", roles: ["reader"] });
    const { keyId, apiKey } = data as { keyId: string; apiKey: string };
    expect(await as(apiKey).count("books")).toBeGreaterThan(0);
    await expect(as(apiKey).count("films")).rejects.toThrow(`permission deny to key:${keyId}`);
    const list = (token: string) => post("/v2/vectordb/jobs/import/list", {}, `Bearer ${token}`);
    expect((await list(apiKey)).status).toBe(200);
    expect((await post("/v2/vectordb/entities/query", { collectionName: "books", limit: 1 }, apiKey)).status).toBe(200);
    expect((await post("/v2/vectordb/entities/query", { collectionName: "films" }, apiKey)).status).toBe(403);
    expect((await keys("list", {}, apiKey)).code).toBe(65535);
    const listed = await (await post("/v2/vectordb/api_keys/list", {}, "root:Milvus")).text();
    expect(JSON.parse(listed).data).toMatchObject([{ keyId, description: "nightly", roles: ["reader"] }]);
    expect(listed).not.toContain(apiKey.slice(-43));
    expect(await refusal("connect", `${apiKey.slice(0, -1)}${apiKey.endsWith("A") ? "B" : "A"}`)).toContain(
      "please check api key",
    );
    expect((await keys("revoke", { keyId })).code).toBe(0);
    expect((await list(apiKey)).status).toBe(401);
    expect(await refusal("connect", apiKey)).toContain("please check api key is correct");
    expect(await keys("revoke", { keyId })).toMatchObject({ code: 1100 });
    expect(await keys("create", { roles: ["none"] })).toMatchObject({ code: 1100 });
  });

  it("gives nobody the job of another caller for the same idempotency key", async () => {
    const [file] = await fixture.files.jsonl("same.jsonl", books(1, 700n));
    const body = JSON.stringify({ collectionName: "books", files: [[file]] });
    const create = async (authorization: string) => {
      const headers = { authorization, "idempotency-key": "once" };
      const answer = await fetch(`${fixture.url}/v2/vectordb/jobs/import/create`, { method: "POST", headers, body });
      return ((await answer.json()) as { data: { jobId: string } }).data.jobId;
    };
    const first = await create("ann:secret");
    expect(await create("ann:secret")).toBe(first);
    expect(await create("root:Milvus")).not.toBe(first);
  });

  it("lets the command import for who may do nothing else, which could not say what was imported before", async () => {
    const root = as("root:Milvus");
    const given = { username: "importer", password: base64("secret") };
    checkStatus(await root.raw.createCredential(milvus.CreateCredentialRequest.fromPartial(given)));
    const role = { name: "importers", description: "" };
    checkStatus(await root.raw.createRole({ base: undefined, entity: role }));
    const member = { base: undefined, username: "importer", roleName: role.name, type: 0 as const };
    checkStatus(await root.raw.operateUserRole(member));
    const about = { dbName: "default", collectionName: "books", role };
    const grantor = { user: undefined, privilege: { name: "Import" } };
    checkStatus(await root.raw.operatePrivilegeV2({ base: undefined, grantor, type: 0, ...about }));
    // Everybody may do so at first.
    const describing = (type: 0 | 1) =>
      root.raw.operatePrivilege(
        milvus.OperatePrivilegeRequest.fromPartial({
          entity: {
            ...{ role: { name: "public" }, object: { name: "Global" }, objectName: "*", dbName: "*" },
            grantor: { privilege: { name: "DescribeCollection" } },
          },
          type,
        }),
      );
    checkStatus(await describing(1));
    const [file] = await fixture.files.jsonl("more.jsonl", books(3, 900n));
    const command = ["import", file, "-c", "books", "--create", "--address", fixture.server.address];
    const { exitCode, output } = await runProgram(process.execPath, [sluiceProgram(), ...command], 40_000, {
      SLUICE_TOKEN: "importer:secret",
    });
    checkStatus(await describing(0));
    expect(output).toMatch(
      /imported before is not known: .*DescribeCollection.*\n(?:.*\n)*job \d+ Completed: 3 rows imported$/m,
    );
    expect(exitCode).toBe(0);
  });

  it("writes down who has changed what, and who was not let to, over gRPC and REST, each call once", async () => {
    const read = async () =>
      (await readFile(auditLog, "utf8"))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    const drop = "/v2/vectordb/collections/drop";
    // Of denied calls so many are written a second: those of the tests before may have used them up.
    const isWritten = async (wanted: object, call: () => Promise<unknown>) => {
      await call().catch(() => {});
      expect(await read()).toContainEqual(expect.objectContaining({ ...wanted, outcome: "denied" }));
    };
    await eventually(() =>
      isWritten({ user: "ann", call: "import", collectionName: "films" }, () =>
        as("ann:secret").import("films", ["x.jsonl"]),
      ),
    );
    await eventually(() =>
      isWritten({ user: "nobody", call: drop }, () => post(drop, { collectionName: "films" }, "nobody:secret")),
    );
    const lines = await read();
    const of = (wanted: object) =>
      lines.filter((line) => Object.entries(wanted).every(([key, value]) => line[key] === value));
    expect(of({ user: "root", call: "createCollection" })).toHaveLength(2);
    const created = of({ user: "root", call: "/v2/vectordb/users/create", about: "kim" });
    expect(created.map(({ outcome }) => outcome)).toEqual(["done", "failed", "failed"]);
    expect(of({ user: "nobody", call: "dropCollection", outcome: "done" })).toEqual([]);
    expect(
      lines.filter(({ call }) => /query|describe|list/i.test(call)).every(({ outcome }) => outcome === "denied"),
    ).toBe(true);
  });

  it("keeps no password anywhere but as a hash", async () => {
    await fixture.restart();
    expect(await readFile(auditLog, "utf8")).not.toMatch(/secret|after1|slk_/);
    expect(fixture.server.stderr).not.toMatch(/(?<!webhook-)secret\b(?!-)|after1/);
    expect(await as("ann:secret").count("books")).toBeGreaterThan(0);
  });
});
