import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { status as grpcStatus, type MetadataValue } from "@grpc/grpc-js";
import { armLater, type Late } from "./arm-later.ts";
import { framed, type PlainMessage } from "./plain-message.ts";
import type { CallOfHandler, GrpcError } from "./served-methods.ts";

const RESPONSE = {
  ":status": 200,
  "content-type": "application/grpc+proto",
  "grpc-accept-encoding": "identity,deflate,gzip",
};
/** The longest that a timer takes. */
export const MAX_MS = 2 ** 31 - 1;
const TRAILERS = { "grpc-status": grpcStatus.OK };

/** A call with one message, not compressed, on its stream: what a handler sees of it, and its end. */
export class PlainCall implements CallOfHandler, Late {
  readonly metadata: { get(key: string): MetadataValue[] };
  request: object = {};
  /** The client has given it up, or its time is over. */
  cancelled = false;
  /** By `performance.now()`. */
  readonly endsAtMs: number;
  readonly #stream: ServerHttp2Stream;
  readonly #message: PlainMessage;
  readonly #startedMs = performance.now();
  #limit: { readonly ms: number; readonly overdue: () => GrpcError | number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #onCancelled: (() => void)[] = [];
  #hasEnded = false;

  /** @param deadlineMs for the whole call */
  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, message: PlainMessage, deadlineMs: number) {
    this.endsAtMs = this.#startedMs + deadlineMs;
    this.#stream = stream;
    this.#message = message;
    this.metadata = { get: (key) => valuesOf(headers, key) };
    // Every error is followed by the close.
    stream.on("error", () => undefined);
    stream.on("close", () => this.#closed());
  }

  /** It was answered or refused, or its client has gone. */
  get hasEnded(): boolean {
    return this.#hasEnded || this.#stream.destroyed || this.#stream.closed;
  }

  on(_event: "cancelled", listener: () => void): void {
    this.#onCancelled.push(listener);
  }

  get connection(): object | undefined {
    return this.#stream.session;
  }

  /** Where it comes from, `address:port`. */
  getPeer(): string {
    const { remoteAddress, remotePort } = this.#stream.session?.socket ?? {};
    return remoteAddress === undefined ? "unknown" : `${remoteAddress}:${remotePort}`;
  }

  /**
   * Ends it with an error unless it has ended by then.
   * @param overdue asked after `ms`; it may answer that there is more time, in milliseconds
   */
  endsAfter(ms: number, overdue: () => GrpcError | number): void {
    this.#limit = { ms, overdue };
    armLater(this);
  }

  arm(): void {
    if (!this.#limit) return;
    const { ms, overdue } = this.#limit;
    this.#timer = setTimeout(
      () => {
        if (this.hasEnded) return;
        const found = overdue();
        if (typeof found !== "number") return this.#breakOff(found);
        this.#limit = { ms: ms + found, overdue };
        this.arm();
      },
      Math.min(MAX_MS, this.#startedMs + ms - performance.now()),
    );
  }

  #breakOff(error: GrpcError): void {
    this.refuse(error);
    this.#cancel();
  }

  /** @param message serialized */
  answer(message: Uint8Array): void {
    if (this.hasEnded) return;
    this.#hasEnded = true;
    this.#stream.respond(RESPONSE, { waitForTrailers: true });
    this.#stream.on("wantTrailers", () => this.#stream.sendTrailers(TRAILERS));
    const [first, second] = framed(message);
    if (second) this.#stream.write(first);
    this.#stream.end(second ?? first);
  }

  /** By trailers alone, without a message; one that has ended stays as it is. */
  refuse({ code, message }: Pick<GrpcError, "code" | "message">): void {
    if (this.hasEnded) return;
    this.#hasEnded = true;
    this.#message[Symbol.dispose]();
    const headers = { "grpc-status": code, "grpc-message": encodeURI(message.toWellFormed()) };
    this.#stream.respond({ ...RESPONSE, ...headers }, { endStream: true });
    if (this.#stream.readableEnded) return;
    // The client need not send the rest, which would come and be thrown away. Source: RFC 9113 §8.1.
    this.#stream.resume();
    setImmediate(() => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }

  #closed(): void {
    clearTimeout(this.#timer);
    // A session has its streams in a table, made anew every few of them. Old tables are garbage that holds the next one, and the streams it
    // had, until all of the heap is looked through: what a stream still knew of its call would get old with it, and be moved twice.
    this.#stream.removeAllListeners();
    this.#message[Symbol.dispose]();
    if (!this.#hasEnded) this.#cancel();
  }

  #cancel(): void {
    this.cancelled = true;
    for (const listener of this.#onCancelled.splice(0)) listener();
  }
}

/** As grpc-js reads them: names that end with `-bin` hold bytes. */
function valuesOf(headers: IncomingHttpHeaders, key: string): MetadataValue[] {
  const name = key.toLowerCase();
  const value = headers[name];
  if (value === undefined) return [];
  if (!name.endsWith("-bin")) return typeof value === "string" ? [value] : value;
  return String(value)
    .split(",")
    .map((part) => Buffer.from(part, "base64"));
}
