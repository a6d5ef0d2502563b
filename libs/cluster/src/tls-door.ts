import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { Socket } from "node:net";
import { createServer, type Server, TLSSocket } from "node:tls";
import type { Logger } from "@sluice/telemetry";

/** How often the files are looked at: certificates that are renewed need no restart. */
const RELOAD_MS = 10_000;
/** How long a handshake may take. */
const HANDSHAKE_MS = 10_000;

/** Files in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Authorities, one of which must have signed what clients show; without, nobody is asked. */
  readonly clientCa?: string | undefined;
}

type OnRefused = (socket: Socket, reason: string) => void;

/** Who takes connections, and what is told of them. */
export interface TlsDoorOptions {
  readonly log: Logger;
  /** Takes a connection when its handshake is done. */
  readonly inside: (socket: TLSSocket) => void;
  /** Told of each whose handshake fails: it speaks no TLS, or shows no certificate that is trusted. */
  readonly onRefused?: OnRefused;
  /** For tests: 10 s unless given. */
  readonly reloadMs?: number;
}

/** Connections that begin with TLS: taken over, and handed on as what is inside of them. */
export class TlsDoor implements Disposable {
  readonly #files: TlsFiles | undefined;
  readonly #options: TlsDoorOptions;
  readonly #server: Server;
  readonly #timer: NodeJS.Timeout;
  #version = "";
  #isTold = false;

  private constructor(files: TlsFiles | undefined, options: TlsDoorOptions) {
    this.#files = files;
    this.#options = options;
    this.#server = this.#newServer();
    this.#timer = setInterval(() => void this.#reload(), options.reloadMs ?? RELOAD_MS).unref();
  }

  /**
   * @param files undefined: there is no certificate, and whoever asks for TLS is refused
   * @throws {Error} for a certificate, key or authority that cannot be used
   */
  static async open(files: TlsFiles | undefined, options: TlsDoorOptions): Promise<TlsDoor> {
    const door = new TlsDoor(files, options);
    try {
      await door.#load();
      return door;
    } catch (error) {
      door[Symbol.dispose]();
      throw error;
    }
  }

  #newServer(): Server {
    const asksClients = this.#files?.clientCa !== undefined;
    const server = createServer({
      // HTTP/2 is gRPC's alone, whose clients offer nothing else: browsers, curl and others offer both, and mean REST and the console.
      ...{ ALPNProtocols: ["http/1.1", "h2"], minVersion: "TLSv1.2", handshakeTimeout: HANDSHAKE_MS },
      ...{ requestCert: asksClients, rejectUnauthorized: asksClients },
    });
    server.on("tlsClientError", (error, socket) => {
      this.#options.onRefused?.(socket, error.message);
      socket.destroy();
    });
    return server.on("secureConnection", (socket) => this.#options.inside(socket));
  }

  /** A connection that has begun a handshake; broken off where there is no certificate. */
  accept(socket: Socket): void {
    // There is no TLS inside of TLS.
    if (this.#version === "" || socket instanceof TLSSocket) this.#refuse(socket);
    else this.#server.emit("connection", socket);
  }

  #refuse(socket: Socket): void {
    if (!this.#isTold)
      this.#options.log.warn("TLS is asked for, and no certificate is given: settings tls-cert and tls-key");
    this.#isTold = true;
    socket.destroy();
  }

  async #load(): Promise<void> {
    if (!this.#files) return;
    const { cert: certFile, key: keyFile, clientCa } = this.#files;
    const files = [certFile, keyFile, ...(clientCa === undefined ? [] : [clientCa])];
    const version = (await Promise.all(files.map((file) => stat(file)))).map(versionOf).join();
    if (version === this.#version) return;
    const [cert, key, ca] = await Promise.all(files.map((file) => readFile(file)));
    this.#server.setSecureContext({ cert, key, ca, minVersion: "TLSv1.2" });
    this.#version = version;
  }

  /** Files that are being replaced may not fit each other for a moment: the ones before go on. */
  async #reload(): Promise<void> {
    const before = this.#version;
    await this.#load().catch((error) => this.#options.log.warn("the certificate cannot be read anew", { err: error }));
    if (before !== this.#version) this.#options.log.info("the certificate was read anew");
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Of its content: a file that takes the place of another one may have its time, which the system counts in steps of milliseconds. */
function versionOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [ino, size, mtimeMs, ctimeMs].join(":");
}
