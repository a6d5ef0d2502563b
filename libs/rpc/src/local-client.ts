import {
  type CallOptions,
  type ClientUnaryCall,
  status as grpcStatus,
  type Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { releaseMemory } from "@sluice/async";
import { type LocalCall, localServerAt } from "./local-server.ts";
import { GrpcError } from "./served-methods.ts";

type AnyMethod = MethodDefinition<object, object>;
type Callback = (error: ServiceError | null, response?: object) => void;

/** Calls a server of this process as a generated client calls one over a connection: with the same methods, codes and deadlines. */
export class LocalClient {
  /** @param address `process:NAME/NUMBER` */
  constructor(address: string, service: ServiceDefinition) {
    for (const [name, method] of Object.entries(service))
      Object.defineProperty(this, name, {
        value: (request: object, metadata: Metadata, options: Partial<CallOptions>, callback: Callback) =>
          startCall(address, method, { request, metadata, options }, callback),
      });
  }

  /** Nothing is open. */
  close(): void {}
}

interface Given {
  readonly request: object;
  readonly metadata: Metadata;
  readonly options: Partial<CallOptions>;
}

function startCall(
  address: string,
  method: AnyMethod,
  given: Given,
  callback: Callback,
): Pick<ClientUnaryCall, "cancel"> {
  let running: LocalCall | undefined;
  let hasEnded = false;
  const end: Callback = (error, response) => {
    if (hasEnded) return;
    hasEnded = true;
    clearTimeout(timer);
    callback(error, response);
  };
  const breakOff = (code: grpcStatus, words: string) => {
    end(errorOf(new GrpcError(code, words)));
    running?.cancel();
  };
  const leftMs = Number(given.options.deadline ?? Number.POSITIVE_INFINITY) - Date.now();
  const timer = setTimeout(() => breakOff(grpcStatus.DEADLINE_EXCEEDED, "Deadline exceeded"), Math.min(leftMs, MAX_MS));
  answerOf(address, method, given, (call) => (running = call)).then(
    (response) => end(null, response),
    (error) => end(errorOf(error)),
  );
  return { cancel: () => breakOff(grpcStatus.CANCELLED, "Cancelled on client") };
}

/** The longest that a timer takes. */
const MAX_MS = 2 ** 31 - 1;

async function answerOf(
  address: string,
  method: AnyMethod,
  { request, metadata }: Given,
  begun: (call: LocalCall) => void,
): Promise<object> {
  const bytes = method.requestSerialize(request);
  const answer = await localServerAt(address).call(method.path, bytes, metadata, begun);
  // Who was called has read it into memory of its own.
  if (!(request instanceof Uint8Array)) releaseMemory(bytes);
  return method.responseDeserialize(answer);
}

function errorOf(error: unknown): ServiceError {
  const { code, message } = error instanceof GrpcError ? error : { code: grpcStatus.INTERNAL, message: String(error) };
  return Object.assign(new Error(message), { code, details: message }) as ServiceError;
}
