import { setImmediate as immediate } from "node:timers/promises";
import { status as grpcStatus, type MethodDefinition, type ServiceDefinition } from "@grpc/grpc-js";
import { giveSpareMemory } from "@sluice/async";
import { armLater, type Late } from "./arm-later.ts";
import { LocalCall, localServerAt } from "./local-server.ts";
import { isLong } from "./message-bytes.ts";
import { type CallOfHandler, GrpcError } from "./served-methods.ts";

type AnyMethod = MethodDefinition<object, object>;

/** The longest that a timer takes. */
const MAX_MS = 2 ** 31 - 1;

interface LocalCallSettings {
  readonly metadata: CallOfHandler["metadata"];
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
  /** Aborts when the peer is known to be gone. */
  readonly gone: AbortSignal | undefined;
}

/** Calls a server of this process, with the codes and deadlines of one over a connection. */
export class LocalClient {
  readonly #address: string;
  readonly #service: ServiceDefinition;

  /** @param address `process:NAME/NUMBER` */
  constructor(address: string, service: ServiceDefinition) {
    this.#address = address;
    this.#service = service;
  }

  /** @throws {GrpcError} as a server answers over a connection; DEADLINE_EXCEEDED, CANCELLED */
  async call(name: string, request: object, settings: LocalCallSettings): Promise<object> {
    const method = this.#service[name] as AnyMethod;
    const bytes = method.requestSerialize(request);
    const call = new LocalCall(settings.metadata);
    using ends = new Ends(call, settings);
    if (settings.signal?.aborted || settings.gone?.aborted) ends.cancel();
    else armLater(ends);
    const server = localServerAt(this.#address);
    if (isLong(bytes)) await immediate();
    const answer = await server.answer(method.path, bytes, call);
    // Who was called has read it into memory of its own.
    if (!(request instanceof Uint8Array)) giveSpareMemory(bytes);
    return method.responseDeserialize(answer);
  }

  /** Nothing is open. */
  close(): void {}
}

/** How a call ends before it is answered. */
class Ends implements Late, Disposable {
  hasEnded = false;
  readonly #call: LocalCall;
  readonly #settings: LocalCallSettings;
  readonly #startedMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(call: LocalCall, settings: LocalCallSettings) {
    this.#call = call;
    this.#settings = settings;
  }

  arm(): void {
    const { limitMs, signal, gone } = this.#settings;
    const leftMs = Math.min(this.#startedMs + limitMs - performance.now(), MAX_MS);
    this.#timer = setTimeout(() => this.#breakOff(grpcStatus.DEADLINE_EXCEEDED, "Deadline exceeded"), leftMs);
    for (const ending of [signal, gone]) ending?.addEventListener("abort", this.cancel);
    if (signal?.aborted || gone?.aborted) this.cancel();
  }

  readonly cancel = (): void => {
    const code = this.#settings.gone?.aborted ? grpcStatus.UNAVAILABLE : grpcStatus.CANCELLED;
    this.#breakOff(code, "the call was broken off");
  };

  #breakOff(code: grpcStatus, words: string): void {
    this.#call.breakOff(new GrpcError(code, words));
  }

  [Symbol.dispose](): void {
    this.hasEnded = true;
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    const { signal, gone } = this.#settings;
    for (const ending of [signal, gone]) ending?.removeEventListener("abort", this.cancel);
  }
}
