import { getCACertificates } from "node:tls";
import {
  type ChannelCredentials,
  type ClientOptions,
  credentials,
  type Client as GrpcClient,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { StatusError, statusCodes } from "@sluice/errors";
import { LocalClient } from "./local-client.ts";
import { isWithinProcess } from "./local-server.ts";
import { MAX_MESSAGE_BYTES } from "./server.ts";
import { type PeerCertificates, watchedCredentials } from "./watched-credentials.ts";

/** A client as ts-proto generates it, and its class. */
export type GeneratedClient = GrpcClient;
/** A generated client, opened by an address `host:port`. */
export type ClientClass<C> = (new (
  address: string,
  credentials: ChannelCredentials,
  options?: Partial<ClientOptions>,
) => C) & { readonly service: ServiceDefinition };

/** What a channel to a foreign service needs besides its address. */
export interface ChannelSettings {
  /** Of an answer; a larger one is refused when its length is known, before it is in memory. */
  readonly maxMessageBytes?: number;
  /** `host` or `host:port` that the peer's certificate is for, where it is connected to by an address. */
  readonly serverName?: string;
  /** Of calls that say none of their own. */
  readonly deadlineMs?: number;
  /** TLS in both directions, whatever the address says. */
  readonly certificates?: PeerCertificates | undefined;
}

/** A peer that was found. */
export interface Endpoint {
  /** `host:port` */
  readonly address: string;
  /** Aborts when the peer is known to be gone: calls that wait for its answer are made again, to whom is found then. */
  readonly gone: AbortSignal;
}

/**
 * `host:port`, or `https://host:port` for TLS; `process:NAME/NUMBER`, of a server of this process; or a way to learn it, asked at the
 * first call, and again after it failed: services start in any order; or a way to find a peer, asked for each call.
 */
export type Address = string | (() => Endpoint | Promise<string | Endpoint>);

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

function optionsOf({ maxMessageBytes, serverName }: ChannelSettings): Partial<ClientOptions> {
  const name = serverName?.replace(/:\d+$/, "");
  return {
    ...channelOptions,
    ...(maxMessageBytes !== undefined && { "grpc.max_receive_message_length": maxMessageBytes }),
    ...(name !== undefined && { "grpc.ssl_target_name_override": name, "grpc.default_authority": serverName }),
  };
}

/** Trusts what Node trusts, with NODE_EXTRA_CA_CERTS: gRPC by itself has a list of its own. */
const tls = () => credentials.createSsl(Buffer.from(getCACertificates("default").join("\n")));

/** A channel to one peer. */
export interface Channel<C> {
  readonly client: C | LocalClient;
  readonly gone: AbortSignal | undefined;
  /** What breaks off the calls that run, for when the peer is gone: hundreds of listeners to one signal would take longer than the calls. */
  readonly running: Set<() => void>;
}

/** The channels of a client, opened when they are first needed, closed when their peer is gone. */
export class Connection<C extends GrpcClient> implements Disposable {
  readonly #ClientClass: ClientClass<C>;
  readonly #address: Address;
  readonly #settings: ChannelSettings;
  readonly #channels = new Map<string, Channel<C>>();
  #opening: Promise<Channel<C>> | undefined;
  #fixed: Channel<C> | undefined;
  #isClosed = false;

  constructor(ClientClass: ClientClass<C>, address: Address, settings: ChannelSettings) {
    this.#ClientClass = ClientClass;
    this.#address = address;
    this.#settings = settings;
  }

  /**
   * A channel to the peer of now, at once where it is known; or another try at its address when the last one failed.
   * @throws {StatusError} `notReady` once closed
   */
  open(): Channel<C> | Promise<Channel<C>> {
    if (this.#isClosed) throw closed();
    if (this.#fixed) return this.#fixed;
    if (typeof this.#address === "string") return this.#channelTo(this.#address, undefined);
    if (this.#opening) return this.#opening;
    const found = this.#address();
    if (!(found instanceof Promise)) return this.#channelTo(found.address, found.gone);
    this.#opening = this.#wait(found).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #wait(finding: Promise<string | Endpoint>): Promise<Channel<C>> {
    const found = await finding;
    if (this.#isClosed) throw closed();
    return typeof found === "string" ? this.#channelTo(found, undefined) : this.#channelTo(found.address, found.gone);
  }

  #channelTo(address: string, gone: AbortSignal | undefined): Channel<C> {
    const known = this.#channels.get(address);
    if (known && !known.gone?.aborted) return known;
    const client = this.#clientOf(address);
    const channel = { client, gone, running: new Set<() => void>() };
    this.#channels.set(address, channel);
    if (!gone) this.#fixed = channel;
    gone?.addEventListener("abort", () => this.#close(address, channel), { once: true });
    return channel;
  }

  #clientOf(address: string): C | LocalClient {
    if (isWithinProcess(address)) return new LocalClient(address, this.#ClientClass.service);
    const place = address.replace(/^https:\/\//, "");
    return new this.#ClientClass(place, this.#security(place !== address), optionsOf(this.#settings));
  }

  #security(isPublicTls: boolean): ChannelCredentials {
    const { certificates } = this.#settings;
    if (certificates) return watchedCredentials(certificates);
    return isPublicTls ? tls() : credentials.createInsecure();
  }

  #close(address: string, channel: Channel<C>): void {
    for (const breakOff of [...channel.running]) breakOff();
    channel.client.close();
    if (this.#channels.get(address) === channel) this.#channels.delete(address);
  }

  /** Calls that wait fail. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const { client } of this.#channels.values()) client.close();
  }
}

function closed(): StatusError {
  return new StatusError(statusCodes.notReady, "service not ready: the client is closed");
}
