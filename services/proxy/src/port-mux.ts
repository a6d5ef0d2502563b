import { createServer, type Server, type Socket } from "node:net";
import { UPLOAD_BUCKET } from "./volumes/volume-views.ts";

type Kind = "grpc" | "http" | "uploads" | "tls";

/** First bytes of every HTTP/2 connection, and so of gRPC. No method of HTTP/1.1 begins like that. Source: RFC 9113 §3.4. */
const HTTP2_PREFACE = Buffer.from("PRI ");
/** A record of TLS that holds a handshake, of any version. Source: RFC 8446 §5.1. */
const TLS_HANDSHAKE = Buffer.from([0x16, 0x03]);
/** How long a connection may say nothing, or not enough to know what it speaks. Pools of clients connect ahead. */
const SILENCE_MS = 60_000;
/** Connections at once. Each costs a descriptor, of which a process often has no more than 1024 times 64. */
const MAX_CONNECTIONS = 8192;

/** Who gets a connection, by the first bytes that come over it. */
export interface PortMuxTargets {
  readonly grpc: (socket: Socket) => void;
  readonly http: (socket: Socket) => void;
  /** S3 clients: their requests begin with the bucket of volumes. */
  readonly uploads: (socket: Socket) => void;
  readonly tls: (socket: Socket) => void;
  /** A connection was refused: there are too many. */
  readonly onRefused?: () => void;
}

/** For tests: other bounds. */
export interface PortMuxBounds {
  readonly silenceMs?: number;
  readonly maxConnections?: number;
}

/** One listening socket for gRPC, HTTP/1.1, uploads and TLS: the first bytes decide, however they are cut into packets. */
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
    this.#server.on("connection", (socket) => this.accept(socket, targets));
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

  /** Finds out what a connection speaks, from its first byte on: one of the port's, or what was inside of another one. */
  accept(socket: Socket, targets: PortMuxTargets): void {
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
      const kind = kindOf(first);
      if (kind === undefined) return;
      socket.unshift(first);
      clearTimeout(timer);
      socket.off("readable", look).off("error", ignore);
      targets[kind](socket);
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

function uploads(beginning: string): readonly [Kind, Buffer] {
  return ["uploads", Buffer.from(beginning)];
}

/** What each kind of connection begins with; whatever begins otherwise is HTTP. */
const BEGINNINGS: readonly (readonly [kind: Kind, beginning: Buffer])[] = [
  ["grpc", HTTP2_PREFACE],
  ["tls", TLS_HANDSHAKE],
  ...["PUT", "POST", "GET", "HEAD", "DELETE"].map((method) => uploads(`${method} /${UPLOAD_BUCKET}`)),
  // The files API, which has no other PUT.
  ...["/v2/volumes/", "/v2/stages/"].map((path) => uploads(`PUT ${path}`)),
];

/** Undefined while the bytes that there are may go on in two ways: `P` as `PRI`, `PUT` and `POST`. */
function kindOf(bytes: Buffer): Kind | undefined {
  for (const [kind, beginning] of BEGINNINGS) {
    const known = Math.min(bytes.length, beginning.length);
    if (!bytes.subarray(0, known).equals(beginning.subarray(0, known))) continue;
    return known === beginning.length ? kind : undefined;
  }
  return "http";
}
