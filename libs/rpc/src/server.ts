import type { Duplex } from "node:stream";
import {
  status as grpcStatus,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import type { ByteBudget } from "@sluice/async";
import { isExpected, NotLeadingError, StatusError, statusCodes, unexpectedReason } from "@sluice/errors";
import { type CallObserver, type Logger, withTraceParent } from "@sluice/telemetry";
import { HealthImplementation } from "grpc-health-check";
import type { CountingReader } from "./counting-reader.ts";
import { addReflection } from "./reflection.ts";
import { OverBudget, RequestBytes, requestBudget } from "./request-budget.ts";
import { statusOf } from "./status.ts";

/** Largest message in either direction, as Milvus sets it. */
export const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const STOP_MS = 2000;
/** Header of the W3C that carries a trace from process to process. */
export const TRACE_PARENT = "traceparent";

/** Handlers by method name, as plain async functions. What they throw becomes the answer's Status. */
export type Handlers<S> = {
  [K in keyof S as string extends K ? never : number extends K ? never : K]: S[K] extends handleUnaryCall<
    infer Q,
    infer R
  >
    ? (request: Q, call: ServerUnaryCall<Q, R>) => Promise<R> | R
    : never;
};

/** A service with its handlers. */
export interface ServedService {
  readonly definition: ServiceDefinition;
  readonly handlers: Readonly<Record<string, ((request: never, call: never) => unknown) | undefined>>;
}

/** Pairs a service with handlers, which the compiler checks against it. A method without handler is refused by Status. */
export function served<S>(definition: ServiceDefinition, handlers: Partial<Handlers<S>>): ServedService {
  return { definition, handlers: handlers as ServedService["handlers"] };
}

/** An answer that is serialized already, as a handler may give it: it is sent as it is. */
export function serializedAnswer<R>(bytes: Uint8Array): R {
  return bytes as R;
}

/** Aborts when nobody waits for the answer any more: the client has cancelled the call, lost its connection, or its time is over. */
export function endOf(call: Pick<ServerUnaryCall<unknown, unknown>, "on" | "cancelled">): AbortSignal {
  const ended = new AbortController();
  call.on("cancelled", () => ended.abort());
  if (call.cancelled) ended.abort();
  return ended.signal;
}

/** Thrown by a handler where a client expects a gRPC code rather than a Status: authentication and privileges. */
export class GrpcError extends Error {
  readonly code: grpcStatus;
  constructor(code: grpcStatus, message: string) {
    super(message);
    this.code = code;
  }

  static unauthenticated(message: string): GrpcError {
    return new GrpcError(grpcStatus.UNAUTHENTICATED, message);
  }

  static permissionDenied(message: string): GrpcError {
    return new GrpcError(grpcStatus.PERMISSION_DENIED, message);
  }
}

export interface GrpcServerOptions {
  readonly services: readonly ServedService[];
  /** Offer the descriptors of these services over the reflection service. They are of the public interface. */
  readonly reflection?: boolean;
  /** Gets what handlers throw before it becomes a Status: refusals at debug, what nobody expected as errors. */
  readonly log?: Logger;
  /** Called at the end of every call with its method, its Milvus code (0: it succeeded), how long it took, and the reason. */
  readonly onCall?: CallObserver;
  /** Greatest request; `MAX_MESSAGE_BYTES` unless given. */
  readonly maxRequestBytes?: number;
  /** What the requests of all calls may take together, from their first byte to the end of the call; unbounded unless given. */
  readonly requestBudget?: ByteBudget;
  /** How long running calls may go on once the end was asked for, before they are broken off; 2 s unless given. */
  readonly stopMs?: number;
}

export interface GrpcServer extends AsyncDisposable {
  /**
   * Listens on a port, 0 takes a free one; or, on a host `unix:PATH`, on a socket in the file system, whose folder decides
   * who may connect. Resolves to the address of clients, `host:port` or `unix:PATH`.
   */
  listen(host: string, port: number): Promise<string>;
  /** Serves a connection that somebody else has accepted. */
  inject(socket: Duplex): void;
  /** What the health service says; at first that it serves. */
  setServing(isServing: boolean): void;
}

/**
 * A gRPC server with health service, large messages, and tolerance for clients that ping often. Disposing it waits for the
 * calls that run.
 */
export function openGrpcServer(options: GrpcServerOptions): GrpcServer {
  const maxRequestBytes = options.maxRequestBytes ?? MAX_MESSAGE_BYTES;
  const server = new Server({
    interceptors: interceptorsOf(options, maxRequestBytes),
    "grpc.max_receive_message_length": maxRequestBytes,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    "grpc.keepalive_time_ms": 60_000,
    "grpc.keepalive_timeout_ms": 20_000,
    "grpc.keepalive_permit_without_calls": 1,
  });
  for (const { definition, handlers } of options.services) {
    server.addService(
      mapMethods(definition, (method, name) => safeMethod(method, handlers[name] !== undefined, options)),
      wrapAll(definition, handlers, options),
    );
  }
  const health = new HealthImplementation({ "": "SERVING" });
  health.addToServer(server);
  if (options.reflection) addReflection(server, options.services);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    listen: (host, port) => listen(server, host, port),
    inject: (socket) => injector.injectConnection(socket),
    setServing: (isServing) => health.setStatus("", isServing ? "SERVING" : "NOT_SERVING"),
    [Symbol.asyncDispose]: () => stop(server, options.stopMs ?? STOP_MS),
  };
}

