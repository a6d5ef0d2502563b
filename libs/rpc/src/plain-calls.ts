import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { status as grpcStatus, type Server } from "@grpc/grpc-js";
import type { ByteBudget } from "@sluice/async";
import { isLong } from "./message-bytes.ts";
import { MAX_MS, PlainCall } from "./plain-call.ts";
import { PlainMessage } from "./plain-message.ts";
import { OverBudget, overBudgetReason, RECEIVE_MS, RequestBytes, tooSlowReason } from "./request-budget.ts";
import { GrpcError, type ServedMethod } from "./served-methods.ts";
import { WideWindows } from "./wide-windows.ts";

// Nearly all calls are one message that is not compressed, and one answer. These are read from and written to the streams of
// HTTP/2 right here, which takes half of the CPU that grpc-js needs for them: it passes each through a chain of interceptors,
// listeners and queues. The connections are grpc-js's, and so is every other call: compressed ones, health, reflection.

/** What calls are answered with. */
export interface PlainCallOptions {
  readonly methods: ReadonlyMap<string, ServedMethod>;
  readonly maxRequestBytes: number;
  readonly maxAnswerBytes: number;
  readonly budget: ByteBudget | undefined;
  /** Why a call is not answered, by what it carries; undefined: it is. */
  readonly refusal: ((call: Pick<PlainCall, "metadata">) => string | undefined) | undefined;
  /** Told of calls that end before their handler was asked. */
  readonly onRefused: (path: string, peer: string, error: GrpcError) => void;
}

/**
 * What a client may send of a call before it hears that we have read it, and of all calls of a connection: with the 64 KiB that HTTP/2
 * begins with, a batch of half a megabyte waits eight times on its way. What we read is counted (`PlainMessage`); of a call that was
 * refused so much may be on its way, and a crowd of them took more than it may with 256 KiB. Few get more (`WideWindows`).
 */
const WINDOW_BYTES = 1 << 17;

/** Whole milliseconds of each unit of a deadline. Source: gRPC over HTTP/2, "TimeoutUnit". */
const unitsMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 };

