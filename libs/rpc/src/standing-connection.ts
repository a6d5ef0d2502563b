import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { type Client as GrpcClient, type status as grpcStatus, Metadata } from "@grpc/grpc-js";

/** What grpc-js shows nobody of a channel; a version that has it otherwise fails the first call of the first test. */
interface InnerChannel {
  readonly currentPicker: { pick(args: { metadata: Metadata; extraPickInfo: object }): Pick };
  readonly defaultAuthority: string;
  onCallStart(): void;
  onCallEnd(status: { readonly code: grpcStatus }): void;
}

interface Pick {
  readonly subchannel?: { getRealSubchannel(): { readonly transport: Transport | null } } | null;
}

interface Transport {
  readonly session: ClientHttp2Session;
  readonly userAgent: string;
  getOptions(): { readonly "grpc.max_receive_message_length"?: number };
  addActiveCall(call: ActiveCall): void;
  removeActiveCall(call: ActiveCall): void;
}

/** A call, as its connection knows it. */
export interface ActiveCall {
  /** The connection is lost: nothing more comes over it. */
  onDisconnect(): void;
}

/** grpc-js's own, where a channel says none. */
const MAX_ANSWER_BYTES = 4 << 20;
/** The longest time that the header takes in milliseconds. Source: gRPC over HTTP/2, "TimeoutValue". */
const MAX_TIMEOUT_MS = 99_999_999;
const NO_METADATA = new Metadata();

/** The connection of a client of grpc-js that stands, and whose pings, pauses and idle times grpc-js goes on to look after. */
export class StandingConnection {
  readonly #channel: InnerChannel;
  readonly #transport: Transport;

  private constructor(channel: InnerChannel, transport: Transport) {
    this.#channel = channel;
    this.#transport = transport;
  }

  /** Undefined where none stands. */
  static of(client: GrpcClient): StandingConnection | undefined {
    const channel = (client.getChannel() as unknown as { readonly internalChannel: InnerChannel }).internalChannel;
    const { subchannel } = channel.currentPicker.pick({ metadata: NO_METADATA, extraPickInfo: {} });
    const transport = subchannel?.getRealSubchannel().transport;
    if (!transport || transport.session.closed || transport.session.destroyed) return undefined;
    return new StandingConnection(channel, transport);
  }

  /** Negative: there is no limit. */
  get maxAnswerBytes(): number {
    return this.#transport.getOptions()["grpc.max_receive_message_length"] ?? MAX_ANSWER_BYTES;
  }

  /** Begins a call; undefined where the session takes no more: grpc-js finds that out, too, and opens another one. */
  request(path: string, metadata: Metadata, limitMs: number): ClientHttp2Stream | undefined {
    const headers = {
      ...metadata.toHttp2Headers(),
      "grpc-timeout": timeoutOf(limitMs),
      ":authority": this.#channel.defaultAuthority,
      "user-agent": this.#transport.userAgent,
      "content-type": "application/grpc",
      ":method": "POST",
      ":path": path,
      te: "trailers",
    };
    try {
      return this.#transport.session.request(headers);
    } catch {
      return undefined;
    }
  }

  /** Tells grpc-js, which takes a connection without calls for idle, and tells the call when the connection is lost. */
  began(call: ActiveCall): void {
    this.#channel.onCallStart();
    this.#transport.addActiveCall(call);
  }

  /** Once for each call that has begun, whatever became of it. */
  ended(call: ActiveCall, code: grpcStatus): void {
    this.#transport.removeActiveCall(call);
    this.#channel.onCallEnd({ code });
  }
}

function timeoutOf(limitMs: number): string {
  const ms = Math.max(0, Math.ceil(limitMs));
  return ms <= MAX_TIMEOUT_MS ? `${ms}m` : `${Math.min(MAX_TIMEOUT_MS, Math.ceil(ms / 1000))}S`;
}
