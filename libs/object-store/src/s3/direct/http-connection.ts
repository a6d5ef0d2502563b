import type { Socket } from "node:net";
import type { OpenSocket } from "../s3-agents.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { type HttpHead, InvalidAnswer, MAX_HEAD_BYTES, parseHead } from "./http-head.ts";

/** Where connections lead to. */
export interface HttpPlace {
  readonly open: OpenSocket;
  /** A connection on which nothing moves for so long is given up. */
  readonly idleMs: number;
}

/** A request as it is sent. */
export interface HttpRequest {
  /** Up to and with its empty line, in ASCII. */
  readonly head: string;
  readonly body?: readonly Uint8Array[] | undefined;
}

/** Where the body of an answer goes. */
export interface BodySink {
  /** What its next bytes are written to; empty when the rest is not wanted. Never memory that moves before the answer's end. */
  room(): Uint8Array;
  /** So many bytes now stand at the beginning of `room()`. */
  wrote(bytes: number): void;
}

/** What heads, chunks and bytes that nobody awaits are read into: sockets fill it one after the other, each emptied at once. */
const scratch = new Uint8Array(64 << 10);
const nothing = Buffer.alloc(0);

interface Exchange {
  readonly begin: (head: HttpHead) => BodySink;
  readonly resolve: (head: HttpHead) => void;
  readonly reject: (error: unknown) => void;
}

/** An answer whose head is known. */
interface Answer {
  readonly head: HttpHead;
  readonly sink: BodySink;
  readonly chunks: ChunkDecoder | undefined;
  /** Bytes of the body that are still to come, where they are counted. */
  left: number;
}

