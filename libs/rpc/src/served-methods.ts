import { status as grpcStatus, type Metadata, type MethodDefinition, type ServiceDefinition } from "@grpc/grpc-js";
import { isExpected, NotLeadingError, StatusError, statusCodes, unexpectedReason } from "@sluice/errors";
import { type CallObserver, type Logger, withTraceParent } from "@sluice/telemetry";
import type { CountingReader } from "./counting-reader.ts";
import { OverBudget, RequestBytes } from "./request-budget.ts";
import { statusIn, statusOf, statusOfCall, withStatus } from "./status.ts";

/** Header of the W3C that carries a trace from process to process. */
export const TRACE_PARENT = "traceparent";

/** A service with its handlers. */
export interface ServedService {
  readonly definition: ServiceDefinition;
  readonly handlers: Readonly<Record<string, ((request: never, call: never) => unknown) | undefined>>;
  /** By name, what to do instead of calling a method that has no handler. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** Thrown by a handler where a client expects a gRPC code rather than a Status: authentication and privileges. */
export class GrpcError extends Error {
  readonly code: grpcStatus;
  /** The message, as errors of grpc-js call it. */
  readonly details: string;
  constructor(code: grpcStatus, message: string) {
    super(message);
    this.code = code;
    this.details = message;
  }

  /** Code UNAUTHENTICATED. */
  static unauthenticated(message: string): GrpcError {
    return new GrpcError(grpcStatus.UNAUTHENTICATED, message);
  }
}

/** What a handler may ask of its call, over a connection or within the process. */
export interface CallOfHandler {
  readonly request: object;
  readonly metadata: Pick<Metadata, "get">;
  readonly cancelled: boolean;
  /** See `endsAtMsOf`, which knows those of grpc-js as well. */
  readonly endsAtMs?: number;
  /** Of grpc-js alone: wall clock, infinite where the caller gave none. */
  getDeadline?(): Date | number;
  /** The caller has gone or was not patient enough: nobody reads an answer. */
  on(event: "cancelled", listener: () => void): unknown;
  /** Where it comes from, `address:port` over a connection. */
  getPeer(): string;
  /** The same object for all calls of a connection; undefined where that is not known. */
  readonly connection?: object | undefined;
}

/** One method of a service, ready to be called by whatever carries bytes. */
export interface ServedMethod {
  readonly definition: MethodDefinition<object, object>;
  /** @throws {GrpcError} where the answer is no message; everything else that fails is a message with a Status */
  answer(call: CallOfHandler): Promise<object>;
}

/** What all methods of a server share. */
export interface ServedOptions {
  /** Gets what handlers throw before it becomes a Status: refusals at debug, what nobody expected as errors. */
  readonly log?: Logger;
  /** Called at the end of every call with its method, its Milvus code (0: it succeeded), how long it took, and the reason. */
  readonly onCall?: CallObserver;
  /** The requests of all calls are counted before they are decoded. */
  readonly requestBudget?: object;
}

type AnyMethod = MethodDefinition<object, object>;
type AnyHandler = (request: object, call: CallOfHandler) => unknown;

/** The methods of a service by name. One without handler is refused by Status. */
export function servedMethods({ definition, handlers, instead }: ServedService, options: ServedOptions) {
  const methods = Object.entries(definition).map(([name, method]): [string, ServedMethod] => {
    const given = handlers[name] as AnyHandler | undefined;
    const handler = given ?? refusalWith(method, instead?.[name]);
    const called = methodName(method);
    const answer = (call: CallOfHandler) => answerTo(called, method, handler, call, options);
    return [name, { definition: safeMethod(method, given !== undefined, options), answer }];
  });
  return new Map(methods);
}

async function answerTo(
  called: string,
  method: AnyMethod,
  handler: AnyHandler,
  call: CallOfHandler,
  { log, onCall }: ServedOptions,
): Promise<object> {
  const startedMs = performance.now();
  const ended = (code: number, reason?: string) =>
    onCall?.(called, code, (performance.now() - startedMs) / 1000, reason);
  try {
    const response = (await handled(handler, call)) as object;
    ended(codeOf(response), reasonOf(response));
    return response;
  } catch (thrown) {
    // Only an object can be known again, by its reference.
    const error = typeof thrown === "object" && thrown !== null ? thrown : new Error(String(thrown));
    if (error instanceof GrpcError) {
      ended(error.code, error.message);
      throw error;
    }
    const status = statusOf(error);
    ended(status.code, status.reason);
    // A client of the cluster finds who leads now and asks there.
    if (error instanceof NotLeadingError) throw new GrpcError(grpcStatus.UNAVAILABLE, error.message);
    logRefusal(log, method, error, call.cancelled);
    return failure(method, status);
  }
}

function refusalWith(method: AnyMethod, instead: string | undefined): AnyHandler {
  const reason = `${methodName(method)} is not supported by this server${instead ? `: ${instead}` : ""}`;
  return () => {
    throw new StatusError(statusCodes.unimplemented, reason);
  };
}

function handled(handler: AnyHandler, call: CallOfHandler): unknown {
  const { request } = call;
  if (request instanceof Unreadable) throw request.refusal;
  const parent = call.metadata.get(TRACE_PARENT)[0];
  return withTraceParent(parent && String(parent), () => handler(request, call));
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
function safeMethod(method: AnyMethod, isServed: boolean, { log, requestBudget }: ServedOptions): AnyMethod {
  const decode = (bytes: Uint8Array | CountingReader) => {
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
  const { code, errorCode } = statusIn(response);
  return code || errorCode || 0;
}

function reasonOf(response: object): string {
  if (response instanceof Uint8Array) return "";
  return statusIn(response).reason ?? "";
}

/** Without its package and service: `/milvus.proto.milvus.MilvusService/Insert` is `Insert`. */
export function methodName({ path }: Pick<AnyMethod, "path">): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The method's empty answer with `status` in it; some methods answer a bare Status. */
function failure(method: AnyMethod, refusal: ReturnType<typeof statusOf>): object {
  const empty = method.responseDeserialize(Buffer.alloc(0));
  return withStatus(empty, statusOfCall(methodName(method), refusal));
}
