import { createServer, type Server, type Socket } from "node:net";

/** First bytes of every HTTP/2 connection, and so of gRPC. No method of HTTP/1.1 begins like that. Source: RFC 9113 §3.4. */
const HTTP2_PREFACE = Buffer.from("PRI ");
/** How long a connection may say nothing, or not enough to know what it speaks. Pools of clients connect ahead. */
const SILENCE_MS = 60_000;
/** Connections at once. Each costs a descriptor, of which a process often has no more than 1024 times 64. */
const MAX_CONNECTIONS = 8192;

export interface PortMuxTargets {
  readonly grpc: (socket: Socket) => void;
  readonly http: (socket: Socket) => void;
  /** A connection was refused: there are too many. */
  readonly onRefused?: () => void;
}

/** For tests: other bounds. */
export interface PortMuxBounds {
  readonly silenceMs?: number;
  readonly maxConnections?: number;
}

/** One listening socket for gRPC and HTTP/1.1: the first bytes decide, however they are cut into packets. */
export class PortMux implements AsyncDisposable {
  readonly #server: Server = createServer({ noDelay: true, keepAlive: true });
  readonly #sockets = new Set<Socket>();
  readonly #silenceMs: number;

  constructor({ silenceMs = SILENCE_MS, maxConnections = MAX_CONNECTIONS }: PortMuxBounds = {}) {
    this.#silenceMs = silenceMs;
    this.#server.maxConnections = maxConnections;
  }

  /** Resolves to the port; 0 takes a free one. @throws when the port is taken */
  listen(host: string, port: number, targets: PortMuxTargets): Promise<number> {
    this.#server.on("connection", (socket) => this.#accept(socket, targets));
    this.#server.on("drop", () => targets.onRefused?.());
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        resolve(typeof address === "object" && address ? address.port : port);
      });
    });
  }

  #accept(socket: Socket, targets: PortMuxTargets): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    const ignore = () => {}; // A peer that resets before it has said anything is of no interest.
    socket.on("error", ignore);
    const timer = setTimeout(() => socket.destroy(), this.#silenceMs);
    socket.on("close", () => clearTimeout(timer));
    let first = Buffer.alloc(0);
    const look = () => {
      const bytes: Buffer | null = socket.read();
      if (!bytes) return;
      // Kept, not put back: what is put back is announced again at once, and for ever.
      first = Buffer.concat([first, bytes]);
      const isGrpc = speaksHttp2(first);
      if (isGrpc === undefined) return;
      socket.unshift(first);
      clearTimeout(timer);
      socket.off("readable", look).off("error", ignore);
      if (isGrpc) targets.grpc(socket);
      else targets.http(socket);
    };
    socket.on("readable", look);
  }

  /** Takes no more connections; those there are go on. */
  stopListening(): void {
    if (this.#server.listening) this.#server.close();
  }

  /** Stops listening and ends what is still connected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stopListening();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Undefined while the bytes that there are begin like both: `P` may go on as `POST`. */
function speaksHttp2(bytes: Buffer): boolean | undefined {
  const known = Math.min(bytes.length, HTTP2_PREFACE.length);
  if (!bytes.subarray(0, known).equals(HTTP2_PREFACE.subarray(0, known))) return false;
  return known === HTTP2_PREFACE.length ? true : undefined;
}