/**
 * One connection of HTTP/1.1, for one request at a time. What Node's own client gives in buffers of 64 KiB, each of them new,
 * the system writes to where it is wanted: a third of the CPU.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #exchange: Exchange | undefined;
  #answer: Answer | undefined;
  /** Of a head that has not come whole. */
  #head = nothing;
  #next: Uint8Array = scratch;
  #isUsable = true;

  constructor(place: HttpPlace) {
    this.#socket = place.open({
      buffer: () => this.#next,
      callback: (bytes, buffer) => this.#take(bytes, buffer),
    });
    this.#socket.setTimeout(place.idleMs, () => this.#fail(noMove(place.idleMs)));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.once("end", () => this.#ended());
    this.#socket.once("close", () => this.#lost());
  }

  /** Another request may be made on it. */
  get isUsable(): boolean {
    return this.#isUsable && !this.#exchange;
  }

  /**
   * Sends a request and gives its answer to what `begin` returns for the head. Resolves to that at the body's end, or when its
   * rest is not wanted.
   * @throws errors of the socket, with their code; what `begin` throws; the signal's reason
   */
  async send(request: HttpRequest, begin: (head: HttpHead) => BodySink, signal: AbortSignal): Promise<HttpHead> {
    signal.throwIfAborted(); // Its event has been: nobody would end the wait.
    const { promise, resolve, reject } = Promise.withResolvers<HttpHead>();
    const stop = () => this.#fail(signal.reason);
    this.#exchange = { begin, resolve, reject };
    signal.addEventListener("abort", stop, { once: true });
    try {
      this.#socket.ref();
      this.#write(request);
      return await promise;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#socket.unref();
    }
  }

  /** All by one call of the system, from where it lies. */
  #write({ head, body = [] }: HttpRequest): void {
    this.#socket.cork();
    for (const piece of [Buffer.from(head, "latin1"), ...body]) this.#socket.write(piece);
    this.#socket.uncork();
  }

  /** Breaks off the request under way, too, which then throws. */
  close(): void {
    this.#isUsable = false;
    this.#socket.destroy();
  }

  #take(bytes: number, buffer: Uint8Array): boolean {
    try {
      if (buffer !== scratch && this.#answer) {
        this.#answer.sink.wrote(bytes);
        this.#took(this.#answer, bytes);
      } else this.#read(buffer.subarray(0, bytes));
    } catch (error) {
      this.#fail(error);
    }
    this.#next = this.#target() ?? scratch;
    return true;
  }

  /** Where the system may write to without us: what is left of a body whose end is known. */
  #target(): Uint8Array | undefined {
    if (!this.#answer || this.#answer.chunks) return undefined;
    const room = this.#answer.sink.room();
    return room.length > this.#answer.left ? room.subarray(0, this.#answer.left) : room;
  }

  #took(answer: Answer, bytes: number): void {
    answer.left -= bytes;
    this.#endsAfter(answer);
  }

  #endsAfter({ head, sink, left }: Answer): void {
    if (left === 0) this.#finish(head, head.keepsAlive);
    else if (sink.room().length === 0) this.#finish(head, false);
  }

  #read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      // Nobody has asked for anything.
      if (!this.#exchange) throw new InvalidAnswer("bytes follow its end");
      at += this.#answer ? this.#readBody(this.#answer, bytes.subarray(at)) : this.#readHead(bytes.subarray(at));
    }
  }

  #readHead(bytes: Uint8Array): number {
    const before = this.#head.length;
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0 ? this.#head.length > MAX_HEAD_BYTES : end > MAX_HEAD_BYTES)
      throw new InvalidAnswer("its head is too long");
    if (end < 0) return bytes.length;
    const head = parseHead(this.#head.toString("latin1", 0, end));
    this.#head = nothing;
    if (head.status === 101) throw new InvalidAnswer("it changes the protocol");
    if (head.status >= 200) this.#beginBody(head);
    return end + 4 - before;
  }

  #beginBody(head: HttpHead): void {
    const { framing } = head;
    const sink = (this.#exchange as Exchange).begin(head);
    const chunks = framing === "chunked" ? new ChunkDecoder() : undefined;
    const left = typeof framing === "number" ? framing : Number.POSITIVE_INFINITY;
    this.#answer = { head, sink, chunks, left };
    this.#endsAfter(this.#answer);
  }

  /** @returns the bytes that belong to the body */
  #readBody(answer: Answer, bytes: Uint8Array): number {
    if (!answer.chunks) {
      const part = bytes.subarray(0, answer.left);
      this.#took(answer, fill(answer.sink, part));
      return part.length;
    }
    let isWanted = true;
    const taken = answer.chunks.take(bytes, (data) => {
      isWanted &&= fill(answer.sink, data) === data.length;
    });
    if (answer.chunks.isDone) this.#finish(answer.head, answer.head.keepsAlive && isWanted);
    else if (!isWanted) this.#finish(answer.head, false);
    return taken;
  }

  #finish(head: HttpHead, keepsAlive: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#answer = undefined;
    // An answer that came before the request was sent is an error of one that will not be read to its end.
    if (!keepsAlive || this.#socket.writableLength > 0) this.close();
    exchange?.resolve(head);
  }

  #ended(): void {
    // Some servers end a body with the connection.
    if (this.#answer?.head.framing === "close") this.#finish(this.#answer.head, false);
    else this.#lost();
  }

  #lost(): void {
    if (this.#exchange) this.#fail(broken());
    else this.close();
  }

  #fail(error: unknown): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#answer = undefined;
    this.close();
    exchange?.reject(error);
  }
}

/** Copies what there is room for. Resolves to its bytes. */
function fill(sink: BodySink, bytes: Uint8Array): number {
  let at = 0;
  for (let room = sink.room(); at < bytes.length && room.length > 0; room = sink.room()) {
    const part = bytes.subarray(at, at + room.length);
    room.set(part);
    sink.wrote(part.length);
    at += part.length;
  }
  return at;
}

function noMove(idleMs: number): Error {
  return Object.assign(new Error(`nothing moved on the connection for ${idleMs} ms`), { code: "TimeoutError" });
}

function broken(): Error {
  return Object.assign(new Error("the server closed the connection"), { code: "ECONNRESET" });
}
