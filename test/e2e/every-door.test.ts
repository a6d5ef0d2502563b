import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { rpcGuards } from "@sluice/proxy/access";
import { milvus } from "@sluice/rpc";
import { altered, bookCollection, TestClient, useServer } from "../support/index.ts";
import { callS3, type Grant, type S3Call } from "../volumes/s3-client.ts";

// Who is not known gets in by no door of the port: every method of gRPC, every route, the bucket for uploads, files of volumes. What
// known callers may do is in access.test.ts; the ports between processes are in internal-ports.test.ts.

const fixture = useServer({ authorizationEnabled: true });
const clients: TestClient[] = [];
let all: RestRoute[];
beforeAll(async () => {
  all = await routes();
  await ordered("/v2/vectordb/users/create", { userName: "ann", password: "secret" });
});
afterAll(() => {
  for (const client of clients) client[Symbol.dispose]();
});

/** A password that is wrong, a user and a key that there are not, and what is neither. */
const strangers = ["ann:wrong!", "nobody:secret", "slk_unknown", ":", "root"];
const UNAUTHENTICATED = 1400;

interface Answer {
  readonly code?: number;
  readonly reason?: string;
  readonly status?: { readonly code: number; readonly reason: string };
}

/** But for one that nothing serves, and whose answer has no place to say so. */
const methods = Object.keys(milvus.MilvusServiceService).filter((method) => method !== "dummy");

/** What the empty request of a method comes to: the code of its error or of its Status. */
async function codeOf(method: string, client: TestClient): Promise<number> {
  const { requestDeserialize } = milvus.MilvusServiceService[method as keyof typeof milvus.MilvusServiceService];
  const raw = client.raw as unknown as Record<string, (request: object) => Promise<Answer>>;
  return raw[method](requestDeserialize(Buffer.alloc(0)) as object).then(
    ({ status, code = 0, reason = "" }) =>
      (status?.reason ?? reason).includes("is not supported by this server") ? UNAUTHENTICATED : (status?.code ?? code),
    ({ code }) => code,
  );
}

describe("gRPC", () => {
  it.each([undefined, ...strangers])("is closed to %j, whatever is called", async (token) => {
    const client = new TestClient(fixture.server.address, token);
    clients.push(client);
    const codes = await Promise.all(methods.map(async (method) => [method, await codeOf(method, client)] as const));
    expect(codes.filter(([, code]) => code !== UNAUTHENTICATED)).toEqual([]);
  });

  it("lets a user without roles call no method that has no guard", async () => {
    const ann = new TestClient(fixture.server.address, "ann:secret");
    clients.push(ann);
    for (const method of methods.filter((name) => !rpcGuards.has(name)))
      expect([method, await codeOf(method, ann)]).toEqual([method, UNAUTHENTICATED]);
  });
});

interface RestRoute {
  readonly method: string;
  readonly path: string;
}