function interceptorsOf({ requestBudget: budget, onCall }: GrpcServerOptions, maxRequestBytes: number) {
  if (!budget) return [];
  const onRefused = (path: string, reason: string) =>
    onCall?.(methodName({ path }), grpcStatus.RESOURCE_EXHAUSTED, 0, reason);
  return [requestBudget({ budget, maxRequestBytes, onRefused })];
}

type AnyMethod = MethodDefinition<object, object>;
type AnyHandler = (request: object, call: ServerUnaryCall<object, object>) => unknown;

function mapMethods<T>(definition: ServiceDefinition, map: (method: AnyMethod, name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(definition).map(([name, method]) => [name, map(method, name)]));
}

function wrapAll(definition: ServiceDefinition, handlers: ServedService["handlers"], options: GrpcServerOptions) {
  return mapMethods(definition, (method, name) => wrap(method, handlers[name] as AnyHandler | undefined, options));
}

function wrap(
  method: AnyMethod,
  handler: AnyHandler | undefined,
  { log, onCall }: GrpcServerOptions,
): handleUnaryCall<object, object> {
  return (call, callback) => {
    const startedMs = performance.now();
    const ended = (code: number, reason?: string) =>
      onCall?.(methodName(method), code, (performance.now() - startedMs) / 1000, reason);
    const parent = call.metadata.get(TRACE_PARENT)[0];
    Promise.try(() => {
      if (!handler)
        throw new StatusError(statusCodes.unimplemented, `${methodName(method)} is not supported by this server`);
      const { request } = call;
      if (request instanceof Unreadable) throw request.refusal;
      return withTraceParent(parent && String(parent), () => handler(request, call));
    }).then(
      (response) => {
        ended(codeOf(response as object), reasonOf(response as object));
        callback(null, response as object);
      },
      (thrown) => {
        // Only an object can be known again, by its reference.
        const error = typeof thrown === "object" && thrown !== null ? thrown : new Error(String(thrown));
        if (error instanceof GrpcError) ended(error.code, error.message);
        else ended(statusOf(error).code, statusOf(error).reason);
        if (error instanceof GrpcError) return callback({ code: error.code, details: error.message });
        // A client of the cluster finds who leads now and asks there.
        if (error instanceof NotLeadingError) return callback({ code: grpcStatus.UNAVAILABLE, details: error.message });
        logRefusal(log, method, error, call.cancelled);
        callback(null, failure(method, statusOf(error)));
      },
    );
  };
}

/** Stands for a request whose bytes are none, such as messages nested in each other without end. */
class Unreadable {
  readonly refusal: StatusError;
  constructor(method: AnyMethod, cause: unknown) {
    const reason = `the bytes of the request are no ${methodName(method)}Request: invalid parameter`;
    this.refusal = new StatusError(statusCodes.invalidParameter, reason, { cause });
  }
}

/**
 * A request that cannot be read and an answer that cannot be written become a failing Status as well: clients would repeat a
 * gRPC INTERNAL for minutes, and it would carry the program's words.
 */
function safeMethod(method: AnyMethod, isServed: boolean, { log, requestBudget }: GrpcServerOptions): AnyMethod {
  const decode = (bytes: Buffer | CountingReader) => {
    try {
      return method.requestDeserialize(bytes as Buffer); // A reader serves generated code as well.
    } catch (error) {
      if (error instanceof OverBudget) throw error;
      return new Unreadable(method, error);
    }
  };
  return {
    ...method,
    // What is refused anyway is not decoded.
    requestDeserialize: (bytes) => (!isServed ? {} : requestBudget ? new RequestBytes(bytes, decode) : decode(bytes)),
    responseSerialize: (response) => {
      // What another service has serialized, or was made of bytes.
      if (response instanceof Uint8Array) return response as Buffer;
      try {
        return method.responseSerialize(response);
      } catch (error) {
        logRefusal(log, method, error, false);
        return method.responseSerialize(failure(method, statusOf(error)));
      }
    },
  };
}

/** The words of an unexpected error stand in the log alone; the caller gets the reference that stands with them. */
function logRefusal(log: Logger | undefined, method: AnyMethod, error: unknown, isCancelled: boolean): void {
  const fields = { method: methodName(method), err: error };
  if (isExpected(error) || isCancelled) log?.debug("call refused", fields);
  else log?.error("call failed unexpectedly", { ...fields, reason: unexpectedReason(error) });
}

/** The Milvus code of an answer: that of its Status, or its own when it is one. */
function codeOf(response: object): number {
  if (response instanceof Uint8Array) return 0; // Failures are never made of bytes.
  const { status = response } = response as { status?: object };
  const { code, errorCode } = status as { code?: number; errorCode?: number };
  return code || errorCode || 0;
}

function reasonOf(response: object): string {
  if (response instanceof Uint8Array) return "";
  const { status = response } = response as { status?: { reason?: string } };
  return (status as { reason?: string }).reason ?? "";
}

function methodName({ path }: Pick<AnyMethod, "path">): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The method's empty answer with `status` in it; some methods answer a bare Status. */
function failure(method: AnyMethod, status: ReturnType<typeof statusOf>): object {
  const empty = method.responseDeserialize(Buffer.alloc(0));
  return "errorCode" in empty ? status : { ...empty, status };
}

function listen(server: Server, host: string, port: number): Promise<string> {
  const isSocket = host.startsWith("unix:");
  return new Promise((resolve, reject) => {
    server.bindAsync(isSocket ? host : `${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(isSocket ? host : `${host}:${bound}`),
    );
  });
}

function stop(server: Server, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, limitMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
