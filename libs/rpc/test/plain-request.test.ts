import { constants, createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { Client, credentials, status as grpcStatus, Metadata, type MethodDefinition } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { callPlainly } from "../src/plain-request.ts";

const MAX_ANSWER_BYTES = 1 << 20;
const OK = { "grpc-status": 0 };
const headers = { ":status": 200, "content-type": "application/grpc" };
const bytesMethod: MethodDefinition<object, object> = {
  path: "/test.Test/Call",
  requestStream: false,
  responseStream: false,
  requestSerialize: (bytes) => bytes as Buffer,
  requestDeserialize: (bytes) => bytes,
  responseSerialize: (bytes) => bytes as Buffer,
  responseDeserialize: (bytes) => bytes,
};

let answer: (stream: ServerHttp2Stream, request: Buffer) => void;
let seen: Record<string, unknown>;
let server: Http2Server;
let client: Client;
beforeEach(async () => {
  server = createServer();
  server.on("stream", (stream, got) => {
    seen = got;
    const pieces: Buffer[] = [];
    stream.on("error", () => undefined);
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("end", () => answer(stream, Buffer.concat(pieces)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const options = { "grpc.max_receive_message_length": MAX_ANSWER_BYTES, "grpc.use_local_subchannel_pool": 1 };
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
});
afterEach(() => {
  client.close();
  server.close();
});

function framed(message: Buffer, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** Answers with bytes, and trailers after them. */
function send(stream: ServerHttp2Stream, bytes: Buffer, trailers: Record<string, string | number> = OK): void {
  stream.respond(headers, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(bytes);
}

async function call(
  request = Buffer.from("hello"),
  { limitMs = 10_000, signal = undefined as AbortSignal | undefined, metadata = new Metadata() } = {},
): Promise<object> {
  await promisify(client.waitForReady).call(client, Date.now() + 10_000);
  const answered = callPlainly(client, bytesMethod, request, { metadata, limitMs, signal });
  if (!answered) throw new Error("it is left to grpc-js");
  return answered;
}

describe("a plain request", () => {
  it("is one message with the headers of gRPC, and answers the message that comes", async () => {
    let got: Buffer | undefined;
    answer = (stream, request) => {
      got = request;
      send(stream, framed(Buffer.from("world")));
    };
    const metadata = new Metadata();
    metadata.set("sluice-token", "abc");
    expect(String(await call(Buffer.from("hello"), { limitMs: 1500, metadata }))).toBe("world");
    expect(got).toEqual(framed(Buffer.from("hello")));
    const own = { ":path": "/test.Test/Call", "grpc-timeout": "1500m", te: "trailers", "sluice-token": "abc" };
    expect(seen).toMatchObject({ ...own, "content-type": "application/grpc" });
  });

  it("puts an answer together from its pieces, also an empty one", async () => {
    const message = Buffer.alloc(600_000, "ab");
    answer = (stream) => send(stream, framed(message));
    expect(await call()).toEqual(message);
    answer = (stream) => send(stream, framed(Buffer.alloc(0)));
    expect(await call()).toHaveLength(0);
  });

  it("fails with the code and words of the server, which come before or after headers", async () => {
    const refusal = { "grpc-status": 7, "grpc-message": encodeURI("no: ü % 7") };
    answer = (stream) => stream.respond({ ...headers, ...refusal }, { endStream: true });
    const error = {
      code: grpcStatus.PERMISSION_DENIED,
      details: "no: ü % 7",
      message: "7 PERMISSION_DENIED: no: ü % 7",
    };
    await expect(call()).rejects.toMatchObject(error);
    answer = (stream) => send(stream, framed(Buffer.from("half an answer")), refusal);
    await expect(call()).rejects.toMatchObject(error);
  });

  it("ends at its deadline, and when somebody breaks it off, which the server learns", async () => {
    const closed: number[] = [];
    answer = (stream) => stream.on("close", () => closed.push(stream.rstCode ?? -1));
    for (const limitMs of [30, -1])
      await expect(call(undefined, { limitMs })).rejects.toMatchObject({ code: grpcStatus.DEADLINE_EXCEEDED });
    const ending = new AbortController();
    const running = call(undefined, { signal: ending.signal });
    setTimeout(() => ending.abort(), 30);
    await expect(running).rejects.toMatchObject({ code: grpcStatus.CANCELLED });
    await expect(call(undefined, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: grpcStatus.CANCELLED,
    });
    while (closed.length < 2) await new Promise(setImmediate);
    expect(closed.slice(0, 2)).toEqual([constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
  });

  it("is unavailable when its connection breaks or the server refuses its stream: it may be made again", async () => {
    answer = (stream) => stream.session?.socket.destroy();
    await expect(call()).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE });
    answer = (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM);
    await expect(call()).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE });
  });

  it("refuses an answer that is too large when it says so, and one that is none", async () => {
    answer = (stream) => send(stream, framed(Buffer.from("begin"), MAX_ANSWER_BYTES + 1));
    const tooLarge = `Received message larger than max (${MAX_ANSWER_BYTES + 1} vs ${MAX_ANSWER_BYTES})`;
    await expect(call()).rejects.toMatchObject({ code: grpcStatus.RESOURCE_EXHAUSTED, details: tooLarge });
    const none = [framed(Buffer.from("cut"), 100), Buffer.concat([framed(Buffer.from("a")), framed(Buffer.from("b"))])];
    for (const bytes of none) {
      answer = (stream) => send(stream, bytes);
      await expect(call()).rejects.toMatchObject({ code: grpcStatus.INTERNAL });
    }
    answer = (stream) => send(stream, Buffer.alloc(0));
    await expect(call()).rejects.toMatchObject({ code: grpcStatus.UNIMPLEMENTED });
  });

  it("sends nothing when there is no time left", async () => {
    let calls = 0;
    answer = (stream) => {
      calls++;
      send(stream, framed(Buffer.from("late")));
    };
    for (const limitMs of [0, -5000])
      await expect(call(undefined, { limitMs })).rejects.toMatchObject({ code: grpcStatus.DEADLINE_EXCEEDED });
    await call();
    expect(calls).toBe(1);
  });

  it("keeps no more of an answer than the length that it says", async () => {
    let sentBytes = 0;
    const closed = Promise.withResolvers<void>();
    answer = (stream) => {
      stream.respond(headers);
      stream.write(framed(Buffer.from("short")));
      stream.on("close", closed.resolve);
      const more = () => {
        for (; !stream.closed && stream.writable; sentBytes += 1 << 16)
          if (!stream.write(Buffer.alloc(1 << 16))) return void stream.once("drain", more);
      };
      more();
    };
    await expect(call(undefined, { limitMs: 2000 })).rejects.toMatchObject({ code: grpcStatus.INTERNAL });
    await closed.promise;
    expect(sentBytes).toBeLessThan(16 << 20);
  });

  it("says by gRPC's codes what somebody else has answered", async () => {
    // The first bytes of a proxy's page are not the length of a message.
    answer = (stream) => {
      stream.respond({ ":status": 502, "content-type": "text/html" });
      stream.end("<html>Bad gateway</html>");
    };
    const details = "Received HTTP status code 502";
    await expect(call()).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE, details });
    answer = (stream) => stream.respond({ ":status": 503 }, { endStream: true });
    await expect(call()).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE });
    answer = (stream) => stream.respond({ ":status": 404 }, { endStream: true });
    await expect(call()).rejects.toMatchObject({ code: grpcStatus.UNIMPLEMENTED });
    answer = (stream) => stream.respond(headers, { endStream: true });
    await expect(call()).rejects.toMatchObject({ code: grpcStatus.INTERNAL });
  });

  it("is left to grpc-js where no connection stands, or the request is large", async () => {
    const settings = { metadata: new Metadata(), limitMs: 1000 };
    expect(callPlainly(client, bytesMethod, Buffer.from("a"), settings)).toBeUndefined();
    await expect(call(Buffer.alloc(1 << 15))).rejects.toThrow("it is left to grpc-js");
    const closed = new Client("127.0.0.1:1", credentials.createInsecure());
    closed.close();
    expect(() => callPlainly(closed, bytesMethod, Buffer.from("a"), settings)).not.toThrow();
  });
});
