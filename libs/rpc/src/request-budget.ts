import { constants, type ServerHttp2Stream } from "node:http2";
import {
  status as grpcStatus,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
} from "@grpc/grpc-js";
import type { ByteBudget, ByteShare } from "@sluice/async";
import { CountingReader, UNCOUNTED_BYTES } from "./counting-reader.ts";
import { MessageBytes } from "./message-bytes.ts";

// What the requests of all calls take together is bounded, and counted before it is there: bytes as they come, of a compressed
// message the most that it may become, then what its decoding makes. gRPC itself bounds each message alone.

/** What a call may take uncounted, so that small calls are answered while large ones hold all there is. */
export const FREE_BYTES = 1 << 16;
/** A request that comes more slowly than this holds memory for nothing. */
export const RECEIVE_MS = 60_000;

/** A request as it came. It is decoded by the interceptor, which knows the share of its call. */
export class RequestBytes {
  readonly bytes: Uint8Array;
  readonly #decode: (bytes: Uint8Array | CountingReader) => object;
  constructor(bytes: Uint8Array, decode: (bytes: Uint8Array | CountingReader) => object) {
    this.bytes = bytes;
    this.#decode = decode;
  }

  /** @throws {OverBudget} when there is no memory for what it becomes */
  decode(openShare: () => ByteShare | undefined): object {
    let heldBytes = this.bytes.length;
    if (heldBytes <= UNCOUNTED_BYTES) return this.#decode(this.bytes);
    const share = openShare();
    return this.#decode(
      new CountingReader(this.bytes, (moreBytes) => {
        heldBytes += moreBytes;
        if (share?.resize(heldBytes) === false) throw new OverBudget();
      }),
    );
  }
}

/** Why a request is refused that has no room in a budget. */
export function overBudgetReason({ limitBytes }: ByteBudget): string {
  return `the requests that this server is reading or answering take all of the ${limitBytes} bytes that it has for them: send it again later, or send less`;
}

/** @param receiveMs the time that it had */
export function tooSlowReason(receiveMs: number): string {
  return `the request has not arrived within ${receiveMs / 1000} s`;
}

/** Requests hold all the memory that there is for them. */
export class OverBudget extends Error {}

/** What requests may take, one and all together. */
export interface RequestLimits {
  readonly budget: ByteBudget;
  readonly maxRequestBytes: number;
  /** Told of each call that is refused, with the words. */
  readonly onRefused: (path: string, reason: string) => void;
  /** For tests: 60 s unless given. */
  readonly receiveMs?: number;
}

/** Counts the requests of all calls against one budget; what has no room in it is refused as RESOURCE_EXHAUSTED, in words. */
export function requestBudget(limits: RequestLimits): ServerInterceptor {
  return ({ path }, call) => {
    const receiving = new Receiving(limits, path, call);
    const listener = new ServerListenerBuilder().withOnReceiveMessage((message, next) =>
      receiving.receive(message, next),
    );
    return new ServerInterceptingCall(call, { start: (next) => next(listener.build()) });
  };
}

/** The request of one call. */
class Receiving {
  readonly #limits: RequestLimits;
  readonly #path: string;
  readonly #call: ServerInterceptingCallInterface;
  readonly #share: ByteShare;
  readonly #slow: NodeJS.Timeout;
  #isRefused = false;

  constructor(limits: RequestLimits, path: string, call: ServerInterceptingCallInterface) {
    this.#limits = limits;
    this.#path = path;
    this.#call = call;
    this.#share = limits.budget.open();
    const { receiveMs = RECEIVE_MS } = limits;
    const tooSlow = () => this.#refuse(grpcStatus.DEADLINE_EXCEEDED, tooSlowReason(receiveMs));
    this.#slow = setTimeout(tooSlow, receiveMs).unref();
    this.#follow(streamOf(call));
  }

  /** Ahead of gRPC, which takes a refused call's bytes no more. */
  #follow(stream: ServerHttp2Stream): void {
    const message = new MessageBytes(this.#limits.maxRequestBytes);
    stream.prependListener("data", (chunk: Buffer) => {
      if (!this.#share.resize(Math.max(0, message.add(chunk) - FREE_BYTES))) this.#refuseOverBudget();
    });
    stream.once("close", () => {
      clearTimeout(this.#slow);
      this.#share[Symbol.dispose]();
    });
  }

  receive(message: unknown, next: (message: unknown) => void): void {
    clearTimeout(this.#slow);
    if (this.#isRefused) return;
    try {
      // Other messages are of services such as health, and small.
      next(message instanceof RequestBytes ? message.decode(() => this.#share) : message);
    } catch (error) {
      if (!(error instanceof OverBudget)) throw error;
      this.#refuseOverBudget();
    }
  }

  #refuseOverBudget(): void {
    this.#refuse(grpcStatus.RESOURCE_EXHAUSTED, overBudgetReason(this.#limits.budget));
  }

  #refuse(code: grpcStatus, details: string): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    clearTimeout(this.#slow);
    this.#share[Symbol.dispose]();
    this.#limits.onRefused(this.#path, details);
    this.#call.sendStatus({ code, details });
    // The client need not send the rest, which would come and be thrown away. Source: RFC 9113 §8.1.
    setImmediate(() => streamOf(this.#call).close(constants.NGHTTP2_NO_ERROR));
  }
}

/**
 * The bytes of a call before gRPC joins and inflates them. No interceptor of grpc-js sees them, so this takes the stream that
 * its innermost call keeps for itself; a version that calls it otherwise fails the first call of the first test.
 */
export function streamOf(call: ServerInterceptingCallInterface): ServerHttp2Stream {
  const { stream } = call as ServerInterceptingCallInterface & { readonly stream?: ServerHttp2Stream };
  if (!stream) throw new Error("this version of grpc-js does not show the stream of a call");
  return stream;
}
