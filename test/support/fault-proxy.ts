import { createConnection, createServer, type Server, type Socket } from "node:net";

/** What a connection through the proxy meets. */
export type FaultMode =
  | { readonly kind: "pass" }
  /** Every piece of data is so late. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** Connections stand, data does not move. */
  | { readonly kind: "silent" }
  /** Connections are refused, and those that stand are broken. */
  | { readonly kind: "cut" };

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A TCP proxy on loopback in front of a server that can fail in the ways of a network. */
export class FaultProxy implements AsyncDisposable {
  readonly #listener: Server;
  readonly #targetPort: number;
  readonly #pairs = new Set<Pair>();
  #mode: FaultMode = { kind: "pass" };

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = createServer((client) => this.#accept(client));
  }

  /** On a free port of loopback, without a fault at first. */
  static async open(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#listener.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** Of the proxy. */
  get port(): number {
    const address = this.#listener.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  /** From now on, also for connections that are there. */
  set(mode: FaultMode): void {
    this.#mode = mode;
    if (mode.kind === "cut") for (const pair of this.#pairs) drop(pair);
    for (const { client, server } of this.#pairs) {
      for (const socket of [client, server]) {
        if (mode.kind === "silent") socket.pause();
        else socket.resume();
      }
    }
  }

  #accept(client: Socket): void {
    if (this.#mode.kind === "cut") {
      client.destroy();
      return;
    }
    const server = createConnection(this.#targetPort, "127.0.0.1");
    const pair = { client, server };
    this.#pairs.add(pair);
    this.#forward(client, server, pair);
    this.#forward(server, client, pair);
    if (this.#mode.kind === "silent") for (const socket of [client, server]) socket.pause();
  }

  #forward(from: Socket, to: Socket, pair: Pair): void {
    const late: Buffer[] = [];
    from.on("data", (data: Buffer) => {
      const delayMs = this.#mode.kind === "slow" ? this.#mode.delayMs : 0;
      if (delayMs === 0 && late.length === 0) return write(to, data);
      // Whichever comes first writes the oldest piece: what follows slow ones when they are over must not pass them.
      late.push(data);
      setTimeout(() => write(to, late.shift()), delayMs);
    });
    from.on("error", () => drop(pair));
    from.on("close", () => {
      drop(pair);
      this.#pairs.delete(pair);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.set({ kind: "cut" });
    await new Promise((resolve) => this.#listener.close(resolve));
  }
}

function write(to: Socket, data: Buffer | undefined): void {
  if (data && !to.destroyed) to.write(data);
}

function drop({ client, server }: Pair): void {
  client.destroy();
  server.destroy();
}
