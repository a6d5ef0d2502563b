import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { PortMux } from "../src/port-mux.ts";

let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

async function open(bounds: ConstructorParameters<typeof PortMux>[0] = {}) {
  const mux = cleanup.use(new PortMux(bounds));
  const http = createServer((_request, response) => response.end("http"));
  const heard: string[] = [];
  const told = (kind: string) => (socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => heard.push(bytes.toString()));
    socket.write(kind);
  };
  let refused = 0;
  const port = await mux.listen("127.0.0.1", 0, {
    grpc: told("grpc"),
    http: (socket) => void http.emit("connection", socket),
    uploads: told("uploads"),
    tls: told("tls"),
    onRefused: () => refused++,
  });
  return { port, heard, refused: () => refused };
}

/** Sends parts with pauses; resolves to what comes first, or to "closed". */
async function talk(port: number, parts: readonly string[], pauseMs: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.once("data", (bytes) => resolve(bytes.toString())).once("close", () => resolve("closed"));
  for (const part of parts) {
    if (part !== "") socket.write(part);
    await sleep(pauseMs);
  }
  return promise.finally(() => socket.destroy());
}

const request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

it.each([
  ["a request in one packet", [request]],
  ["its first byte alone", ["P", request.slice(1)]],
  ["byte by byte", [...request.slice(0, 6), request.slice(6)]],
  ["a client that connects ahead and is silent", ["", "", "", request]],
])("speaks HTTP to %s", async (_, parts) => {
  const { port } = await open();
  expect(await talk(port, parts, 30)).toMatch(/^HTTP\/1.1 200/);
});

it.each([
  ["the preface in one packet", ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]],
  ["the preface byte by byte", [..."PRI * HTTP/2.0\r\n"]],
])("speaks gRPC to %s", async (_, parts) => {
  const { port, heard } = await open();
  expect(await talk(port, parts, 5)).toBe("grpc");
  expect(heard[0]).toMatch(/^PRI /);
});

it.each([
  ["uploads", ["PUT /sluice-volumes/a/b HTTP/1.1\r\n\r\n"]],
  ["uploads", [..."POST /sluice-volumes/a?uploads="]],
  ["tls", ["\u0016\u0003\u0001"]],
  ["tls", ["\u0016", "\u0003\u0003"]],
])("hands on %s with all of its first bytes", async (kind, parts) => {
  const { port, heard } = await open();
  expect(await talk(port, parts, 5)).toBe(kind);
  expect(parts.join("").startsWith(heard[0])).toBe(true);
});

it("closes a connection that says nothing, or never enough", async () => {
  const { port } = await open({ silenceMs: 100 });
  expect(await talk(port, [""], 1)).toBe("closed");
  expect(await talk(port, ["P"], 1)).toBe("closed");
});

it("refuses connections beyond its limit", async () => {
  const { port, refused } = await open({ maxConnections: 1 });
  const first = connect(port, "127.0.0.1");
  first.on("error", () => {});
  await sleep(50);
  expect(await talk(port, [request], 1)).toBe("closed");
  expect(refused()).toBe(1);
  first.destroy();
});
