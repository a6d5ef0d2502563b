import {
  type CallOptions,
  type ClientUnaryCall,
  type Client as GrpcClient,
  status as grpcStatus,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { sleep } from "@sluice/async";
import { NobodyAnswersError, StatusError, statusCodes } from "@sluice/errors";
import { currentTraceParent } from "@sluice/telemetry";
import { type Address, type Channel, type ChannelSettings, type ClientClass, Connection } from "./connection.ts";
import { callByLibrary } from "./library-call.ts";
import { LocalClient } from "./local-client.ts";
import { callError } from "./plain-failures.ts";
import { callPlainly } from "./plain-request.ts";
import { TRACE_PARENT } from "./served-methods.ts";

/** A unary method as ts-proto declares its longest form. */
export type Unary<Q, R> = (
  request: Q,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: R) => void,
) => ClientUnaryCall;

/** Bounds of one call. */
export interface CallSettings {
  /** Time for the whole call, waiting for the connection and repeats included; 20 s unless given. */
  readonly deadlineMs?: number;
  /** Of that time, how much it waits while no process lives that answers it; all of it unless given. */
  readonly absentMs?: number;
  readonly metadata?: Metadata;
  /** Ends the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** It may not run twice: a call whose answer is lost is not made again. */
  readonly isOnce?: boolean;
}

/** A client whose methods answer promises. */
export type Client<C> = {
  readonly [K in keyof C as K extends keyof GrpcClient ? never : K]: C[K] extends Unary<infer Q, infer R>
    ? (request: Q, settings?: CallSettings) => Promise<R>
    : never;
} & Disposable;

/** Longer than a coordinator needs to take over from one that died. */
const DEADLINE_MS = 20_000;
/** How long a call of a querynode waits for one while none lives: one that is started anew is there by then. */
export const READER_ABSENT_MS = 20_000;
/** Pause before a call whose peer went away is made again. */
const RETRY_MS = 100;

/**
 * What another try may mend. gRPC counts deadlines by the wall clock: one that is exceeded while time is left, or a call that
 * its server took for too late, tells of a clock that was set.
 */
const passing = new Set([grpcStatus.UNAVAILABLE, grpcStatus.DEADLINE_EXCEEDED]);

/** Milvus codes of what gRPC itself reports; everything else is `unexpected`. */
const codes: Partial<Record<grpcStatus, number>> = {
  [grpcStatus.UNAVAILABLE]: statusCodes.notReady,
  [grpcStatus.DEADLINE_EXCEEDED]: statusCodes.notReady,
  [grpcStatus.UNIMPLEMENTED]: statusCodes.unimplemented,
  [grpcStatus.RESOURCE_EXHAUSTED]: statusCodes.parameterTooLarge,
  [grpcStatus.UNAUTHENTICATED]: statusCodes.notAuthenticated,
  [grpcStatus.PERMISSION_DENIED]: statusCodes.notAuthenticated,
};

/**
 * Connects to one service. Calls wait for the connection, and are made again while the deadline allows when it breaks or
 * the peer says that it leads no more: every internal call may run twice. Refusals come as the Status of the answer (see
 * checkStatus). Where no answer comes, calls throw a StatusError: `notReady` when the peer is away or silent at the
 * deadline; the gRPC error is its cause.
 * @param headers that every call carries which brings none of its own
 * @param settings of the channel, of a service that is not ours
 */
export function connectClient<C extends GrpcClient>(
  ClientClass: ClientClass<C>,
  address: Address,
  headers: Readonly<Record<string, string>> = {},
  settings: ChannelSettings = {},
): Client<C> {
  const always = new Metadata();
  for (const [name, value] of Object.entries(headers)) always.set(name, value);
  const connection = new Connection(ClientClass, address, settings);
  const usual = settings.deadlineMs === undefined ? {} : { deadlineMs: settings.deadlineMs };
  const methods = new Map<string, AnyCall>();
  return new Proxy({} as Client<C>, {
    get(_, name) {
      if (name === Symbol.dispose) return () => connection[Symbol.dispose]();
      // `then` would make the client itself look like a promise.
      if (typeof name !== "string" || name === "then") return undefined;
      if (!methods.has(name))
        methods.set(name, (request, own) => call(connection, name, request, { metadata: always, ...usual, ...own }));
      return methods.get(name);
    },
  });
}

