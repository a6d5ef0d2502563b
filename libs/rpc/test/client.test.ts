import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { status as grpcStatus, Metadata } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { NobodyAnswersError, NotLeadingError, StatusError, statusCodes } from "@sluice/errors";
import { type Address, connectClient, type Handlers, milvus, okStatus, openGrpcServer, served } from "@sluice/rpc";

type MilvusHandlers = Partial<Handlers<milvus.MilvusServiceServer>>;

const HOST = "127.0.0.1";
const LONG_MS = 60_000;
let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

function openServer(handlers: MilvusHandlers) {
  const services = [served<milvus.MilvusServiceServer>(milvus.MilvusServiceService, handlers)];
  return cleanup.use(openGrpcServer({ services, stopMs: 10 }));
}

async function serve(handlers: MilvusHandlers): Promise<string> {
  return openServer(handlers).listen(HOST, 0);
}

function connect(address: Address) {
  return cleanup.use(connectClient(milvus.MilvusServiceClient, address));
}

const version = (text: string): MilvusHandlers => ({ getVersion: () => ({ status: okStatus(), version: text }) });
/** Never answers. */
const silent: MilvusHandlers = { getVersion: () => new Promise(() => {}) };

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST);
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe("an answer", () => {
  it("comes as a promise", async () => {
    const client = connect(await serve(version("7")));
    expect(await client.getVersion({})).toMatchObject({ version: "7" });
  });

  it("with a failing Status is an answer: who asks decides", async () => {
    const client = connect(await serve({}));
    expect(await client.getVersion({})).toMatchObject({ status: { code: statusCodes.unimplemented } });
  });
});

