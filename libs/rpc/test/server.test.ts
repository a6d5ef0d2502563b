import { once } from "node:events";
import { connect } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import {
  credentials,
  Client as GrpcClient,
  status as grpcStatus,
  logVerbosity,
  type ServiceError,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ImportError, StatusError, statusCodes } from "@sluice/errors";
import {
  connectClient,
  type GrpcServer,
  type GrpcServerOptions,
  type Handlers,
  milvus,
  okStatus,
  openGrpcServer,
  served,
} from "@sluice/rpc";
import { type LogFields, silentLogger } from "@sluice/telemetry";
import { GrpcError } from "../src/served-methods.ts";

type MilvusHandlers = Partial<Handlers<milvus.MilvusServiceServer>>;

const HOST = "127.0.0.1";
let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

async function serve(handlers: MilvusHandlers, options: Partial<GrpcServerOptions> = {}) {
  const services = [served<milvus.MilvusServiceServer>(milvus.MilvusServiceService, handlers)];
  const server = cleanup.use(openGrpcServer({ services, stopMs: 100, ...options }));
  const address = await server.listen(HOST, 0);
  return { server, address, client: cleanup.use(connectClient(milvus.MilvusServiceClient, address)) };
}

/** A client of a port whose connections are handed to the server. */
async function injecting(server: GrpcServer) {
  const port = cleanup.adopt(
    createServer((socket) => server.inject(socket)).listen(0, HOST),
    (net) => void net.close(),
  );
  await once(port, "listening");
  const address = `${HOST}:${(port.address() as AddressInfo).port}`;
  return cleanup.use(connectClient(milvus.MilvusServiceClient, address));
}

function rawClient(address: string): GrpcClient {
  return cleanup.adopt(new GrpcClient(address, credentials.createInsecure()), (client) => client.close());
}

const versionRequest = {};
const createCollection = milvus.CreateCollectionRequest.fromPartial({ collectionName: "c" });

describe("what a handler throws", () => {
  it("becomes the Status of the answer", async () => {
    const { client } = await serve({
      getVersion: () => {
        throw new StatusError(statusCodes.notReady, "service not ready");
      },
    });
    const answer = await client.getVersion(versionRequest);
    expect(answer).toMatchObject({ status: { code: 1, errorCode: 56, reason: "service not ready" }, version: "" });
  });

  it("becomes the answer where that is a bare Status", async () => {
    const { client } = await serve({
      createCollection: async () => {
        throw new ImportError("request_invalid", "no such option", { file: "a.json" });
      },
    });
    expect(await client.createCollection(createCollection)).toMatchObject({
      code: 2100,
      errorCode: 1,
      reason: "no such option (a.json)",
    });
  });

  it("is never a gRPC error, even when it is a defect, and is told to the log", async () => {
    const lines: LogFields[] = [];
    const log = { ...silentLogger, error: (_message: string, fields?: LogFields) => void lines.push(fields ?? {}) };
    const defect = new TypeError("undefined is not a function");
    const { client } = await serve({ import: () => Promise.reject(defect) }, { log });
    const answer = await client.import(milvus.ImportRequest.fromPartial({}));
    expect(answer).toMatchObject({ status: { code: 65535, errorCode: 1 }, tasks: [] });
    // Its words stand in the log alone; the reference leads from the one to the other.
    expect(answer.status?.reason).toMatch(/^internal error, reference [0-9a-f]{8}: /);
    expect(lines).toEqual([{ method: "Import", err: defect, reason: answer.status?.reason }]);
  });

  it("is a gRPC error where clients expect one", async () => {
    const { address } = await serve({
      getVersion: () => {
        throw new GrpcError(grpcStatus.UNAUTHENTICATED, "wrong password");
      },
    });
    const error = await failureOf(rawClient(address), "/milvus.proto.milvus.MilvusService/GetVersion");
    expect(error).toMatchObject({ code: grpcStatus.UNAUTHENTICATED, details: "wrong password" });
  });
});

it("a method without handler answers a failing Status", async () => {
  const { client } = await serve({});
  const { status } = await client.getMetrics(milvus.GetMetricsRequest.fromPartial({}));
  expect(status).toMatchObject({ code: 10, errorCode: 1, reason: "GetMetrics is not supported by this server" });
});