type AnyCall = (request: object, settings?: CallSettings) => Promise<object>;

async function call(
  connection: Connection<GrpcClient>,
  name: string,
  request: object,
  settings: CallSettings = {},
): Promise<object> {
  const { deadlineMs = DEADLINE_MS, absentMs = deadlineMs, signal, isOnce = false } = settings;
  const endMs = performance.now() + deadlineMs;
  const leftMs = () => endMs - performance.now();
  let why: unknown;
  for (;;) {
    let tryMs = leftMs();
    try {
      const opened = connection.open();
      const channel =
        opened instanceof Promise ? await within(name, opened, Math.min(absentMs, leftMs()), signal) : opened;
      tryMs = leftMs();
      return await callOnce(channel, name, request, settings, tryMs);
    } catch (error) {
      const mayPass = !isOnce && passing.has((error as ServiceError).code) && !signal?.aborted;
      // Of a last try that had hardly any time it is known only that it was late: the one before says why.
      if (!mayPass || why === undefined || tryMs >= RETRY_MS) why = error;
      if (!mayPass || leftMs() < RETRY_MS) throw signal?.aborted ? signal.reason : explained(name, why);
    }
    await sleep(RETRY_MS, signal, { ref: false });
    if (signal?.aborted) throw signal.reason;
  }
}

function callOnce(
  { client, gone, running }: Channel<GrpcClient>,
  name: string,
  request: object,
  { metadata: given, signal, isOnce }: CallSettings,
  limitMs: number,
): Promise<object> {
  const metadata = traced(given);
  if (client instanceof LocalClient) return client.call(name, request, { metadata, limitMs, signal, gone });
  if (gone?.aborted) return Promise.reject(callError([grpcStatus.UNAVAILABLE, "the peer is gone"]));
  const method = (client as unknown as Record<string, MethodDefinition<object, object>>)[name];
  const message = method.requestSerialize(request);
  const settings = { metadata, limitMs, signal, running };
  // grpc-js makes a call again that no server has seen; a plain one fails then, and is made again by us.
  const answer = isOnce ? undefined : callPlainly(client, method, message, settings);
  const unavailable = (error: object) => Object.assign(error, gone?.aborted && { code: grpcStatus.UNAVAILABLE });
  // A fixed address may only just start to listen; of a peer that was found and does not answer another one is found.
  const answered = answer ?? callByLibrary(client, method, message, { ...settings, waitForReady: gone === undefined });
  return answered.catch((error) => Promise.reject(unavailable(error)));
}

const NO_METADATA = new Metadata();

/** With the trace of now, if there is one. */
function traced(given: Metadata = NO_METADATA): Metadata {
  const parent = currentTraceParent();
  if (parent === undefined) return given;
  const metadata = given.clone();
  metadata.set(TRACE_PARENT, parent);
  return metadata;
}

/** Settles as the search for who answers a call does, if it does so in time. */
async function within<T>(name: string, promise: Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T> {
  const tooLate = Promise.withResolvers<never>();
  const fail = () => tooLate.reject(new NobodyAnswersError(name));
  const timer = setTimeout(fail, limitMs);
  signal?.addEventListener("abort", fail);
  if (signal?.aborted) fail();
  try {
    return await Promise.race([promise, tooLate.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", fail);
  }
}

/** Turns what gRPC throws into an error of ours. */
function explained(name: string, error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const { code, details, message } = error as ServiceError;
  const milvusCode = codes[code] ?? statusCodes.unexpected;
  const prefix = milvusCode === statusCodes.notReady ? "service not ready: " : "";
  return new StatusError(milvusCode, `${prefix}${name}: ${details ?? message}`, { cause: error });
}
