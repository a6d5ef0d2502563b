import {
  type CallOptions,
  type ChannelCredentials,
  type ClientOptions,
  type ClientUnaryCall,
  credentials,
  type Client as GrpcClient,
  status as grpcStatus,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { StatusError, statusCodes } from "@sluice/errors";
import { MAX_MESSAGE_BYTES } from "./server.ts";

/** A unary method as ts-proto declares its longest form. */
type Unary<Q, R> = (
  request: Q,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: R) => void,
) => ClientUnaryCall;

export interface CallSettings {
  /** Time for the whole call, waiting for the connection included; 10 s unless given. */
  readonly deadlineMs?: number;
  readonly metadata?: Metadata;
  /** Ends the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Twice is as good as once: the call is made again, once, when its connection breaks. */
  readonly idempotent?: boolean;
}

/** A client whose methods answer promises. */
export type Client<C> = {
  readonly [K in keyof C as K extends keyof GrpcClient ? never : K]: C[K] extends Unary<infer Q, infer R>
    ? (request: Q, settings?: CallSettings) => Promise<R>
    : never;
} & Disposable;

type ClientClass<C> = new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>) => C;

const DEADLINE_MS = 10_000;

/**
 * A restarted peer is found again in half a second. A crashed one resets the connection; only a lost host says nothing,
 * which pings reveal. Their answer may be late: a querynode that scans answers nothing else meanwhile.
 */
const channelOptions: Partial<ClientOptions> = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.keepalive_time_ms": 5000,
  "grpc.keepalive_timeout_ms": 20_000,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 500,
};

/** Milvus codes of what gRPC itself reports; everything else is `unexpected`. */
const codes: Partial<Record<grpcStatus, number>> = {
  [grpcStatus.UNAVAILABLE]: statusCodes.notReady,
  [grpcStatus.DEADLINE_EXCEEDED]: statusCodes.notReady,
  [grpcStatus.UNIMPLEMENTED]: statusCodes.unimplemented,
  [grpcStatus.RESOURCE_EXHAUSTED]: statusCodes.parameterTooLarge,
  [grpcStatus.UNAUTHENTICATED]: statusCodes.notAuthenticated,
  [grpcStatus.PERMISSION_DENIED]: statusCodes.notAuthenticated,
};

/** `host:port`, or a way to learn it, asked at the first call, and again after it failed: services start in any order. */
export type Address = string | (() => Promise<string>);

/**
 * Connects to one service. Calls wait for the connection. Refusals come as the Status of the answer (see checkStatus).
 * Where no answer comes, calls throw a StatusError: `notReady` when the peer is away or silent at the deadline; the gRPC
 * error is its cause.
 */
export function connectClient<C extends GrpcClient>(ClientClass: ClientClass<C>, address: Address): Client<C> {
  const connection = new Connection(ClientClass, address);
  const methods = new Map<string, AnyCall>();
  return new Proxy({} as Client<C>, {
    get(_, name) {
      if (name === Symbol.dispose) return () => connection[Symbol.dispose]();
      // `then` would make the client itself look like a promise.
      if (typeof name !== "string" || name === "then") return undefined;
      if (!methods.has(name)) methods.set(name, (request, settings) => call(connection, name, request, settings));
      return methods.get(name);
    },
  });
}

type AnyCall = (request: object, settings?: CallSettings) => Promise<object>;

/** The channel of a client, opened when it is first needed. */
class Connection<C extends GrpcClient> implements Disposable {
  readonly #ClientClass: ClientClass<C>;
  readonly #address: Address;
  #opening: Promise<C> | undefined;
  #isClosed = false;

  constructor(ClientClass: ClientClass<C>, address: Address) {
    this.#ClientClass = ClientClass;
    this.#address = address;
  }

  /** The client, or another try at its address when the last one failed. @throws {StatusError} `notReady` once closed */
  async open(): Promise<C> {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    const client = await this.#opening;
    if (this.#isClosed) throw new StatusError(statusCodes.notReady, "service not ready: the client is closed");
    return client;
  }

  async #open(): Promise<C> {
    const target = typeof this.#address === "string" ? this.#address : await this.#address();
    return new this.#ClientClass(target, credentials.createInsecure(), channelOptions);
  }

  /** Calls that wait fail. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#opening?.then(
      (client) => client.close(),
      () => {}, // Nothing was opened, so there is nothing to close; the caller of `open` has the error.
    );
  }
}

async function call(
  connection: Connection<GrpcClient>,
  name: string,
  request: object,
  settings: CallSettings = {},
): Promise<object> {
  const { deadlineMs = DEADLINE_MS, signal, idempotent } = settings;
  const deadline = Date.now() + deadlineMs;
  const metadata = settings.metadata?.clone() ?? new Metadata();
  metadata.setOptions({ ...metadata.getOptions(), waitForReady: true });
  try {
    const client = await within(connection.open(), deadlineMs, signal);
    const send = () => callOnce(client, name, request, metadata, deadline, signal);
    return await send().catch((error) => {
      if (idempotent && error.code === grpcStatus.UNAVAILABLE && !signal?.aborted) return send();
      throw error;
    });
  } catch (error) {
    throw signal?.aborted ? signal.reason : explained(name, error);
  }
}

function callOnce(
  client: GrpcClient,
  name: string,
  request: object,
  metadata: Metadata,
  deadline: number,
  signal?: AbortSignal,
): Promise<object> {
  const method = (client as unknown as Record<string, Unary<object, object>>)[name];
  return new Promise((resolve, reject) => {
    const running = method.call(client, request, metadata, { deadline }, (error, response) => {
      signal?.removeEventListener("abort", cancel);
      if (error) reject(error);
      else resolve(response);
    });
    const cancel = () => running.cancel();
    signal?.addEventListener("abort", cancel);
    if (signal?.aborted) cancel();
  });
}

/** Settles as `promise` does, if it does so in time. */
async function within<T>(promise: Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T> {
  const tooLate = Promise.withResolvers<never>();
  const fail = () =>
    tooLate.reject(new StatusError(statusCodes.notReady, "service not ready: its address is not known"));
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