it.each([
  ["random bytes", Buffer.from("ffffffffff", "hex")],
  ["values nested without end", nestedValues(200_000)],
])("a request that cannot be read becomes a failing Status: %s", async (_, bytes) => {
  const { address } = await serve({ query: () => Promise.reject(new Error("read")) });
  const answer = await new Promise<Buffer>((resolve, reject) => {
    rawClient(address).makeUnaryRequest<Buffer, Buffer>(
      "/milvus.proto.milvus.MilvusService/Query",
      (value) => value,
      (value) => value,
      bytes,
      (error, response) => (error ? reject(error) : resolve(response as Buffer)),
    );
  });
  const { status } = milvus.QueryResults.decode(answer);
  expect(status).toMatchObject({
    code: 1100,
    reason: "the bytes of the request are no QueryRequest: invalid parameter",
  });
});

/** A QueryRequest with a template value of lists within each other. */
function nestedValues(depth: number): Buffer {
  // From the innermost on: a list of lists (field 5 of a list) of one list (field 1), as a value (field 5) of the map's entry
  // (field 2), which is field 13 of the request.
  const parts: Buffer[] = [];
  let length = 0;
  const wrap = (tag: number) => {
    const head: number[] = [tag];
    for (let rest = length; ; rest >>>= 7) {
      head.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    parts.push(Buffer.from(head));
    length += head.length;
  };
  for (let i = 0; i < depth; i++) {
    wrap(0x0a);
    wrap(0x2a);
  }
  for (const tag of [0x2a, 0x12, 0x6a]) wrap(tag);
  return Buffer.concat(parts.reverse());
}

it("an answer that cannot be written becomes a failing Status", async () => {
  const seen: unknown[] = [];
  const { client } = await serve(
    { allocTimestamp: () => ({ status: okStatus(), timestamp: -1n }) },
    { log: { ...silentLogger, error: (_message: string, fields?: LogFields) => seen.push(fields?.method) } },
  );
  const { status, timestamp } = await client.allocTimestamp({ base: undefined });
  expect(status).toMatchObject({ code: 65535, errorCode: 1 });
  expect(timestamp).toBe(0n);
  expect(seen).toEqual(["AllocTimestamp"]);
});

it("messages of many megabytes pass both ways", async () => {
  const large = "x".repeat(20 << 20);
  const { client } = await serve({ dummy: ({ requestType }) => ({ response: requestType }) });
  const { response } = await client.dummy({ requestType: large });
  expect(response.length).toBe(large.length);
});

it("a connection that somebody else accepted is served", async () => {
  const { server } = await serve({ getVersion: () => ({ status: okStatus(), version: "1" }) });
  const listener = cleanup.adopt(
    createServer((socket) => server.inject(socket)),
    (open) => void open.close(),
  );
  listener.listen(0, HOST);
  await once(listener, "listening");
  const client = cleanup.use(
    connectClient(milvus.MilvusServiceClient, `${HOST}:${(listener.address() as AddressInfo).port}`),
  );
  expect(await client.getVersion(versionRequest)).toMatchObject({ version: "1" });
});

it("a taken port is an error", async () => {
  setLogVerbosity(logVerbosity.NONE); // It is written to the console as well.
  const { address } = await serve({});
  const second = cleanup.use(openGrpcServer({ services: [] }));
  await expect(second.listen(HOST, Number(address.split(":")[1]))).rejects.toThrow("EADDRINUSE");
});

it("clients may ping as often as they like", async () => {
  const { address } = await serve({});
  const session = cleanup.adopt(connect(`http://${address}`), (open) => open.destroy());
  await once(session, "connect");
  const ends: string[] = [];
  session.on("goaway", () => ends.push("goaway")).on("close", () => ends.push("close"));
  for (let i = 0; i < 50; i++) {
    const error = await new Promise((resolve) => session.ping(resolve));
    expect(error).toBeNull();
  }
  expect(ends).toEqual([]);
});

describe("the health service", () => {
  const check = "/grpc.health.v1.Health/Check";

  it("says that we serve, until we do not", async () => {
    const { server, address } = await serve({});
    const client = rawClient(address);
    expect((await answerOf(client, check)).toString("hex")).toBe("0801"); // SERVING
    server.setServing(false);
    expect((await answerOf(client, check)).toString("hex")).toBe("0802"); // NOT_SERVING
  });

  it("knows no service but the whole", async () => {
    const { address } = await serve({});
    const asked = answerOf(rawClient(address), check, Buffer.from("0a0161", "hex"));
    await expect(asked).rejects.toMatchObject({ code: grpcStatus.NOT_FOUND });
    // One entry, of the empty key: SERVING.
    const all = await answerOf(rawClient(address), "/grpc.health.v1.Health/List");
    expect(all.toString("hex")).toBe("0a0412020801");
  });

  it("tells those who watch, for as long as they do", async () => {
    const { server, address } = await serve({});
    const seen: string[] = [];
    const watch = (request: string) =>
      rawClient(address)
        .makeServerStreamRequest("/grpc.health.v1.Health/Watch", asIs, asIs, Buffer.from(request, "hex"))
        .on("data", (answer: Buffer) => seen.push(answer.toString("hex")));
    const whole = watch("");
    await once(whole, "data");
    server.setServing(false);
    await once(whole, "data");
    const other = watch("0a0161");
    await once(other, "data");
    expect(seen).toEqual(["0801", "0802", "0803"]); // SERVING, NOT_SERVING, SERVICE_UNKNOWN
    for (const call of [whole, other]) {
      call.cancel();
      await once(call, "error");
    }
  });
});

describe("the reflection service", () => {
  // Requests by hand: list_services is field 7, file_containing_symbol field 4.
  const listServices = Buffer.from("3a00", "hex");
  const symbol = "milvus.proto.milvus.ImportRequest";
  const fileContaining = Buffer.concat([Buffer.from([(4 << 3) | 2, symbol.length]), Buffer.from(symbol)]);

  it("names our service and its messages as clients know them", async () => {
    const { address } = await serve({}, { reflection: true });
    const client = rawClient(address);
    const services = await reflect(client, listServices);
    expect(services.toString("latin1")).toContain("milvus.proto.milvus.MilvusService");
    const file = (await reflect(client, fileContaining)).toString("latin1");
    for (const name of ["MilvusService", "ListImportTasks", "collection_name", "idempotency_key"])
      expect(file).toContain(name);
  });

  it("is not offered unasked", async () => {
    const { address } = await serve({});
    await expect(reflect(rawClient(address), listServices)).rejects.toMatchObject({ code: grpcStatus.UNIMPLEMENTED });
  });
});

describe("the end", () => {
  /** A server whose GetVersion waits to be released. */
  async function serveSlowly(stopMs: number, isInjected = false) {
    const entered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const handlers: MilvusHandlers = {
      getVersion: async () => {
        entered.resolve();
        await released.promise;
        return { status: okStatus(), version: "late" };
      },
    };
    const started = await serve(handlers, { stopMs });
    const client = isInjected ? await injecting(started.server) : started.client;
    // Not called again, as it would be for as long as its deadline allows.
    const call = client.getVersion(versionRequest, { isOnce: true });
    await entered.promise;
    return { ...started, call, release: released.resolve };
  }

  it.each([false, true])("waits for running calls (of a connection that was injected: %s)", async (isInjected) => {
    const { server, call, release } = await serveSlowly(60_000, isInjected);
    let isStopped = false;
    const stopped = dispose(server).then(() => (isStopped = true));
    for (let i = 0; i < 20; i++) await turn();
    expect(isStopped).toBe(false);
    release();
    expect(await call).toMatchObject({ version: "late" });
    await stopped;
  });

  it.each([false, true])("breaks off what takes too long (injected: %s)", async (isInjected) => {
    const { server, call, release } = await serveSlowly(10, isInjected);
    const failed = expect(call).rejects.toThrow(StatusError);
    await dispose(server);
    await failed;
    release();
  });
});

function dispose(server: GrpcServer): Promise<void> {
  return Promise.resolve(server[Symbol.asyncDispose]());
}

const asIs = (bytes: Buffer) => bytes;

function answerOf(client: GrpcClient, path: string, request = Buffer.alloc(0)): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<Buffer, Buffer>(path, asIs, asIs, request, (error, answer) => {
      if (error) reject(error);
      else resolve(answer as Buffer);
    });
  });
}

async function failureOf(client: GrpcClient, path: string): Promise<ServiceError> {
  return answerOf(client, path).then(
    () => {
      throw new Error("the call succeeded");
    },
    (error) => error,
  );
}

async function reflect(client: GrpcClient, request: Buffer): Promise<Buffer> {
  const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  const call = client.makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs);
  call.end(request);
  const [answer] = await once(call, "data");
  return answer;
}
