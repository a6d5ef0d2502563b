import { createServer, type Server, type Socket } from "node:net";

/** First bytes of every HTTP/2 connection, and so of gRPC. Source: RFC 9113 §3.4. */
const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2.0\r\n");
/** How long a fresh connection may stay silent before it is taken for gRPC, whose clients may wait to be spoken to. */
const SILENCE_MS = 2000;

export interface PortMuxTargets {
  readonly grpc: (socket: Socket) => void;
  readonly http: (socket: Socket) => void;
}

/** One listening socket for gRPC and HTTP/1.1: the first bytes decide. */
export class PortMux implements AsyncDisposable {
  readonly #server: Server = createServer({ noDelay: true, keepAlive: true });
  readonly #sockets = new Set<Socket>();

  /** Resolves to the port; 0 takes a free one. @throws when the port is taken */
  listen(host: string, port: number, targets: PortMuxTargets): Promise<number> {
    this.#server.on("connection", (socket) => this.#accept(socket, targets));
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
    const decide = (isGrpc: boolean) => {
      clearTimeout(timer);
      socket.off("readable", look).off("error", ignore);
      if (socket.destroyed) return;
      if (isGrpc) targets.grpc(socket);
      else targets.http(socket);
    };
    const look = () => {
      const bytes: Buffer | null = socket.read();
      if (!bytes) return;
      socket.unshift(bytes);
      const known = Math.min(bytes.length, HTTP2_PREFACE.length);
      decide(bytes.subarray(0, known).equals(HTTP2_PREFACE.subarray(0, known)));
    };
    const timer = setTimeout(() => decide(true), SILENCE_MS);
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
