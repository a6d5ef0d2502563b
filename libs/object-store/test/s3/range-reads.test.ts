import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { S3ObjectStore, type S3Options } from "@sluice/object-store";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const content = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 255));
const requests: IncomingMessage[] = [];
/** Of the next GETs; then the object is given. */
const answers: Answer[] = [];
let connections = 0;
const server = createServer((request, response) => {
  requests.push(request);
  (answers.shift() ?? object)(request, response);
});
server.on("connection", () => connections++);

/** The object's range, as S3 gives it. */
function object(request: IncomingMessage, response: ServerResponse): void {
  const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
  const body = content.subarray(Number(start), Number(end) + 1);
  const range = `bytes ${start}-${Number(start) + body.length - 1}/${content.length}`;
  response.writeHead(206, { "content-range": range, "content-length": body.length, etag: '"v1"' }).end(body);
}

const failure = (status: number, body: string, headers = {}): Answer => {
  return (_request, response) => response.writeHead(status, headers).end(body);
};
const errorOf = (code: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>a &lt;b&gt; &amp;lt;</Message></Error>`;

describe("ranges of objects", () => {
  let options: S3Options;
  let store: S3ObjectStore;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    options = {
      ...{
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        region: "us-east-1",
        bucket: "books",
      },
      ...{ prefix: "files", pathStyle: true, checksums: "crc32", maxSockets: 2, patienceMs: 20_000 },
      credentials: { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "token" },
    };
    store = await S3ObjectStore.open(options);
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await new Promise((resolve) => server.close(resolve));
  });
  afterEach(() => {
    requests.length = 0;
    answers.length = 0;
  });

  const read = async (start: number, length: number) => {
    const target = Buffer.alloc(length);
    const count = await store.readInto("a b", start, target);
    return target.subarray(0, count);
  };

  it("are asked for by a signed request each, on connections that stay", async () => {
    connections = 0;
    for (const start of [0, 300, 600]) expect(await read(start, 300)).toEqual(content.subarray(start, start + 300));
    expect(connections).toBeLessThanOrEqual(1);
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(Array(3).fill("GET /books/files/a%20b"));
    expect(requests[1].headers).toMatchObject({
      range: "bytes=300-599",
      host: new URL(options.endpoint ?? "").host,
      "x-amz-security-token": "token",
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
      ),
    });
  });

  it("wait for one of so many connections", async () => {
    connections = 0;
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => read(i * 10, 10)));
    expect(Buffer.concat(all)).toEqual(content.subarray(0, 200));
    expect(connections).toBeLessThanOrEqual(2);
  });

  it("come from servers that give the whole object, and end with it", async () => {
    answers.push((_request, response) => response.writeHead(200, { "content-length": content.length }).end(content));
    expect(await read(0, 2000)).toEqual(content);
    answers.push((_request, response) => response.writeHead(200, { "content-length": content.length }).end(content));
    expect(await read(0, 10)).toEqual(content.subarray(0, 10));
    answers.push(failure(416, errorOf("InvalidRange")));
    expect(await read(1000, 10)).toEqual(Buffer.alloc(0));
  });

  it.each(["bytes 0-9/*", "bytes=0-9/1000", undefined])(
    "are not taken for the whole object: a part with the range %s",
    async (range) => {
      answers.push((_request, response) => {
        const headers = { "content-length": 10, etag: '"v1"', ...(range && { "content-range": range }) };
        response.writeHead(206, headers).end(content.subarray(0, 10));
      });
      await expect(read(0, 20)).rejects.toMatchObject({
        code: "object_store_refused",
        reason: expect.stringContaining("does not say how long the object is"),
      });
    },
  );

  it.each<[string, Answer, object]>([
    [
      "a server that gives another range",
      (_request, response) => response.writeHead(200, { "content-length": content.length }).end(content),
      {
        code: "object_store_refused",
        reason: expect.stringContaining("does not give ranges: asked for byte 7, got byte 0"),
      },
    ],
    [
      "an answer without the object's length",
      (_request, response) => void response.writeHead(200).write("x"),
      { code: "object_store_refused", reason: expect.stringContaining("does not say how long") },
    ],
    [
      "a redirect",
      failure(307, errorOf("TemporaryRedirect"), {
        location: "http://127.0.0.1:9/elsewhere",
        "x-amz-bucket-region": "eu-1",
      }),
      { code: "object_store_refused", reason: expect.stringContaining('it is in "eu-1"') },
    ],
    [
      "a right that is missing",
      failure(403, errorOf("AccessDenied")),
      { code: "object_store_refused", reason: expect.stringContaining("the credentials need s3:GetObject") },
    ],
    ["no object", failure(404, errorOf("NoSuchKey")), { code: "file_not_found" }],
    ["no bucket", failure(404, errorOf("NoSuchBucket")), { reason: expect.stringContaining("create it") }],
    [
      "an error with a text of its own",
      failure(400, errorOf("Odd")),
      { code: "object_store_refused", reason: expect.stringContaining("answered: a <b> &lt; (Odd, HTTP 400)") },
    ],
    [
      "an error that says nothing",
      failure(400, ""),
      { code: "object_store_refused", reason: expect.stringContaining("(UnknownError, HTTP 400)") },
    ],
    ["another error of 1 MB", failure(400, `${errorOf("Odd")}${" ".repeat(1e6)}`), { code: "object_store_refused" }],
  ])("tell of %s", async (_title, answer, error) => {
    answers.push(answer);
    await expect(read(7, 10)).rejects.toMatchObject(error);
    expect(requests).toHaveLength(1);
  });

  it.each<[string, Answer]>([
    ["a busy server", failure(503, errorOf("SlowDown"))],
    ["an error of the server", failure(500, "")],
    ["a broken connection", (request) => request.socket.destroy()],
    ["what is no HTTP", (request) => void request.socket.end("SSH-2.0\r\n\r\n")],
    [
      "a body that ends early",
      (_request, response) => {
        const headers = { "content-range": "bytes 7-16/1000", "content-length": 4, etag: '"v1"' };
        response.writeHead(206, headers).end(content.subarray(7, 11));
      },
    ],
  ])("are asked for again after %s", async (_title, answer) => {
    answers.push(answer);
    expect(await read(7, 10)).toEqual(content.subarray(7, 17));
    expect(requests).toHaveLength(2);
  });

  it("are signed with the server's time when ours is wrong", async () => {
    const day = 24 * 3600_000;
    const date = new Date(Date.now() - day).toUTCString();
    answers.push(failure(403, errorOf("RequestTimeTooSkewed"), { date }));
    expect(await read(0, 10)).toEqual(content.subarray(0, 10));
    const days = requests.map(({ headers }) => String(headers["x-amz-date"]).slice(0, 8));
    const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");
    expect(days).toEqual([dayOf(Date.now()), dayOf(Date.now() - day)]);
    answers.push(failure(500, "", { date: new Date().toUTCString() }));
    await read(0, 10);
  });

  it("never become a second header line", async () => {
    const unclean: S3Options = {
      ...options,
      credentials: { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "a\r\nx-injected: 1" },
    };
    await using other = await S3ObjectStore.open(unclean);
    await expect(other.readInto("k", 0, new Uint8Array(1))).rejects.toThrow("x-amz-security-token");
    expect(requests).toEqual([]);
  });

  it("connect to no name of an address that may not be reached", async () => {
    const { port } = server.address() as AddressInfo;
    for (const endpoint of [`http://localhost:${port}`, `https://localhost:${port}`]) {
      await using other = await S3ObjectStore.open({ ...options, endpoint, reachable: [] });
      await expect(other.readInto("k", 0, new Uint8Array(1))).rejects.toMatchObject({ code: "path_refused" });
    }
    expect(requests).toEqual([]);
  });

  it("end with their signal, also while they wait for a connection", async () => {
    const silent = createTcpServer((socket) => socket.on("error", () => {}));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await using other = await S3ObjectStore.open({ ...options, endpoint });
    const abort = new AbortController();
    const reads = [1, 2, 3].map(() => other.readInto("k", 0, new Uint8Array(1), abort.signal));
    const results = Promise.allSettled(reads);
    setImmediate(() => abort.abort(new Error("stopped")));
    for (const result of await results) expect(result).toMatchObject({ reason: { message: "stopped" } });
    silent.close();
  });
});
