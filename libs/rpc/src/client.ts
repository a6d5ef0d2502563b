import {
  type CallOptions,
  type ChannelCredentials,
  type Client as GrpcClient,
  type ClientOptions,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "./server.ts";

/** A unary method as ts-proto declares its longest form. */
type Unary<Q, R> = (
  request: Q,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: R) => void,
) => ClientUnaryCall;

export interface CallSettings {
  readonly deadlineMs?: number;
  readonly metadata?: Metadata;
}

/** A client whose methods answer promises. */
export type Client<C> = {
  readonly [K in keyof C as K extends keyof GrpcClient ? never : K]: C[K] extends Unary<infer Q, infer R>
    ? (request: Q, settings?: CallSettings) => Promise<R>
    : never;
} & Disposable;

type Constructor<C> = new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>) => C;

/** Every call ends within this, unless it asks for something else. */
const DEADLINE_MS = 10_000;

/** A dead peer is noticed in about a second, and a restarted one found again in half a second. */
const channelOptions: Partial<ClientOptions> = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 2000,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 500,
};

/** `host:port`, or a way to learn it, asked at the first call: services start in any order. */
export type Address = string | (() => Promise<string>);

/**
 * Connects to one service. Calls wait for the connection, and fail with a gRPC error when there is none at
 * their deadline; refusals come as the Status of the answer (see checkStatus).
 */
export function connectClient<C extends GrpcClient>(constructor: Constructor<C>, address: Address): Client<C> {
  let connected: Promise<C> | undefined;
  const connect = () => {
    connected ??= Promise.resolve(typeof address === "string" ? address : address()).then((target) => {
      return new constructor(target, credentials.createInsecure(), channelOptions);
    });
    return connected;
  };
  const methods = new Map<string, unknown>();
  return new Proxy({} as Client<C>, {
    get(_, name) {
      if (name === Symbol.dispose) return () => void connected?.then((client) => client.close());
      if (typeof name !== "string" || name === "then") return undefined;
      if (!methods.has(name)) methods.set(name, promised(connect, name));
      return methods.get(name);
    },
  });
}

type AnyCall = (request: object, settings?: CallSettings) => Promise<object>;

function promised<C extends GrpcClient>(connect: () => Promise<C>, name: string): AnyCall {
  return async (request, settings = {}) => {
    const client = await connect();
    const method = (client as unknown as Record<string, Unary<object, object>>)[name];
    const deadline = Date.now() + (settings.deadlineMs ?? DEADLINE_MS);
    const metadata = settings.metadata ?? new Metadata({ waitForReady: true });
    return new Promise((resolve, reject) => {
      method.call(client, request, metadata, { deadline }, (error, response) => (error ? reject(error) : resolve(response)));
    });
  };
}
