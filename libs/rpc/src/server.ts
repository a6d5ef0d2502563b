import { once } from "node:events";
import type { Duplex } from "node:stream";
import {
  status as grpcStatus,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerInterceptor,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import type { ByteBudget } from "@sluice/async";
import { demandToken, tokenRefusal } from "./caller-token.ts";
import { Health } from "./health.ts";
import { isWithinProcess, LocalServer } from "./local-server.ts";
import { type PlainCallOptions, takePlainCalls } from "./plain-calls.ts";
import { addReflection } from "./reflection.ts";
import { requestBudget } from "./request-budget.ts";
import {
  type CallOfHandler,
  type GrpcError,
  methodName,
  type ServedMethod,
  type ServedOptions,
  type ServedService,
  servedMethods,
} from "./served-methods.ts";

/** Largest message in either direction, as Milvus sets it. */
export const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const STOP_MS = 2000;

/** Handlers by method name, as plain async functions. What they throw becomes the answer's Status. */
export type Handlers<S> = {
  [K in keyof S as string extends K ? never : number extends K ? never : K]: S[K] extends handleUnaryCall<
    infer Q,
    infer R
  >
    ? (request: Q, call: CallOfHandler) => Promise<R> | R
    : never;
};

/**
 * Pairs a service with handlers, which the compiler checks against it. A method without handler is refused by Status.
 * @example served<rootCoord.RootCoordServer>(rootCoord.RootCoordService, { allocIds: async ({ count }) => … })
 */
export function served<S>(definition: ServiceDefinition, handlers: Partial<Handlers<S>>): ServedService {
  return { definition, handlers: handlers as ServedService["handlers"] };
}

/** An answer that is serialized already, as a handler may give it: it is sent as it is. */
export function serializedAnswer<R>(bytes: Uint8Array): R {
  return bytes as R;
}

/** Aborts when nobody waits for the answer any more: the client has cancelled the call, lost its connection, or its time is over. */
export function endOf(call: Pick<CallOfHandler, "on" | "cancelled">): AbortSignal {
  const ended = new AbortController();
  call.on("cancelled", () => ended.abort());
  if (call.cancelled) ended.abort();
  return ended.signal;
}

/** When its client waits no longer, by `performance.now()`; infinite where it has not said. */
export function endsAtMsOf(call: Pick<CallOfHandler, "endsAtMs" | "getDeadline">): number {
  if (call.endsAtMs !== undefined) return call.endsAtMs;
  const deadline = call.getDeadline?.() ?? Number.POSITIVE_INFINITY;
  return performance.now() + (Number(deadline) - Date.now());
}

/** What a server answers, whom, and how much it holds meanwhile. */
export interface GrpcServerOptions extends ServedOptions {
  readonly services: readonly ServedService[];
  /** Offer the descriptors of these services over the reflection service. They are of the public interface. */
  readonly reflection?: boolean;
  /** Greatest request; `MAX_MESSAGE_BYTES` unless given. */
  readonly maxRequestBytes?: number;
  /** What the requests of all calls may take together, from their first byte to the end of the call; unbounded unless given. */
  readonly requestBudget?: ByteBudget;
  /** One of these calls must carry (`callerHeaders`) to be answered: others are refused as UNAUTHENTICATED. All are answered where there is none. */
  readonly callerTokens?: readonly string[];
  /** Told of each call without it, with where it came from. */
  readonly onStranger?: (peer: string, reason: string) => void;
  /** How long running calls may go on once the end was asked for, before they are broken off; 2 s unless given. */
  readonly stopMs?: number;
}

/** A server and its health service. Disposing of it takes no more calls, and waits for those that run. */
export interface GrpcServer extends AsyncDisposable {
  /**
   * Listens on a port, 0 takes a free one; or, on a host `process:NAME`, for clients of this process alone, without a socket.
   * Resolves to the address of clients, `host:port` or `process:NAME/NUMBER`.
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
  const server = newServer(options, maxRequestBytes);
  const local = new LocalServer();
  takePlainCalls(server, plainCallOptions(addServices(server, local, options), options, maxRequestBytes));
  const health = new Health();
  health.addTo(server);
  if (options.reflection) addReflection(server, options.services);
  const injected = new Set<Duplex>();
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    listen: async (host, port) => (isWithinProcess(host) ? local.listen(host) : listen(server, host, port)),
    inject: (socket) => {
      injected.add(socket);
      socket.once("close", () => injected.delete(socket));
      injector.injectConnection(socket);
    },
    setServing: (isServing) => health.setServing(isServing),
    [Symbol.asyncDispose]: async () => {
      const stopMs = options.stopMs ?? STOP_MS;
      await Promise.all([local.stop(stopMs), stop(server, injected, stopMs)]);
    },
  };
}

function newServer(options: GrpcServerOptions, maxRequestBytes: number): Server {
  return new Server({
    interceptors: interceptorsOf(options, maxRequestBytes),
    "grpc.max_receive_message_length": maxRequestBytes,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
    "grpc.keepalive_time_ms": 60_000,
    "grpc.keepalive_timeout_ms": 20_000,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.enable_channelz": 0,
  });
}

/** To both servers. @returns all methods, by their paths */
function addServices(
  server: Server,
  local: LocalServer,
  options: GrpcServerOptions,
): ReadonlyMap<string, ServedMethod> {
  const byPath = new Map<string, ServedMethod>();
  for (const service of options.services) {
    const methods = servedMethods(service, options);
    local.add(methods.values());
    for (const method of methods.values()) byPath.set(method.definition.path, method);
    server.addService(definitionOf(methods), implementationOf(methods));
  }
  return byPath;
}

function interceptorsOf(options: GrpcServerOptions, maxRequestBytes: number): ServerInterceptor[] {
  const { requestBudget: budget, callerTokens = [], onCall, onStranger } = options;
  const note = (code: grpcStatus, path: string, reason: string) => onCall?.(methodName({ path }), code, 0, reason);
  const interceptors: ServerInterceptor[] = [];
  if (callerTokens.length > 0)
    interceptors.push(
      demandToken(callerTokens, (path, peer, reason) => {
        note(grpcStatus.UNAUTHENTICATED, path, reason);
        onStranger?.(peer, reason);
      }),
    );
  if (budget)
    interceptors.push(
      requestBudget({
        ...{ budget, maxRequestBytes },
        onRefused: (path, reason) => note(grpcStatus.RESOURCE_EXHAUSTED, path, reason),
      }),
    );
  return interceptors;
}

function plainCallOptions(
  methods: ReadonlyMap<string, ServedMethod>,
  { requestBudget: budget, callerTokens = [], onCall, onStranger }: GrpcServerOptions,
  maxRequestBytes: number,
): PlainCallOptions {
  return {
    ...{ methods, maxRequestBytes, maxAnswerBytes: MAX_MESSAGE_BYTES, budget },
    refusal: callerTokens.length === 0 ? undefined : tokenRefusal(callerTokens),
    onRefused: (path, peer, { code, message }) => {
      onCall?.(methodName({ path }), code, 0, message);
      if (code === grpcStatus.UNAUTHENTICATED) onStranger?.(peer, message);
    },
  };
}

function definitionOf(methods: ReadonlyMap<string, ServedMethod>): ServiceDefinition {
  return Object.fromEntries([...methods].map(([name, { definition }]) => [name, definition]));
}

function implementationOf(methods: ReadonlyMap<string, ServedMethod>) {
  return Object.fromEntries([...methods].map(([name, method]) => [name, unary(method)]));
}

function unary({ answer }: ServedMethod): handleUnaryCall<object, object> {
  return (call, callback) =>
    void answer(call).then(
      (response) => callback(null, response),
      ({ code, message }: GrpcError) => callback({ code, details: message }),
    );
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(`${host}:${bound}`),
    );
  });
}

/**
 * Waits for the calls that run. Connections that were injected close when theirs have ended, and grpc-js waits for none of them: Node
 * closes the sessions of a server that does not listen before grpc-js looks at them, which takes them for ended.
 */
async function stop(server: Server, injected: ReadonlySet<Duplex>, limitMs: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    server.forceShutdown();
    for (const connection of injected) connection.destroy();
    late.resolve();
  }, limitMs);
  const closed = Array.from(injected, (connection) => once(connection, "close").catch(() => undefined));
  const shutDown = new Promise<unknown>((resolve) => server.tryShutdown(resolve));
  await Promise.race([Promise.all([...closed, shutDown]), late.promise]);
  clearTimeout(timer);
}
