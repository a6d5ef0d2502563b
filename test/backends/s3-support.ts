import { createServer, type Server, Socket } from "node:net";
import { describe } from "@jest/globals";
import { S3ObjectStore, type S3Options } from "@sluice/object-store";
import { describeWith } from "../support/needs.ts";
import { startSeaweedFs } from "../support/servers.ts";

// Suites on S3 run on SeaweedFS of their own, or on any server by SLUICE_TEST_S3_ENDPOINT (http://host:port),
// SLUICE_TEST_S3_ACCESS_KEY and SLUICE_TEST_S3_SECRET_KEY.

const { SLUICE_TEST_S3_ENDPOINT: given, SLUICE_TEST_S3_ACCESS_KEY, SLUICE_TEST_S3_SECRET_KEY } = process.env;

/** `describe` of a suite on that server. */
export const describeWithS3 = given === undefined ? describeWith("weed") : describe;

/** An S3 server with a bucket; disposing ends it and the stores that were opened. */
export interface S3Fixture extends AsyncDisposable {
  readonly options: S3Options;
  /** A store in a folder of its own. */
  open(more?: Partial<S3Options>): Promise<S3ObjectStore>;
}

/** A server with an empty bucket; short waits, so that what fails fails soon. */
export async function startS3(): Promise<S3Fixture> {
  const server = given === undefined ? await startSeaweedFs() : undefined;
  const options: S3Options = {
    endpoint: given ?? server?.endpoint,
    region: "us-east-1",
    bucket: `sluice-test-${Date.now().toString(36)}`,
    prefix: "",
    pathStyle: true,
    credentials: {
      accessKeyId: SLUICE_TEST_S3_ACCESS_KEY ?? server?.accessKeyId ?? "",
      secretAccessKey: SLUICE_TEST_S3_SECRET_KEY ?? server?.secretAccessKey ?? "",
    },
    checksums: "crc32",
    maxSockets: 32,
    idleMs: 10_000,
    patienceMs: 20_000,
  };
  await using store = await S3ObjectStore.open(options);
  await store.createBucket();
  let folders = 0;
  return {
    options,
    open: (more = {}) => S3ObjectStore.open({ ...options, prefix: `folder/${++folders}`, ...more }),
    [Symbol.asyncDispose]: async () => server?.[Symbol.asyncDispose](),
  };
}

/** What happens to one request, once. */
export interface Fault {
  /** Of the first line of the request: `/^PUT .*partNumber=2/`. */
  readonly on: RegExp;
  /**
   * `cut`: the connection ends after so many bytes of the answer; `stall`: nothing more comes after them. `corrupt`: one
   * byte of the request's body is another. `answer`: the server is not asked.
   */
  readonly does: "cut" | "stall" | "corrupt" | "answer";
  readonly afterBytes?: number;
  readonly status?: number;
  /** Of the answer: its header lines and body. */
  readonly head?: string;
  readonly body?: string;
}

/** An S3 error as servers write it. */
export function s3ErrorBody(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>injected ${code}</Message></Error>`;
}

/** A proxy of TCP that knows where requests begin. */
export class FaultProxy implements AsyncDisposable {
  /** Requests that it has seen: first line and range. */
  readonly requests: string[] = [];
  /** Still to come; a request takes the first that is meant for it. */
  readonly faults: Fault[] = [];
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((client) => this.#serve(client));
  }

  /** In front of a server on this machine, without faults at first. @param endpoint its URL */
  static async start(endpoint: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(endpoint));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** URL of the proxy. */
  get endpoint(): string {
    const { port } = this.#server.address() as { port: number };
    return `http://127.0.0.1:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(client: Socket): void {
    const upstream = new Socket().connect(Number(this.#target.port), this.#target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    let fault: Fault | undefined;
    let answered = 0;
    client.on("data", (chunk: Buffer) => {
      const isStart = /^(GET|HEAD|PUT|POST|DELETE) /.test(chunk.toString("latin1", 0, 8));
      if (isStart) {
        fault = this.#take(chunk);
        answered = 0;
      }
      if (fault?.does === "answer") {
        if (isStart) client.end(answerOf(fault));
        return;
      }
      upstream.write(fault?.does === "corrupt" && !isStart ? corrupted(chunk) : chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      const room = fault?.does === "cut" || fault?.does === "stall" ? (fault.afterBytes ?? 0) - answered : chunk.length;
      answered += chunk.length;
      if (room > 0) client.write(chunk.subarray(0, room));
      if (fault?.does === "cut" && room > 0 && room <= chunk.length) client.destroySoon();
      else if (fault?.does === "cut" && room <= 0) client.destroy();
    });
  }

  #take(chunk: Buffer): Fault | undefined {
    const head = chunk.toString("latin1").split("\r\n\r\n", 1)[0];
    const [line] = head.split("\r\n", 1);
    const range = /^range: (.*)$/im.exec(head)?.[1] ?? "";
    this.requests.push(`${line.replace(/ HTTP.*/, "")} ${range}`.trim());
    const index = this.faults.findIndex(({ on }) => on.test(line));
    return index < 0 ? undefined : this.faults.splice(index, 1)[0];
  }
}

function corrupted(chunk: Buffer): Buffer {
  const copy = Buffer.from(chunk);
  copy[copy.length >> 1] ^= 1;
  return copy;
}

function answerOf({ status = 503, head = "", body = "" }: Fault): string {
  const lines = [`HTTP/1.1 ${status} Injected`, "connection: close", `content-length: ${Buffer.byteLength(body)}`];
  return [...lines, ...(head === "" ? [] : [head]), "", body].join("\r\n");
}