/** What root orders. */
async function ordered<T>(path: string, body: object): Promise<T> {
  const headers = { authorization: "root:Milvus" };
  const answer = await fetch(`${fixture.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return ((await answer.json()) as { data: T }).data;
}

/** Every route that the server says it has. */
async function routes(): Promise<RestRoute[]> {
  const headers = { authorization: "root:Milvus" };
  const { paths } = (await (await fetch(`${fixture.url}/v2/openapi.json`, { headers })).json()) as {
    paths: Record<string, object>;
  };
  return Object.entries(paths).flatMap(([path, verbs]) =>
    Object.keys(verbs).map((verb) => ({ method: verb.toUpperCase(), path: path.replace(/\{\w+\}/g, "1") })),
  );
}

/** Of whoever looks whether the server lives, and the page that asks who one is. */
const forAll = ["/healthz", "/readyz", "/metrics", "/", "/console", "/console/1"];

describe("REST", () => {
  it.each(strangers)("is closed to %j, whatever is called", async (token) => {
    const closed = all.filter(({ path }) => !forAll.includes(path));
    expect(closed.length).toBeGreaterThan(90);
    const answered = await Promise.all(
      closed.map(async ({ method, path }) => {
        const options = {
          method,
          headers: { authorization: `Bearer ${token}` },
          ...(method === "POST" && { body: "{}" }),
        };
        const { status } = await fetch(`${fixture.url}${path}`, options);
        return { method, path, status };
      }),
    );
    expect(answered.filter(({ status }) => status !== 401)).toEqual([]);
  });

  it.each(["GET", "HEAD", "PUT"])("%s of a volume's file is for who may do everything", async (method) => {
    for (const authorization of [undefined, ...strangers.map((token) => `Bearer ${token}`)]) {
      const headers = { ...(authorization !== undefined && { authorization }) };
      const body = method === "PUT" ? { body: "x" } : {};
      const { status } = await fetch(`${fixture.url}/v2/volumes/v/files/a.json`, { method, headers, ...body });
      expect([authorization, status]).toEqual([authorization, 403]);
    }
  });
});

describe("a GET with a body", () => {
  it("is about what its query names", async () => {
    using root = new TestClient(fixture.server.address, "root:Milvus");
    for (const name of ["books", "hidden"]) await root.createCollection(bookCollection(name));
    await writeFile(join(fixture.importRoot, "bad.jsonl"), "{}\n");
    const [own, foreign] = [await root.import("books", ["bad.jsonl"]), await root.import("hidden", ["bad.jsonl"])];
    await ordered("/v2/vectordb/roles/create", { roleName: "importer" });
    const grant = { roleName: "importer", privilege: "Import", dbName: "default", collectionName: "books" };
    await ordered("/v2/vectordb/roles/grant_privilege_v2", grant);
    await ordered("/v2/vectordb/users/create", { userName: "eve", password: "secret" });
    await ordered("/v2/vectordb/users/grant_role", { userName: "eve", roleName: "importer" });
    const bodies = [{}, { jobId: String(own) }, { jobId: null }];
    const [hidden, shown] = [expect.stringContaining("does not exist"), expect.not.stringContaining("does not exist")];
    for (const path of ["/v1/vector/collections/import/get", "/v2/vectordb/jobs/import/events"])
      for (const body of bodies) {
        expect([path, body, await told(`${path}?jobId=${foreign}`, body)]).toEqual([path, body, hidden]);
        expect([path, body, await told(`${path}?jobId=${own}`, body)]).toEqual([path, body, shown]);
      }
  });
});

/** The beginning of the answer to what no browser sends. */
async function told(path: string, body: object): Promise<string> {
  const text = JSON.stringify(body);
  const headers = { authorization: "eve:secret", "content-type": "application/json", "content-length": text.length };
  const asked = request(`${fixture.url}${path}`, { method: "GET", headers });
  asked.end(text);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  const [begin] = await once(answer.setEncoding("utf8"), "data");
  answer.destroy();
  return begin;
}

describe("links and parts of files", () => {
  it("are for who may do everything, and end with that", async () => {
    await ordered("/v2/volumes/create", { volumeName: "links" });
    const { keyId, apiKey } = await ordered<{ keyId: string; apiKey: string }>("/v2/vectordb/api_keys/create", {
      roles: ["admin"],
    });
    const asKey = (path: string, body: object) =>
      fetch(`${fixture.url}/v2/volumes${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}` },
        body: JSON.stringify(body),
      }).then((response) => response.json() as Promise<{ data: never }>);
    const { data: link } = await asKey("/links/presign", { method: "PUT", path: "a.json" });
    const { data: upload } = await asKey("/links/uploads", { path: "b.json" });
    const { data: grant } = await asKey("/apply", { volumeName: "links" });
    const { url } = link as { url: string };
    const { volumePrefix, ...rest } = grant as Grant;
    const byLink = async () => (await fetch(url, { method: "PUT", body: "x" })).status;
    const byBucket = async () =>
      (await callS3({ volumePrefix, ...rest }, { method: "PUT", key: `${volumePrefix}c.json`, body: "x" })).status;
    const byPart = async (headers: Record<string, string>) => {
      const part = `${fixture.url}/v2/volumes/links/uploads/${(upload as { uploadId: string }).uploadId}/parts/1`;
      return (await fetch(part, { method: "PUT", body: "x", headers })).status;
    };
    const authorization = `Bearer ${apiKey}`;
    expect([await byLink(), await byBucket(), await byPart({ authorization }), await byPart({})]).toEqual([
      200, 200, 200, 403,
    ]);
    await ordered("/v2/vectordb/api_keys/revoke", { keyId });
    expect([await byLink(), await byBucket(), await byPart({ authorization })]).toEqual([403, 403, 403]);
  });
});

describe("a connection that has begun as another one", () => {
  const requestTo = (path: string, more: string, body = "{}") =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\n${more}${more.includes("-Encoding") ? "" : `Content-Length: ${body.length}\r\n`}\r\n${body}`;
  const list = "/v2/vectordb/users/list";
  const known = "Authorization: Bearer root:Milvus\r\n";
  const upload = requestTo("/sluice-volumes/a?uploads=", "");

  /** The statuses of what is answered until the server closes, or has answered the last request. */
  async function statusesOf(text: string): Promise<number[]> {
    const [host, port] = fixture.server.address.split(":");
    const socket = connect(Number(port), host);
    let heard = "";
    socket.on("data", (bytes) => (heard += bytes)).on("error", () => {});
    socket.write(`${text}GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    await once(socket, "close");
    return [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
  }

  it.each([
    ["uploads, then a call without a user", upload + requestTo(list, ""), [403, 401, 200]],
    ["a call with a user, then one without", requestTo(list, known) + requestTo(list, ""), [200, 401, 200]],
    ["a call with a user, then an upload without", requestTo(list, known) + upload, [200, 403, 200]],
    ["a call whose body is a request, which is no JSON", requestTo(list, known, requestTo(list, "")), [200]],
    ["a call, then the preface of gRPC", `${requestTo(list, "")}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, [400]],
    ["two users", requestTo(list, `Authorization: Bearer no:body\r\n${known}`), [401, 200]],
  ])("is as closed as it: %s", async (_what, text, statuses) => {
    expect(await statusesOf(text)).toEqual(statuses);
  });

  // What a proxy before the server and the server could each end elsewhere.
  const chunks = "2\r\n{}\r\n0\r\n\r\n";
  it.each([
    ["a length and chunks", "Content-Length: 15\r\nTransfer-Encoding: chunked\r\n", chunks],
    ["two lengths", "Content-Length: 3\r\n", "{}"],
    ["an encoding that is none", "Transfer-Encoding: xchunked\r\n", chunks],
    ["a blank before the colon", "Transfer-Encoding : chunked\r\n", chunks],
    ["a header that goes on", "X: a\r\n Authorization: Bearer root:Milvus\r\n", "{}"],
  ])("is not gone on with after a request of %s", async (_what, headers, body) => {
    for (const path of [list, "/sluice-volumes/a?uploads="])
      expect([path, await statusesOf(requestTo(path, known + headers, body))]).toEqual([path, [400]]);
  });
});

