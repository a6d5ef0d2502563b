import { status as grpcStatus } from "@grpc/grpc-js";
import { type CallOfHandler, GrpcError, type ServedMethod } from "./served-methods.ts";

// Calls between services of one process, without a socket, frames or headers: a message is serialized and read again, so that
// neither side sees an object of the other one, and nothing else. Of the CPU of a call that is a fifth.

const SCHEME = "process:";

/** Whether a host or an address stands for a server of this process: `process:…`. */
export function isWithinProcess(address: string): boolean {
  return address.startsWith(SCHEME);
}

/** By address. */
const servers = new Map<string, LocalServer>();
let opened = 0;

/** A call as a handler sees it, and how it is broken off. */
export class LocalCall implements CallOfHandler {
  readonly metadata: CallOfHandler["metadata"];
  request: object = {};
  cancelled = false;
  readonly #onCancelled: (() => void)[] = [];
  #breakOff: ((error: GrpcError) => void) | undefined;
  #error: GrpcError | undefined;

  constructor(metadata: CallOfHandler["metadata"]) {
    this.metadata = metadata;
  }

  on(_event: "cancelled", listener: () => void): void {
    this.#onCancelled.push(listener);
  }

  getPeer(): string {
    return "this process";
  }

  /** What a method answers, as bytes, unless the call is broken off before. @param ended told when the one or the other has happened */
  bytesOf({ answer, definition }: ServedMethod, ended: () => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        ended();
        reject(error);
      };
      this.#breakOff = fail;
      if (this.#error) return fail(this.#error);
      answer(this).then((response) => {
        ended();
        try {
          resolve(definition.responseSerialize(response));
        } catch (error) {
          reject(error);
        }
      }, fail);
    });
  }

  /** Nobody waits for the answer any more. */
  breakOff(error: GrpcError): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.#error = error;
    this.#breakOff?.(error);
    for (const listener of this.#onCancelled.splice(0)) listener();
  }
}

/** The server of an address. @throws {GrpcError} UNAVAILABLE when there is none (any more) */
export function localServerAt(address: string): LocalServer {
  const server = servers.get(address);
  if (server) return server;
  throw new GrpcError(grpcStatus.UNAVAILABLE, `nothing serves ${address} in this process`);
}

/** The methods of a server for clients of the same process. */
export class LocalServer {
  readonly #methods = new Map<string, ServedMethod>();
  readonly #running = new Set<LocalCall>();
  #address: string | undefined;
  #onIdle: (() => void) | undefined;

  /** A method of the same path replaces an older one. */
  add(methods: Iterable<ServedMethod>): void {
    for (const method of methods) this.#methods.set(method.definition.path, method);
  }

  /** @param host `process:NAME` @returns an address that nobody else has */
  listen(host: string): string {
    this.#address = `${host}/${++opened}`;
    servers.set(this.#address, this);
    return this.#address;
  }

  /** @throws {GrpcError} as a server answers over a connection */
  answer(path: string, bytes: Buffer, call: LocalCall): Promise<Buffer> {
    const method = this.#methods.get(path);
    if (!method) throw new GrpcError(grpcStatus.UNIMPLEMENTED, `the server does not know ${path}`);
    call.request = method.definition.requestDeserialize(bytes);
    this.#running.add(call);
    return call.bytesOf(method, () => {
      if (this.#running.delete(call) && this.#running.size === 0) this.#onIdle?.();
    });
  }

  /** Takes no more calls. Those that run may go on for so long; then they are broken off. */
  async stop(limitMs: number): Promise<void> {
    if (this.#address === undefined) return;
    servers.delete(this.#address);
    if (this.#running.size === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    const timer = setTimeout(() => this.#breakOff(), limitMs);
    await idle;
    clearTimeout(timer);
  }

  #breakOff(): void {
    for (const call of this.#running) call.breakOff(new GrpcError(grpcStatus.UNAVAILABLE, "the server has stopped"));
  }
}
