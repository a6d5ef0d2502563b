import { status as grpcStatus, type MethodDefinition, type ServiceDefinition } from "@grpc/grpc-js";
import { releaseMemory } from "@sluice/async";
import { LocalCall, localServerAt } from "./local-server.ts";
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
  async call(name: string, request: object, { metadata, limitMs, signal, gone }: LocalCallSettings): Promise<object> {
    const method = this.#service[name] as AnyMethod;
    const bytes = method.requestSerialize(request);
    const call = new LocalCall(metadata);
    const end = (code: grpcStatus, words: string) => call.breakOff(new GrpcError(code, words));
    const timer = setTimeout(end, Math.min(limitMs, MAX_MS), grpcStatus.DEADLINE_EXCEEDED, "Deadline exceeded");
    const cancel = () => end(gone?.aborted ? grpcStatus.UNAVAILABLE : grpcStatus.CANCELLED, "the call was broken off");
    for (const ending of [signal, gone]) ending?.addEventListener("abort", cancel);
    if (signal?.aborted || gone?.aborted) cancel();
    try {
      const answer = await localServerAt(this.#address).answer(method.path, bytes, call);
      // Who was called has read it into memory of its own.
      if (!(request instanceof Uint8Array)) releaseMemory(bytes);
      return method.responseDeserialize(answer);
    } finally {
      clearTimeout(timer);
      for (const ending of [signal, gone]) ending?.removeEventListener("abort", cancel);
    }
  }

  /** Nothing is open. */
  close(): void {}
}