describe("the bucket for uploads", () => {
  /** Credentials for one folder, as root has got them. */
  async function grant(): Promise<Grant> {
    await ordered("/v2/volumes/create", { volumeName: "doors" });
    return ordered<Grant>("/v2/volumes/apply", { volumeName: "doors", path: "mine/" });
  }

  it("takes nothing without credentials, with wrong ones, or outside of their folder, whatever is called", async () => {
    const good = await grant();
    const key = `${good.volumePrefix}mine/a.json`;
    const upload = { uploads: "" };
    const calls: (S3Call & { readonly method: string })[] = [
      { method: "PUT", key, body: "x" },
      { method: "HEAD", key },
      { method: "POST", key, query: upload },
      { method: "PUT", key, query: { uploadId: "0".repeat(32), partNumber: "1" }, body: "x" },
      { method: "POST", key, query: { uploadId: "0".repeat(32) }, body: "<x/>" },
      { method: "DELETE", key, query: { uploadId: "0".repeat(32) } },
      { method: "GET", query: { "list-type": "2" } },
      { method: "HEAD" },
    ];
    const { credentials } = good;
    const others: Grant[] = [
      { ...good, credentials: { ...credentials, sessionToken: "" } },
      { ...good, credentials: { ...credentials, tmpSK: "wrong" } },
      { ...good, credentials: { ...credentials, sessionToken: altered(credentials.sessionToken) } },
    ];
    for (const call of calls) {
      const { status } = await fetch(`${fixture.url}/${good.bucketName}/${call.key ?? ""}`, { method: call.method });
      expect([call, status]).toEqual([call, 403]);
      for (const other of others) expect([call, (await callS3(other, call)).status]).toEqual([call, 403]);
    }
    for (const foreign of [
      `${good.volumePrefix}theirs/a.json`,
      `${good.volumePrefix}mine/../theirs/a.json`,
      "x/mine/a",
    ])
      expect((await callS3(good, { method: "PUT", key: foreign, body: "x" })).status).toBeGreaterThanOrEqual(400);
    expect((await callS3(good, calls[0])).status).toBe(200);
  });
});
