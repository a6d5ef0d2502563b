import { status as grpcStatus, Metadata } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { NotLeadingError, StatusError, statusCodes } from "@sluice/errors";
import {
  connectClient,
  endOf,
  GrpcError,
  type Handlers,
  milvus,
  okStatus,
  openGrpcServer,
  rootCoord,
  serializedAnswer,
  served,
} from "@sluice/rpc";

type MilvusHandlers = Partial<Handlers<milvus.MilvusServiceServer>>;

let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

async function serve(handlers: MilvusHandlers, stopMs = 10) {
  const services = [served<milvus.MilvusServiceServer>(milvus.MilvusServiceService, handlers)];
  const server = openGrpcServer({ services, stopMs });
  cleanup.use(server);
  const address = await server.listen("process:milvus", 0);
  return { server, address, client: cleanup.use(connectClient(milvus.MilvusServiceClient, address)) };
}

const version = (text: string): MilvusHandlers => ({ getVersion: () => ({ status: okStatus(), version: text }) });
const collection = (aliases: string[]) =>
  milvus.DescribeCollectionResponse.fromPartial({ status: okStatus(), aliases });
const named = (collectionName: string) => milvus.DescribeCollectionRequest.fromPartial({ collectionName });

describe("a server within the process", () => {
  it("answers its own clients, each server at an address of its own", async () => {
    const [one, other] = [await serve(version("one")), await serve(version("other"))];
    expect(one.address).not.toBe(other.address);
    expect(await one.client.getVersion({})).toMatchObject({ version: "one" });
    expect(await other.client.getVersion({})).toMatchObject({ version: "other" });
  });

  it("shares no object with its clients", async () => {
    const [aliases, seen] = [["a"], [] as object[]];
    const { client } = await serve({
      describeCollection: (request) => {
        seen.push(request);
        return collection(aliases);
      },
    });
    const request = named("books");
    const answer = await client.describeCollection(request);
    expect(seen).toEqual([request]);
    expect(seen[0]).not.toBe(request);
    aliases.push("b");
    expect(answer.aliases).toEqual(["a"]);
  });

  it("hands on what is serialized already", async () => {
    const bytes = milvus.DescribeCollectionResponse.encode(collection(["made of bytes"])).finish();
    const { client } = await serve({ describeCollection: () => serializedAnswer(bytes) });
    expect((await client.describeCollection(named("books"))).aliases).toEqual(["made of bytes"]);
  });

  it("takes metadata", async () => {
    const seen: unknown[] = [];
    const { client } = await serve({
      getVersion: (_request, { metadata }) => {
        seen.push(...metadata.get("dbname"));
        return { status: okStatus(), version: "" };
      },
    });
    const metadata = new Metadata();
    metadata.set("dbname", "books");
    await client.getVersion({}, { metadata });
    expect(seen).toEqual(["books"]);
  });
});

describe("what a handler throws within the process", () => {
  const throwing = (error: Error) =>
    serve({
      getVersion: () => {
        throw error;
      },
    });

  it("becomes the Status of the answer", async () => {
    const { client } = await throwing(new StatusError(statusCodes.notReady, "service not ready"));
    expect(await client.getVersion({})).toMatchObject({ status: { code: 1, reason: "service not ready" } });
  });

  it("becomes an error of gRPC where it is one", async () => {
    const { client } = await throwing(GrpcError.unauthenticated("who?"));
    await expect(client.getVersion({})).rejects.toMatchObject({
      code: statusCodes.notAuthenticated,
      cause: { code: grpcStatus.UNAUTHENTICATED, details: "who?" },
    });
  });

  it("is asked for again where somebody else may lead meanwhile", async () => {
    let calls = 0;
    const { client } = await serve({
      getVersion: () => {
        if (calls++ === 0) throw new NotLeadingError("another one leads");
        return { status: okStatus(), version: "led" };
      },
    });
    expect(await client.getVersion({})).toMatchObject({ version: "led" });
    expect(calls).toBe(2);
  });
});

describe("a method or service that is not there", () => {
  it("is refused by Status where the service is known, as over a connection", async () => {
    const { client } = await serve({});
    expect(await client.getVersion({})).toMatchObject({ status: { code: statusCodes.unimplemented } });
  });

  it("is unimplemented where the service is another", async () => {
    const { address } = await serve({});
    const client = cleanup.use(connectClient(rootCoord.RootCoordClient, address));
    await expect(client.allocIds({ count: 1n })).rejects.toMatchObject({ code: statusCodes.unimplemented });
  });
});

describe("the end of a call within the process", () => {
  /** Never answers, and tells when its caller is gone. */
  function silent() {
    const [begun, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const handlers: MilvusHandlers = {
      getVersion: (_request, call) => {
        endOf(call).addEventListener("abort", () => gone.resolve());
        begun.resolve();
        return new Promise(() => {});
      },
    };
    return { handlers, begun: begun.promise, gone: gone.promise };
  }

  it("is its deadline, of which the handler hears", async () => {
    const { handlers, gone } = silent();
    const { client } = await serve(handlers);
    await expect(client.getVersion({}, { deadlineMs: 20 })).rejects.toMatchObject({ code: statusCodes.notReady });
    await gone;
  });

  it("is its signal, whose reason the caller gets", async () => {
    const { handlers, begun, gone } = silent();
    const { client } = await serve(handlers);
    const stop = new AbortController();
    const call = client.getVersion({}, { signal: stop.signal });
    await begun;
    stop.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    await gone;
  });

  it("is that of its server, which waits for calls that run, and breaks them off when its time is over", async () => {
    const { handlers, begun, gone } = silent();
    const { client, server } = await serve(handlers);
    const call = client.getVersion({}, { isOnce: true });
    const refused = expect(call).rejects.toMatchObject({ code: statusCodes.notReady });
    await begun;
    await server[Symbol.asyncDispose]();
    await refused;
    await gone;
  });

  it("is its answer, for which a server that stops waits", async () => {
    const [begun, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const { client, server } = await serve(
      {
        getVersion: async () => {
          begun.resolve();
          return { status: okStatus(), version: await answer.promise };
        },
      },
      60_000,
    );
    const call = client.getVersion({});
    await begun.promise;
    const stopped = server[Symbol.asyncDispose]();
    await expect(client.getVersion({}, { isOnce: true })).rejects.toMatchObject({ code: statusCodes.notReady });
    answer.resolve("late");
    expect(await call).toMatchObject({ version: "late" });
    await stopped;
  });
});
