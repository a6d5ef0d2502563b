import { execFile } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { promisify } from "node:util";
import type { MetaStore } from "@sluice/metastore";
import { findProgram } from "../support/find-program.ts";
import type { EtcdServer } from "../support/servers.ts";

const run = promisify(execFile);

/** What etcdctl prints. */
export async function etcdctl({ url }: Pick<EtcdServer, "url">, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, ETCDCTL_API: "3" };
  return (await run(findProgram("etcdctl") as string, ["--endpoints", url, ...args], { env })).stdout;
}

/** Without a guard: whatever was there. */
export const put = (store: MetaStore, key: string, value: string) =>
  store.commit({ guards: [], writes: [{ key, value }] });

/** Without a guard: nothing is wrong where there is none. */
export const remove = (store: MetaStore, key: string) =>
  store.commit({ guards: [], writes: [{ key, value: undefined }] });

interface Pipe {
  readonly client: Socket;
  readonly server: Socket;
  losesAnswers: boolean;
  /** Requests that are under way for long. */
  late: Buffer[] | undefined;
}

/** A network between a store and etcd that loses answers, delays requests and breaks, as the test says. */
export class Network implements AsyncDisposable {
  readonly #listener: Server;
  readonly #targetPort: number;
  readonly #pipes = new Set<Pipe>();
  #isDown = false;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = createServer((client) => this.#accept(client));
  }

  /** In front of an etcd server, without faults at first. */
  static async open({ url }: Pick<EtcdServer, "url">): Promise<Network> {
    const network = new Network(Number(new URL(url).port));
    await once(network.#listener.listen(0, "127.0.0.1"), "listening");
    return network;
  }

  /** Of the network, for a store to connect to. */
  get url(): string {
    const address = this.#listener.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  /** Connections of now: requests pass, answers do not. */
  loseAnswers(): void {
    for (const pipe of this.#pipes) pipe.losesAnswers = true;
  }

  /** Connections of now: nothing passes; what is sent arrives when the returned function is called. */
  delayRequests(): () => void {
    const pipes = [...this.#pipes];
    for (const pipe of pipes) {
      pipe.losesAnswers = true;
      pipe.late = [];
    }
    return () => {
      for (const { server, late = [] } of pipes) for (const data of late) server.write(data);
    };
  }

  /** Breaks all connections; while it is down new ones are refused. */
  break({ isDown = false } = {}): void {
    this.#isDown = isDown;
    for (const { client, server } of this.#pipes) for (const socket of [client, server]) socket.destroy();
    this.#pipes.clear();
  }

  /** New connections reach etcd again. */
  repair(): void {
    this.#isDown = false;
  }

  #accept(client: Socket): void {
    if (this.#isDown) {
      client.destroy();
      return;
    }
    const server = createConnection(this.#targetPort, "127.0.0.1");
    const pipe: Pipe = { client, server, losesAnswers: false, late: undefined };
    this.#pipes.add(pipe);
    client.on("data", (data) => {
      if (pipe.late) pipe.late.push(data);
      else server.write(data);
    });
    server.on("data", (data) => pipe.losesAnswers || client.write(data));
    for (const socket of [client, server]) socket.on("error", () => socket.destroy());
    // A client that gives a connection up does not take back what is under way on it.
    client.on("close", () => pipe.late || server.destroy());
    server.on("close", () => client.destroy());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.break({ isDown: true });
    await new Promise((resolve) => this.#listener.close(resolve));
  }
}