/** Answers the plain calls of the connections that `server` will have; to be called before it listens. */
export function takePlainCalls(server: Server, options: PlainCallOptions): void {
  const calls = new PlainCalls(options);
  onHttp2Server(server, (http2) => {
    const theirs = http2.listeners("stream") as ((stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void)[];
    http2.removeAllListeners("stream");
    http2.updateSettings({ initialWindowSize: WINDOW_BYTES });
    http2.on("session", (session) => session.setLocalWindowSize(WINDOW_BYTES));
    http2.on("stream", (stream, headers) => {
      if (calls.take(stream, headers)) return;
      dropLongDeadline(headers);
      for (const listener of theirs) listener(stream, headers);
    });
  });
}

/** grpc-js shows its servers to nobody; a version that makes them otherwise fails the first call of the first test. */
function onHttp2Server(server: Server, use: (http2: Http2Server) => void): void {
  const makes = server as unknown as { createHttp2Server(credentials: object): Http2Server };
  const make = makes.createHttp2Server;
  if (!make) throw new Error("this version of grpc-js does not show how it makes its servers");
  makes.createHttp2Server = (credentials) => {
    const http2 = make.call(server, credentials);
    use(http2);
    return http2;
  };
}

class PlainCalls {
  readonly #options: PlainCallOptions;
  readonly #windows = new WideWindows();

  constructor(options: PlainCallOptions) {
    this.#options = options;
  }

  /** Answers a call, if it is a plain one. */
  take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    const path = headers[":path"] ?? "";
    const method = this.#options.methods.get(path);
    const deadlineMs = deadlineOf(headers["grpc-timeout"]);
    if (!method || deadlineMs === undefined || !isPlain(headers)) return false;
    const { budget, maxRequestBytes } = this.#options;
    const message = new PlainMessage(maxRequestBytes, budget);
    const call = new PlainCall(stream, headers, message, deadlineMs);
    const reason = this.#options.refusal?.(call);
    if (reason !== undefined) this.#refuse(call, path, GrpcError.unauthenticated(reason));
    else if (deadlineMs === 0) this.#refuse(call, path, deadlineExceeded());
    else {
      this.#receive(stream, call, message, method);
      this.#limit(stream, call, path, deadlineMs);
    }
    return true;
  }

  /** By one timer, since nearly every call ends long before: first for the request, then for the answer. */
  #limit(stream: ServerHttp2Stream, call: PlainCall, path: string, deadlineMs: number): void {
    const receiveMs = this.#options.budget ? RECEIVE_MS : MAX_MS;
    const firstMs = Math.min(deadlineMs, receiveMs);
    if (firstMs >= MAX_MS) return;
    let leftMs = deadlineMs - firstMs;
    call.endsAfter(firstMs, () => {
      const isReceived = stream.readableEnded;
      if (leftMs <= 0) return deadlineExceeded();
      if (!isReceived) return this.#noted(call, path, tooSlow());
      const nextMs = Math.min(leftMs, MAX_MS);
      leftMs -= nextMs;
      return nextMs;
    });
  }

  #receive(stream: ServerHttp2Stream, call: PlainCall, message: PlainMessage, method: ServedMethod): void {
    const { path } = method.definition;
    const guarded = (step: (piece: Buffer) => void) => (piece: Buffer) => {
      if (call.hasEnded) return;
      try {
        step(piece);
      } catch (error) {
        this.#refuse(call, path, this.#errorOf(error));
      }
    };
    stream.on(
      "data",
      guarded((piece) => message.add(piece)),
    );
    const answer = () => {
      const bytes = message.whole();
      call.request = requestOf(method, bytes, message);
      const answered = bytes.length > WINDOW_BYTES ? () => this.#windows.open(stream.session) : undefined;
      if (!isLong(bytes)) return this.#answer(call, method, answered);
      setImmediate(() => {
        if (!call.hasEnded) this.#answer(call, method, answered);
      });
    };
    stream.on("end", guarded(answer));
  }

  /** @param answered told when it was not refused */
  #answer(call: PlainCall, { answer, definition }: ServedMethod, answered?: () => void): void {
    answer(call).then(
      (response) => {
        answered?.();
        const bytes = definition.responseSerialize(response);
        const { maxAnswerBytes } = this.#options;
        if (bytes.length <= maxAnswerBytes) return call.answer(bytes);
        const reason = `Sent message larger than max (${bytes.length} vs. ${maxAnswerBytes})`;
        call.refuse({ code: grpcStatus.RESOURCE_EXHAUSTED, message: reason });
      },
      (error: GrpcError) => call.refuse(error),
    );
  }

  #errorOf(error: unknown): GrpcError {
    if (error instanceof OverBudget && this.#options.budget)
      return new GrpcError(grpcStatus.RESOURCE_EXHAUSTED, overBudgetReason(this.#options.budget));
    if (error instanceof GrpcError) return error;
    throw error;
  }

  #refuse(call: PlainCall, path: string, error: GrpcError): void {
    call.refuse(this.#noted(call, path, error));
  }

  #noted(call: PlainCall, path: string, error: GrpcError): GrpcError {
    this.#options.onRefused(path, call.getPeer(), error);
    return error;
  }
}

function tooSlow(): GrpcError {
  return new GrpcError(grpcStatus.DEADLINE_EXCEEDED, tooSlowReason(RECEIVE_MS));
}

function requestOf(method: ServedMethod, bytes: Buffer, message: PlainMessage): object {
  const request = method.definition.requestDeserialize(bytes);
  return request instanceof RequestBytes ? request.decode(() => message.share()) : request;
}

function isPlain(headers: IncomingHttpHeaders): boolean {
  const encoding = headers["grpc-encoding"];
  return (
    (encoding === undefined || encoding === "identity") &&
    headers["content-type"]?.startsWith("application/grpc") === true
  );
}

/** grpc-js 1.14.7 cuts milliseconds to 32 bits: a call that may take 30 days is over at once there. None runs for that long. */
function dropLongDeadline(headers: IncomingHttpHeaders): void {
  if ((deadlineOf(headers["grpc-timeout"]) ?? 0) > MAX_MS) delete headers["grpc-timeout"];
}

function deadlineExceeded(): GrpcError {
  return new GrpcError(grpcStatus.DEADLINE_EXCEEDED, "Deadline exceeded");
}

/** Infinite without one; undefined for one that is none. */
function deadlineOf(text: string | string[] | undefined): number | undefined {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const match = /^(\d{1,8})([HMSmun])$/.exec(String(text));
  return match ? Number(match[1]) * unitsMs[match[2]] : undefined;
}
