import { readFile, stat } from "node:fs/promises";
import type { Socket } from "node:net";
import { createServer, type Server, TLSSocket } from "node:tls";
import { SettingsError } from "@sluice/config";
import type { Logger } from "@sluice/telemetry";
import type { ProxySettings } from "./settings.ts";

/** How often the files are looked at: certificates that are renewed need no restart. */
const RELOAD_MS = 10_000;
/** How long a handshake may take. */
const HANDSHAKE_MS = 10_000;

type TlsSettings = Pick<ProxySettings, "tlsCert" | "tlsKey" | "tlsClientCa">;

/** Connections that begin with TLS: taken over, and handed on as what is inside of them. */
export class TlsDoor implements Disposable {
  readonly #settings: TlsSettings;
  readonly #log: Logger;
  readonly #inside: (socket: Socket) => void;
  readonly #server: Server;
  readonly #timer: NodeJS.Timeout;
  #version = "";
  #isTold = false;

  private constructor(settings: TlsSettings, log: Logger, inside: (socket: Socket) => void) {
    this.#settings = settings;
    this.#log = log;
    this.#inside = inside;
    this.#server = this.#newServer();
    this.#timer = setInterval(() => void this.#reload(), RELOAD_MS).unref();
  }

  /**
   * @param inside takes a connection when its handshake is done
   * @throws {SettingsError} for a certificate, key or authority that cannot be used
   */
  static async open(settings: TlsSettings, log: Logger, inside: (socket: Socket) => void): Promise<TlsDoor> {
    const { tlsCert, tlsKey, tlsClientCa } = settings;
    if ((tlsCert === undefined) !== (tlsKey === undefined))
      throw new SettingsError(["settings tls-cert and tls-key: give both, or none"]);
    if (tlsClientCa !== undefined && tlsCert === undefined)
      throw new SettingsError(["setting tls-client-ca: it needs tls-cert and tls-key"]);
    const door = new TlsDoor(settings, log, inside);
    try {
      await door.#load();
    } catch (error) {
      door[Symbol.dispose]();
      throw new SettingsError([`settings tls-cert, tls-key, tls-client-ca: ${(error as Error).message}`]);
    }
    return door;
  }

  #newServer(): Server {
    const asksClients = this.#settings.tlsClientCa !== undefined;
    const server = createServer({
      ...{ ALPNProtocols: ["h2", "http/1.1"], minVersion: "TLSv1.2", handshakeTimeout: HANDSHAKE_MS },
      ...{ requestCert: asksClients, rejectUnauthorized: asksClients },
    });
    // Peers that break off, or do not trust us, are of no interest.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return server.on("secureConnection", (socket) => this.#inside(socket));
  }

  accept(socket: Socket): void {
    // There is no TLS inside of TLS.
    if (this.#version === "" || socket instanceof TLSSocket) this.#refuse(socket);
    else this.#server.emit("connection", socket);
  }

  #refuse(socket: Socket): void {
    if (!this.#isTold) this.#log.warn("TLS is asked for, and no certificate is given: settings tls-cert and tls-key");
    this.#isTold = true;
    socket.destroy();
  }

  async #load(): Promise<void> {
    const { tlsCert, tlsKey, tlsClientCa } = this.#settings;
    if (tlsCert === undefined || tlsKey === undefined) return;
    const files = [tlsCert, tlsKey, ...(tlsClientCa === undefined ? [] : [tlsClientCa])];
    const version = (await Promise.all(files.map((file) => stat(file)))).map(({ mtimeMs }) => mtimeMs).join();
    if (version === this.#version) return;
    const [cert, key, ca] = await Promise.all(files.map((file) => readFile(file)));
    this.#server.setSecureContext({ cert, key, ca, minVersion: "TLSv1.2" });
    this.#version = version;
  }

  /** Files that are being replaced may not fit each other for a moment: the ones before go on. */
  async #reload(): Promise<void> {
    const before = this.#version;
    await this.#load().catch((error) => this.#log.warn("the certificate cannot be read anew", { err: error }));
    if (before !== this.#version) this.#log.info("the certificate was read anew");
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
