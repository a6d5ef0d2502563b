import { EventEmitter } from "node:events";
import { status as grpcStatus, type Metadata } from "@grpc/grpc-js";
import { type CallOfHandler, GrpcError, type ServedMethod } from "./served-methods.ts";

// Calls between services of one process, without a socket, frames or headers: a message is serialized and read again, so that
// neither side sees an object of the other one, and nothing else. Of the CPU of a call that is a fifth.

const SCHEME = "process:";

export function isWithinProcess(address: string): boolean {
  return address.startsWith(SCHEME);
}

/** By address. */
const servers = new Map<string, LocalServer>();
let opened = 0;

/** A call as a handler sees it. */
export class LocalCall extends EventEmitter implements CallOfHandler {
  readonly request: object;
  readonly metadata: Metadata;
  cancelled = false;

  constructor(request: object, metadata: Metadata) {
    super();
    this.request = request;
    this.metadata = metadata;
  }

  /** Nobody waits for the answer any more. */
  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.emit("cancelled", "cancelled");
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
  readonly #running = new Map<LocalCall, (error: GrpcError) => void>();
  #address: string | undefined;
  #onIdle: (() => void) | undefined;

  add(methods: Iterable<ServedMethod>): void {
    for (const method of methods) this.#methods.set(method.definition.path, method);
  }

  /** @param host `process:NAME` @returns an address that nobody else has */
  listen(host: string): string {
    this.#address = `${host}/${++opened}`;
    servers.set(this.#address, this);
    return this.#address;
  }

  /**
   * @param begun is given the call, which it may cancel
   * @throws {GrpcError} as a server answers over a connection
   */
  async call(path: string, bytes: Buffer, metadata: Metadata, begun: (call: LocalCall) => void): Promise<Buffer> {
    const method = this.#methods.get(path);
    if (!method) throw new GrpcError(grpcStatus.UNIMPLEMENTED, `the server does not know ${path}`);
    const call = new LocalCall(method.definition.requestDeserialize(bytes), metadata);
    begun(call);
    const stopped = Promise.withResolvers<never>();
    this.#running.set(call, stopped.reject);
    try {
      return method.definition.responseSerialize(await Promise.race([method.answer(call), stopped.promise]));
    } finally {
      this.#running.delete(call);
      if (this.#running.size === 0) this.#onIdle?.();
    }
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
    for (const [call, reject] of this.#running) {
      call.cancel();
      reject(new GrpcError(grpcStatus.UNAVAILABLE, "the server has stopped"));
    }
  }
}
