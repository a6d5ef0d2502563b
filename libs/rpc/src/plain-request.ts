import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { type Client as GrpcClient, status as grpcStatus, type Metadata, type MethodDefinition } from "@grpc/grpc-js";
import { PREFIX_BYTES } from "./message-bytes.ts";
import { callError, type Failed, failureIn, whyClosed, withoutStatus } from "./plain-failures.ts";
import { framed } from "./plain-message.ts";
import { type ActiveCall, StandingConnection } from "./standing-connection.ts";

// Nearly all calls are one small message, and one answer that is not compressed, on a connection that stands. These are written to and
// read from a stream of HTTP/2 right here: grpc-js passes each through a chain of interceptors, filters, retries and timers, and keeps
// a stack for an error that does not come. The connections are grpc-js's, with their pings and pauses, and so is every other call.

/** Larger requests are left to grpc-js. */
const MAX_REQUEST_BYTES = 1 << 14;
/** The longest that a timer takes. */
const MAX_MS = 2 ** 31 - 1;
const DROPPED: Failed = [grpcStatus.UNAVAILABLE, "Connection dropped"];
const LATE: Failed = [grpcStatus.DEADLINE_EXCEEDED, "Deadline exceeded"];
const NOT_ONE: Failed = [grpcStatus.INTERNAL, "the answer is not one message that is not compressed"];

/** One call, as `callPlainly` is given it. */
export interface PlainRequestSettings {
  readonly metadata: Metadata;
  readonly limitMs: number;
  /** Breaks the call off. */
  readonly signal?: AbortSignal | undefined;
  /** Has what breaks the call off, as long as it runs. */
  readonly running?: Set<() => void>;
}

/**
 * Makes a call on the connection of a client; undefined where none stands, or the request is large: grpc-js is to make it.
 * It is made once: who may make it again does, where it fails as UNAVAILABLE.
 * @param message serialized
 */
export function callPlainly(
  client: GrpcClient,
  { path, responseDeserialize }: Pick<MethodDefinition<object, object>, "path" | "responseDeserialize">,
  message: Uint8Array,
  settings: PlainRequestSettings,
): Promise<object> | undefined {
  if (message.length > MAX_REQUEST_BYTES) return undefined;
  // A server would begin with what nobody waits for any more.
  if (settings.limitMs <= 0) return Promise.reject(callError(LATE));
  const connection = StandingConnection.of(client);
  const stream = connection?.request(path, settings.metadata, settings.limitMs);
  if (!connection || !stream) return undefined;
  return new Promise((resolve, reject) => {
    const answered = (bytes: Buffer) => resolve(responseDeserialize(bytes));
    new PlainRequest(connection, stream, settings, { answered, failed: reject }).send(message);
  });
}

interface Ends {
  readonly answered: (bytes: Buffer) => void;
  readonly failed: (error: Error) => void;
}

/** A call on its stream. */
class PlainRequest implements ActiveCall {
  readonly #connection: StandingConnection;
  readonly #stream: ClientHttp2Stream;
  readonly #settings: PlainRequestSettings;
  readonly #ends: Ends;
  readonly #timer: NodeJS.Timeout;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  /** With what stands before it, as far as that is known. */
  #answerBytes = Number.POSITIVE_INFINITY;
  #httpStatus: number | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #error: Error | undefined;
  #isDropped = false;
  #hasEnded = false;

  constructor(connection: StandingConnection, stream: ClientHttp2Stream, settings: PlainRequestSettings, ends: Ends) {
    this.#connection = connection;
    this.#stream = stream;
    this.#settings = settings;
    this.#ends = ends;
    const late = () => this.#breakOff(...LATE);
    this.#timer = setTimeout(late, Math.min(settings.limitMs, MAX_MS));
    connection.began(this);
    this.#listen();
  }

