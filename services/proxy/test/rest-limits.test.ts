import { once } from "node:events";
import { connect, createServer } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { silentLogger } from "@sluice/telemetry";
import { openRestApp } from "../src/http/rest.ts";

/** What a client hears that sends `text` and nothing more, through a port that the application does not own. */
async function hear(text: string): Promise<string> {
  const app = openRestApp(silentLogger, undefined, { headersMs: 150, requestMs: 400 });
  app.post("/a", async () => ({ code: 0 }));
  await app.ready();
  const port = createServer((socket) => void app.server.emit("connection", socket)).listen(0, "127.0.0.1");
  await once(port, "listening");
  const socket = connect((port.address() as { port: number }).port, "127.0.0.1");
  let heard = "";
  socket.on("data", (bytes) => {
    heard += bytes;
  });
  socket.on("error", () => {});
  socket.write(text);
  await Promise.race([once(socket, "close"), new Promise((resolve) => setTimeout(resolve, 3000).unref())]);
  const isClosed = socket.destroyed;
  socket.destroy();
  port.close();
  await app.close();
  return isClosed ? heard : "still open";
}

it.each([
  ["headers that do not end", 408, "POST /a HTTP/1.1\r\nHost: a\r\n", "did not come to its end in time"],
  [
    "a body that does not come",
    408,
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{",
    "did not come to its end in time",
  ],
  ["headers without an end in sight", 431, `POST /a HTTP/1.1\r\nHost: ${"a".repeat(20_000)}`, "headers are too large"],
  ["lines that are none", 400, "POST /a HTTP/1.1\nHost a\n\n", "the request is no HTTP/1.1: "],
])("a request with %s is answered %i in the form of all answers, and closed", async (_, status, text, said) => {
  const [head, body] = (await hear(text)).split("\r\n\r\n");
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(JSON.parse(body)).toEqual({ code: status, status, message: expect.stringContaining(said) });
});

it("a path that leads nowhere is answered with status beside code, as Milvus's bulk writers read it", async () => {
  const app = openRestApp(silentLogger, undefined, { headersMs: 150, requestMs: 400 });
  const answer = await app.inject({ method: "POST", url: "/v2/vectordb/nothing", payload: {} });
  expect([answer.statusCode, answer.json()]).toEqual([
    404,
    { code: 404, status: 404, message: "there is no POST /v2/vectordb/nothing: GET /v2/openapi.json lists the calls" },
  ]);
  await app.close();
});

it("a path that is not percent-encoded is refused in the form of all answers", async () => {
  const app = openRestApp(silentLogger);
  const answer = await app.inject({ method: "GET", url: "/v2/volumes/%ff" });
  const message = "'/v2/volumes/%ff' is not a valid url component";
  expect([answer.statusCode, answer.json()]).toEqual([400, { code: 400, status: 400, message }]);
  await app.close();
});

it("a path with a slip is answered with the one that is meant", async () => {
  const app = openRestApp(silentLogger, undefined, { headersMs: 150, requestMs: 400 });
  app.post("/v2/vectordb/jobs/import/create", async () => ({ code: 0 }));
  const answer = await app.inject({ method: "POST", url: "/v2/vectordb/jobs/import/crate", payload: {} });
  expect(answer.json().message).toContain("(did you mean '/v2/vectordb/jobs/import/create'?)");
  await app.close();
});

describe("a body", () => {
  const answerTo = async (payload: string) => {
    const app = openRestApp(silentLogger);
    app.post("/a", async (request) => ({ code: 0, data: JSON.stringify(request.body).length }));
    const answer = (await app.inject({ method: "POST", url: "/a", payload })).json();
    await app.close();
    return answer as { code: number; message?: string; data?: number };
  };
  const lists = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

  it("may be nested as deep as values of rows, and those around them", async () => {
    expect(await answerTo(lists(640))).toEqual({ code: 0, data: lists(640).length });
    expect(await answerTo(`{"a":"${'[{\\"\\\\'.repeat(1000)}"}`)).toMatchObject({ code: 0 });
  });

  it.each([
    ["a level deeper", lists(641)],
    ["half a million lists", lists(500_000)],
    ["lists that do not end", "[".repeat(1 << 20)],
    ["objects", '{"a":'.repeat(1000)],
  ])("with %s is refused with the place", async (_, payload) => {
    const { code, message } = await answerTo(payload);
    expect(code).toBe(1801);
    expect(message).toMatch(
      /can only accept json format request, error: it is nested more than 640 levels deep at character \d+/,
    );
  });

  it("that is too large is told how large it may be", async () => {
    const { code, message } = await answerTo(`"${"a".repeat(9 << 20)}"`);
    expect([code, message]).toEqual([1801, "Request body is too large: more than 8388608 bytes"]);
  });

  it.each([
    ["/v2/vectordb/entities/upsert", "send fewer rows at once, or import them from a file"],
    ["/v2/vectordb/entities/hybrid_search", "send fewer vectors at once"],
    ["/v2/vectordb/entities/get", "ask for fewer keys at once"],
    [
      "/v2/vectordb/jobs/import/create",
      "name a folder or a pattern in the place of its files, or send several requests",
    ],
    ["/v1/vector/collections/import", "name a folder or a pattern in the place of its files, or send several requests"],
  ])("of %s that is too large is told what to send instead", async (url, instead) => {
    const app = openRestApp(silentLogger);
    app.post(url, async () => ({ code: 0 }));
    const answer = await app.inject({ method: "POST", url, payload: `"${"a".repeat(9 << 20)}"` });
    await app.close();
    expect(answer.json().message).toBe(`Request body is too large: more than 8388608 bytes (${instead})`);
  });
});
