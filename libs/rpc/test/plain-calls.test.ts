import { type EventEmitter, once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { status as grpcStatus } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { ByteBudget } from "@sluice/async";
import { endOf, endsAtMsOf, GrpcError, type Handlers, milvus, okStatus, openGrpcServer, served } from "@sluice/rpc";
import fc from "fast-check";
import { PlainMessage } from "../src/plain-message.ts";
import { OverBudget } from "../src/request-budget.ts";

let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

async function serve(handlers: Partial<Handlers<milvus.MilvusServiceServer>>, maxRequestBytes?: number) {
  const services = [served<milvus.MilvusServiceServer>(milvus.MilvusServiceService, handlers)];
  const server = cleanup.use(
    openGrpcServer({ services, stopMs: 10, ...(maxRequestBytes !== undefined && { maxRequestBytes }) }),
  );
  return cleanup.adopt(connect(`http://${await server.listen("127.0.0.1", 0)}`), (session) => session.destroy());
}

function frame(message: Uint8Array, flags = 0): Buffer {
  const bytes = Buffer.alloc(5 + message.length, flags);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, 5);
  return bytes;
}

interface Answer {
  readonly code: number;
  readonly words: string;
  readonly bytes: Buffer;
}

/** Sends the pieces of a call of `Dummy`, and waits for its end. */
async function ask(session: ClientHttp2Session, pieces: readonly Buffer[], headers: IncomingHttpHeaders = {}) {
  const stream = session.request({
    ":method": "POST",
    ":path": milvus.MilvusServiceService.dummy.path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let last: IncomingHttpHeaders = {};
  const got: Buffer[] = [];
  for (const event of ["response", "trailers"]) stream.on(event, (found) => (last = { ...last, ...found }));
  stream.on("data", (piece) => got.push(piece)).on("error", () => undefined);
  for (const piece of pieces) await new Promise((resolve) => stream.write(piece, resolve));
  stream.end();
  await once(stream, "close");
  const answer: Answer = {
    code: Number(last["grpc-status"]),
    words: decodeURI(String(last["grpc-message"] ?? "")),
    bytes: Buffer.concat(got),
  };
  return answer;
}

const request = (text: string) => milvus.DummyRequest.encode({ requestType: text }).finish();
const textOf = ({ bytes }: Answer) => milvus.DummyResponse.decode(bytes.subarray(5)).response;
const echo = { dummy: ({ requestType }: milvus.DummyRequest) => ({ response: requestType }) };

describe("a call of one message", () => {
  it.each<[string, Record<string, string>, (text: string) => Buffer]>([
    ["plain", {}, (text) => frame(request(text))],
    ["compressed", { "grpc-encoding": "gzip" }, (text) => frame(gzipSync(request(text)), 1)],
  ])("says when its client waits no longer, %s", async (_, headers, bytesOf) => {
    const left = (_: milvus.DummyRequest, call: Parameters<typeof endsAtMsOf>[0]) => ({
      response: String(endsAtMsOf(call) - performance.now()),
    });
    const session = await serve({ dummy: left as never });
    expect(textOf(await ask(session, [bytesOf("x")], headers))).toBe("Infinity");
    const leftMs = Number(textOf(await ask(session, [bytesOf("x")], { ...headers, "grpc-timeout": "600S" })));
    expect(leftMs).toBeGreaterThan(500_000);
    expect(leftMs).toBeLessThanOrEqual(600_000);
  });

  it.each<[string, Record<string, string>, (text: string) => Buffer]>([
    ["plain", {}, (text) => frame(request(text))],
    ["compressed", { "grpc-encoding": "gzip" }, (text) => frame(gzipSync(request(text)), 1)],
  ])("is answered when its client waits for weeks, %s", async (_, headers, bytesOf) => {
    const session = await serve(echo);
    // 24 days, a month, 2^32 ms and a little, ten thousand years.
    for (const wait of ["2073600S", "2592000S", "4294968S", "99999999H"])
      expect(textOf(await ask(session, [bytesOf(wait)], { ...headers, "grpc-timeout": wait }))).toBe(wait);
  });

  it("is answered however it is cut", async () => {
    const session = await serve(echo);
    const cuts = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 6 });
    const property = fc.asyncProperty(fc.integer({ min: 0, max: 40_000 }), cuts, async (length, places) => {
      const text = "x".repeat(length);
      const bytes = frame(request(text));
      const ends = [...new Set([...places.filter((at) => at < bytes.length), bytes.length])].sort((a, b) => a - b);
      const answer = await ask(
        session,
        ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end)),
      );
      expect([answer.code, textOf(answer) === text]).toEqual([0, true]);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  it("may be sent whole, up to 128 KiB, before any of it is heard to be read", async () => {
    const session = await serve(echo);
    await ask(session, [frame(request("hello"))]);
    expect(session.remoteSettings.initialWindowSize).toBe(1 << 17);
    expect(session.state.remoteWindowSize).toBeGreaterThan((1 << 17) - 1000);
  });

  it("may be sent whole up to 1 MiB by connections whose long ones were answered, of which there are 32 at a time", async () => {
    const session = await serve(echo);
    await ask(session, [frame(request("connects"))]);
    const address = `http://127.0.0.1:${session.socket.remotePort}`;
    const windowOf = async (one: ClientHttp2Session) => {
      await ask(one, [frame(request("x".repeat(200_000)))]);
      await ask(one, [frame(request("its settings have come"))]);
      return one.remoteSettings.initialWindowSize;
    };
    const others = Array.from({ length: 32 }, () => cleanup.adopt(connect(address), (one) => one.destroy()));
    for (const one of others) expect(await windowOf(one)).toBe(1 << 20);
    expect(others[0].state.remoteWindowSize).toBeGreaterThan(1 << 19);
    expect(await windowOf(session)).toBe(1 << 17);
    others[0].destroy();
    await once(others[0], "close");
    // The server hears of it a little later.
    let size: number | undefined;
    while (size !== 1 << 20) size = await windowOf(session);
  });

  it("leaves the window as it is where it is refused", async () => {
    const refused = () => Promise.reject(GrpcError.unauthenticated("who are you?"));
    const session = await serve({ dummy: refused as never });
    for (const text of ["x".repeat(200_000), "the next"]) await ask(session, [frame(request(text))]);
    expect(session.remoteSettings.initialWindowSize).toBe(1 << 17);
  });

  it("may be compressed", async () => {
    const session = await serve(echo);
    const answer = await ask(session, [frame(gzipSync(request("packed")), 1)], { "grpc-encoding": "gzip" });
    expect(textOf(answer)).toBe("packed");
  });
});

describe("what is no call of one message", () => {
  it.each([
    ["none", [], grpcStatus.UNIMPLEMENTED, /no request message/],
    ["two", [frame(request("a")), frame(request("b"))], grpcStatus.UNIMPLEMENTED, /more than one/],
    ["half of one", [frame(request("a")).subarray(0, 6)], grpcStatus.INTERNAL, /breaks off/],
    ["half of its length", [frame(request("a")).subarray(0, 3)], grpcStatus.INTERNAL, /breaks off/],
    ["compressed, it does not say how", [frame(request("a"), 1)], grpcStatus.INTERNAL, /no header says how/],
    ["too much", [frame(Buffer.alloc(2000))], grpcStatus.RESOURCE_EXHAUSTED, /larger than max \(2000 vs 1000\)/],
  ] as const)("is refused: %s", async (_, pieces, code, words) => {
    const session = await serve(echo, 1000);
    expect(await ask(session, pieces)).toMatchObject({ code, words: expect.stringMatching(words) });
    expect(textOf(await ask(session, [frame(request("the next"))]))).toBe("the next");
  });

  it("is refused as soon as it says that it is too large", async () => {
    const session = await serve(echo, 1000);
    const head = frame(Buffer.alloc(0));
    head.writeUInt32BE(1 << 30, 1);
    expect(await ask(session, [head])).toMatchObject({ code: grpcStatus.RESOURCE_EXHAUSTED });
  });
});

describe("a message in pieces of a byte", () => {
  it("is counted for what the pieces take, not for its bytes", () => {
    const budget = new ByteBudget(1 << 20);
    using message = new PlainMessage(1 << 26, budget);
    const send = (count: number) => {
      for (let i = 0; i < count; i++) message.add(Buffer.alloc(1));
    };
    send(400);
    expect(() => send(20_000)).toThrow(OverBudget);
  });
});

describe("the end of a call", () => {
  /** A server whose handler waits for the end of its call. */
  async function serveWaiting() {
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const session = await serve({
      dummy: async (_request, call) => {
        begun.resolve();
        const end = endOf(call);
        await (end.aborted ? undefined : once(end, "abort"));
        ended.resolve();
        return { response: "" };
      },
    });
    return { session, begun: begun.promise, ended: ended.promise };
  }

  it("is told to its handler when its time is over", async () => {
    const { session, ended } = await serveWaiting();
    const answer = await ask(session, [frame(request(""))], { "grpc-timeout": "20m" });
    expect(answer).toMatchObject({ code: grpcStatus.DEADLINE_EXCEEDED, words: "Deadline exceeded" });
    await ended;
  });

  it("is not begun when its time is over before", async () => {
    const dummy = jest.fn(async () => ({ response: "" }));
    const answer = await ask(await serve({ dummy }), [frame(request(""))], { "grpc-timeout": "0n" });
    expect(answer).toMatchObject({ code: grpcStatus.DEADLINE_EXCEEDED, words: "Deadline exceeded" });
    expect(dummy).not.toHaveBeenCalled();
  });

  it("is told to its handler when the client has gone", async () => {
    const { session, begun, ended } = await serveWaiting();
    const asked = ask(session, [frame(request(""))]);
    await begun;
    session.destroy();
    await Promise.all([asked, ended]);
  });

  it("may be a code with words of any kind", async () => {
    const session = await serve({
      dummy: () => {
        throw new GrpcError(grpcStatus.PERMISSION_DENIED, "größer, 100 %, \ud800");
      },
    });
    const answer = await ask(session, [frame(request(""))]);
    expect(answer).toMatchObject({ code: grpcStatus.PERMISSION_DENIED, words: "größer, 100 %, \ufffd" });
  });
});

it("a stream that has closed holds nothing of its call", async () => {
  const streams: ServerHttp2Stream[] = [];
  const followed = new WeakSet<object>();
  const follow = ({ requestType }: milvus.DummyRequest, call: { connection?: object }) => {
    const session = call.connection as EventEmitter;
    if (!followed.has(session)) session.on("stream", (stream) => streams.push(stream));
    followed.add(session);
    return { response: requestType };
  };
  const session = await serve({ dummy: follow as never });
  for (const text of ["found", "followed"]) expect(textOf(await ask(session, [frame(request(text))]))).toBe(text);
  const [stream] = streams;
  if (!stream.closed) await once(stream, "close");
  await setImmediate();
  const held = ["data", "end", "close", "wantTrailers", "error"].map((event) => [event, stream.listenerCount(event)]);
  expect(Object.fromEntries(held)).toEqual({ data: 0, end: 0, close: 0, wantTrailers: 0, error: 0 });
});

it("headers are read as grpc-js reads them: bytes where the name says so", async () => {
  const seen: unknown[] = [];
  const session = await serve({
    dummy: (_request, { metadata }) => {
      for (const name of ["DbName", "trace-bin", "missing"]) seen.push(metadata.get(name));
      return { response: okStatus().reason };
    },
  });
  await ask(session, [frame(request(""))], { dbname: "books", "trace-bin": "AQI=" });
  expect(seen).toEqual([["books"], [Buffer.from([1, 2])], []]);
});