describe("a call", () => {
  it("carries metadata, which stay as they are", async () => {
    const seen: unknown[] = [];
    const client = connect(
      await serve({
        getVersion: (_request, { metadata }) => {
          seen.push(...metadata.get("dbname"));
          return { status: okStatus(), version: "" };
        },
      }),
    );
    const metadata = new Metadata();
    metadata.set("dbname", "books");
    await client.getVersion({}, { metadata });
    expect(seen).toEqual(["books"]);
    expect(metadata.getOptions()).toEqual({});
  });

  it("waits for a server that starts later", async () => {
    const port = await freePort();
    const call = connect(`${HOST}:${port}`).getVersion({}, { deadlineMs: LONG_MS });
    await openServer(version("late")).listen(HOST, port);
    expect(await call).toMatchObject({ version: "late" });
  });

  it("has its time also when the wall clock is set meanwhile", async () => {
    const port = await freePort();
    const call = connect(`${HOST}:${port}`).getVersion({}, { deadlineMs: LONG_MS });
    const found = connect(() => Promise.resolve({ address: `${HOST}:${port}`, gone: new AbortController().signal }));
    const foundCall = found.getVersion({}, { deadlineMs: LONG_MS });
    await sleep(50);
    const clock = jest
      .spyOn(Date, "now")
      .mockImplementation(() => performance.timeOrigin + performance.now() + 3_600_000);
    cleanup.defer(() => clock.mockRestore());
    await sleep(300);
    await openServer(version("late")).listen(HOST, port);
    expect(await Promise.all([call, foundCall])).toMatchObject([{ version: "late" }, { version: "late" }]);
  });

  it("finds a restarted server", async () => {
    const first = openServer(version("1"));
    const address = await first.listen(HOST, 0);
    const client = connect(address);
    await client.getVersion({});
    await first[Symbol.asyncDispose]();
    await openServer(version("2")).listen(HOST, Number(address.split(":")[1]));
    expect(await client.getVersion({}, { deadlineMs: LONG_MS })).toMatchObject({ version: "2" });
  });

  it("fails at its deadline when no answer comes", async () => {
    const client = connect(await serve(silent));
    const error = await client.getVersion({}, { deadlineMs: 50 }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(StatusError);
    expect(error).toMatchObject({ code: statusCodes.notReady, cause: { code: grpcStatus.DEADLINE_EXCEEDED } });
    expect(error.message).toMatch(/^service not ready: getVersion: /);
  });

  it("fails at its deadline when nobody listens", async () => {
    const client = connect(`${HOST}:${await freePort()}`);
    await expect(client.getVersion({}, { deadlineMs: 50 })).rejects.toMatchObject({ code: statusCodes.notReady });
  });

  it("to a server without its service is not implemented", async () => {
    const server = cleanup.use(openGrpcServer({ services: [] }));
    const client = connect(await server.listen(HOST, 0));
    await expect(client.getVersion({})).rejects.toMatchObject({ code: statusCodes.unimplemented });
  });

  it("after the client was closed is refused", async () => {
    const client = connect(await serve(version("1")));
    await client.getVersion({});
    client[Symbol.dispose]();
    await expect(client.getVersion({})).rejects.toMatchObject({ code: statusCodes.notReady });
  });
});

describe("a signal", () => {
  it("ends a call that waits for its answer, on both sides", async () => {
    const entered = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const client = connect(
      await serve({
        getVersion: (_request, call) => {
          call.on("cancelled", () => cancelled.resolve());
          entered.resolve();
          return new Promise(() => {});
        },
      }),
    );
    const abort = new AbortController();
    const call = client.getVersion({}, { signal: abort.signal, deadlineMs: LONG_MS });
    await entered.promise;
    abort.abort(new Error("no longer wanted"));
    await expect(call).rejects.toThrow("no longer wanted");
    await cancelled.promise;
  });

  it.each<[name: string, address: Address]>([
    ["a connection", `${HOST}:1`],
    ["an address", () => new Promise(() => {})],
  ])("ends a call that waits for %s", async (_name, address) => {
    const abort = new AbortController();
    const call = connect(address).getVersion({}, { signal: abort.signal, deadlineMs: LONG_MS });
    abort.abort(new Error("no longer wanted"));
    await expect(call).rejects.toThrow("no longer wanted");
  });

  it("that is over already lets no call begin", async () => {
    let calls = 0;
    const client = connect(
      await serve({
        getVersion: () => {
          calls++;
          return { status: okStatus(), version: "" };
        },
      }),
    );
    await expect(client.getVersion({}, { signal: AbortSignal.abort(new Error("over")) })).rejects.toThrow("over");
    await client.getVersion({});
    expect(calls).toBe(1);
  });
});

describe("an address to be learnt", () => {
  it("is asked for once, at the first call", async () => {
    const address = await serve(version("1"));
    let asked = 0;
    const client = connect(async () => {
      asked++;
      return address;
    });
    expect(asked).toBe(0);
    await Promise.all([client.getVersion({}), client.getVersion({})]);
    await client.getVersion({});
    expect(asked).toBe(1);
  });

  it("is asked for again after it could not be learnt", async () => {
    const address = await serve(version("1"));
    const answers: Promise<string>[] = [Promise.reject(new Error("nobody is registered")), Promise.resolve(address)];
    const client = connect(() => answers.shift() as Promise<string>);
    await expect(client.getVersion({})).rejects.toThrow("nobody is registered");
    expect(await client.getVersion({})).toMatchObject({ version: "1" });
  });

  it("that never comes does not outlast the deadline", async () => {
    const client = connect(() => new Promise(() => {}));
    await expect(client.getVersion({}, { deadlineMs: 20 })).rejects.toMatchObject({
      code: statusCodes.notReady,
      message: "service not ready: getVersion: no process that answers it lives",
    });
  });

  it("that does not come is waited for no longer than is asked for, of all the time of the call", async () => {
    const client = connect(() => new Promise(() => {}));
    const call = client.getVersion({}, { deadlineMs: 60_000, absentMs: 20 });
    await expect(call).rejects.toBeInstanceOf(NobodyAnswersError);
  });
});

describe("a connection that breaks while a call runs", () => {
  /** Drops the connection of the first `failures` calls; answers later ones. */
  async function serveBadly(failures: number) {
    const seen = { calls: 0 };
    const sockets = new Set<Socket>();
    const server = openServer({
      getVersion: () => {
        seen.calls++;
        if (seen.calls > failures) return { status: okStatus(), version: String(seen.calls) };
        for (const socket of sockets) socket.destroy();
        return new Promise(() => {});
      },
    });
    const listener: Server = createServer((socket) => {
      sockets.add(socket.on("close", () => sockets.delete(socket)));
      server.inject(socket);
    });
    cleanup.adopt(listener.listen(0, HOST), (open) => void open.close());
    await once(listener, "listening");
    return { seen, client: connect(`${HOST}:${(listener.address() as AddressInfo).port}`) };
  }

  it("makes the call again, as often as it takes", async () => {
    const { client } = await serveBadly(3);
    expect(await client.getVersion({}, { deadlineMs: LONG_MS })).toMatchObject({ version: "4" });
  });

  it("fails the call at its deadline", async () => {
    const { client } = await serveBadly(1000);
    const call = client.getVersion({}, { deadlineMs: 1500 });
    await expect(call).rejects.toMatchObject({ code: statusCodes.notReady, cause: { code: grpcStatus.UNAVAILABLE } });
  });

  it("says why the call could not be made, also where the last try had no time to learn it", async () => {
    let calls = 0;
    const now = performance.now.bind(performance);
    const away = () => {
      // A pause before the last try, and half of one for it, are left.
      const clock = jest.spyOn(performance, "now").mockImplementation(() => now() + LONG_MS - 150);
      cleanup.defer(() => clock.mockRestore());
      throw new NotLeadingError("rootcoord");
    };
    const address = await serve({ getVersion: () => (++calls === 1 ? away() : new Promise<never>(() => {})) });
    const call = connect(address).getVersion({}, { deadlineMs: LONG_MS });
    await expect(call).rejects.toMatchObject({ code: statusCodes.notReady, cause: { code: grpcStatus.UNAVAILABLE } });
  });
});

describe("peers that are found", () => {
  const found = (addresses: readonly string[], gone = addresses.map(() => new AbortController())) => {
    let turn = 0;
    const address = async () => {
      const alive = addresses.map((_, i) => i).filter((i) => !gone[i].signal.aborted);
      const i = alive[turn++ % alive.length];
      return { address: addresses[i], gone: gone[i].signal };
    };
    return { gone, client: cleanup.use(connectClient(milvus.MilvusServiceClient, address)) };
  };

  it("are called in turn", async () => {
    const { client } = found([await serve(version("a")), await serve(version("b"))]);
    const versions = [];
    for (let i = 0; i < 4; i++) versions.push((await client.getVersion({})).version);
    expect(versions.sort()).toEqual(["a", "a", "b", "b"]);
  });

  it("that do not listen are passed over", async () => {
    const { client } = found([`${HOST}:${await freePort()}`, await serve(version("b"))]);
    for (let i = 0; i < 3; i++)
      expect(await client.getVersion({}, { deadlineMs: LONG_MS })).toMatchObject({ version: "b" });
  });

  it("that are known to be gone are waited for no longer", async () => {
    const entered = Promise.withResolvers<void>();
    const frozen = await serve({
      getVersion: () => {
        entered.resolve();
        return new Promise<never>(() => {});
      },
    });
    const { client, gone } = found([frozen, await serve(version("b"))]);
    const call = client.getVersion({}, { deadlineMs: LONG_MS });
    await entered.promise;
    gone[0].abort();
    expect(await call).toMatchObject({ version: "b" });
  });

  it("that lead no more are asked again", async () => {
    let calls = 0;
    const handlers = {
      getVersion: () => {
        if (++calls < 3) throw new NotLeadingError("rootcoord");
        return { status: okStatus(), version: "leader" };
      },
    };
    const { client } = found([await serve(handlers)]);
    expect(await client.getVersion({}, { deadlineMs: LONG_MS })).toMatchObject({ version: "leader" });
  });
});
