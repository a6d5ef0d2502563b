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

/**
 * Connects to one service at `host:port`. Calls wait for the connection, and fail with a gRPC error when there is none at
 * their deadline; refusals come as the Status of the answer (see checkStatus).
 */
export function connectClient<C extends GrpcClient>(constructor: Constructor<C>, address: string): Client<C> {
  const client = new constructor(address, credentials.createInsecure(), channelOptions);
  const methods = new Map<string, unknown>();
  return new Proxy({} as Client<C>, {
    get(_, name) {
      if (name === Symbol.dispose) return () => client.close();
      if (typeof name !== "string" || name === "then") return undefined;
      if (!methods.has(name)) methods.set(name, promised(client, name));
      return methods.get(name);
    },
  });
}

function promised(client: GrpcClient, name: string): (request: object, settings?: CallSettings) => Promise<object> {
  const method = (client as unknown as Record<string, Unary<object, object>>)[name];
  return (request, settings = {}) =>
    new Promise((resolve, reject) => {
      const deadline = Date.now() + (settings.deadlineMs ?? DEADLINE_MS);
      const metadata = settings.metadata ?? new Metadata({ waitForReady: true });
      method.call(client, request, metadata, { deadline }, (error, response) => (error ? reject(error) : resolve(response)));
    });
}