  send(message: Uint8Array): void {
    this.#stream.end(framed(message)[0]);
    const { signal, running } = this.#settings;
    signal?.addEventListener("abort", this.#cancel);
    running?.add(this.#cancel);
    if (signal?.aborted) this.#cancel();
  }

  /** The connection is no more; what it has brought before is still read. */
  onDisconnect(): void {
    this.#isDropped = true;
    setImmediate(() => this.#breakOff(...DROPPED));
  }

  #listen(): void {
    const stream = this.#stream;
    stream.on("response", (headers, flags) => {
      this.#httpStatus = headers[":status"];
      if (flags & constants.NGHTTP2_FLAG_END_STREAM) this.#trailers = headers;
    });
    stream.on("data", (piece: Buffer) => this.#add(piece));
    stream.on("trailers", (headers) => {
      this.#trailers = headers;
    });
    stream.on("end", () => this.#trailers && this.#settle(this.#trailers));
    stream.on("error", (error) => {
      this.#error = error;
    });
    stream.on("close", () => this.#closed());
  }

  #add(piece: Buffer): void {
    if (this.#hasEnded) return;
    const before = this.#bytes;
    this.#bytes += piece.length;
    this.#pieces.push(piece);
    if (before < PREFIX_BYTES && this.#bytes >= PREFIX_BYTES) this.#checkLength(this.#joined().readUInt32BE(1));
    if (this.#bytes > this.#answerBytes) this.#refuse(NOT_ONE);
  }

  #checkLength(length: number): void {
    this.#answerBytes = PREFIX_BYTES + length;
    const max = this.#connection.maxAnswerBytes;
    if (max < 0 || length <= max) return;
    this.#refuse([grpcStatus.RESOURCE_EXHAUSTED, `Received message larger than max (${length} vs ${max})`]);
  }

  /** What comes is no answer that may be kept; the page of a proxy never was one: of that its HTTP status tells more. */
  #refuse(failed: Failed): void {
    this.#breakOff(...(this.#httpStatus === 200 ? failed : withoutStatus(this.#httpStatus)));
  }

  readonly #cancel = (): void => this.#breakOff(grpcStatus.CANCELLED, "Cancelled on client");

  #breakOff(...failed: Failed): void {
    if (this.#hasEnded) return;
    this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#fail(failed);
  }

  #settle(trailers: IncomingHttpHeaders): void {
    if (this.#hasEnded) return;
    const bytes = this.#joined();
    const failed = failureIn(trailers, this.#httpStatus) ?? faultOf(bytes);
    if (failed) this.#fail(failed);
    else this.#answer(bytes.subarray(PREFIX_BYTES));
  }

  #answer(bytes: Buffer): void {
    this.#end(grpcStatus.OK);
    try {
      this.#ends.answered(bytes);
    } catch (error) {
      const words = `Response message parsing error: ${(error as Error).message}`;
      this.#ends.failed(callError([grpcStatus.INTERNAL, words]));
    }
  }

  #closed(): void {
    // Young collections leave Node's streams of HTTP/2 alive, with all that they know.
    this.#stream.removeAllListeners();
    if (this.#hasEnded) return;
    const { rstCode = constants.NGHTTP2_NO_ERROR } = this.#stream;
    if (this.#trailers) this.#settle(this.#trailers);
    else this.#fail(this.#isDropped ? DROPPED : whyClosed(rstCode, this.#error, this.#httpStatus));
  }

  #fail(failed: Failed): void {
    this.#end(failed[0]);
    this.#ends.failed(callError(failed));
  }

  #end(code: grpcStatus): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#settings.signal?.removeEventListener("abort", this.#cancel);
    this.#settings.running?.delete(this.#cancel);
    this.#connection.ended(this, code);
  }

  #joined(): Buffer {
    if (this.#pieces.length > 1) this.#pieces.splice(0, this.#pieces.length, Buffer.concat(this.#pieces));
    return this.#pieces[0] ?? Buffer.alloc(0);
  }
}

/** Of what should be one message that is not compressed. */
function faultOf(bytes: Buffer): Failed | undefined {
  if (bytes.length === 0) return [grpcStatus.UNIMPLEMENTED, "No message received"];
  const isWhole =
    bytes[0] === 0 && bytes.length >= PREFIX_BYTES && bytes.length === PREFIX_BYTES + bytes.readUInt32BE(1);
  return isWhole ? undefined : NOT_ONE;
}
