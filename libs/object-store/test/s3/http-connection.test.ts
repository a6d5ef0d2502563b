import type { OnReadOpts, Socket } from "node:net";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { HttpConnection } from "../../src/s3/direct/http-connection.ts";
import type { HttpHead } from "../../src/s3/direct/http-head.ts";

/** As connections give it: the next buffer is asked for before each read. */
interface OnRead extends OnReadOpts {
  readonly buffer: () => Uint8Array;
}

/** A socket whose bytes come when and in which pieces the test wants. */
class ScriptedSocket {
  readonly written: string[] = [];
  readonly #listeners = new Map<string, (value?: unknown) => void>();
  #onread: OnRead = { buffer: () => new Uint8Array(0), callback: (_bytes: number, _buffer: Uint8Array) => true };
  #buffer = this.#onread.buffer();
  isDestroyed = false;
  writableLength = 0;

  open(onread: OnReadOpts): Socket {
    this.#onread = onread as OnRead;
    this.#buffer = this.#onread.buffer();
    return this as unknown as Socket;
  }

  on(name: string, listener: (value?: unknown) => void): this {
    this.#listeners.set(name, listener);
    return this;
  }
  once = this.on;
  setTimeout(_ms: number, listener: () => void): this {
    return this.on("timeout", listener);
  }
  ref(): void {}
  unref(): void {}
  destroy(): void {
    this.isDestroyed = true;
  }
  cork(): void {}
  uncork(): void {}
  write(bytes: Uint8Array): void {
    this.written.push(Buffer.from(bytes).toString("latin1"));
  }
  emit(name: string, value?: unknown): void {
    this.#listeners.get(name)?.(value);
  }

  /** As the system gives them: into the buffer of the moment, as much as it holds. */
  receive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.isDestroyed; ) {
      const buffer = this.#buffer;
      const count = Math.min(buffer.length, bytes.length - at);
      buffer.set(bytes.subarray(at, at + count));
      at += count;
      this.#onread.callback(count, buffer);
      this.#buffer = this.#onread.buffer();
    }
  }
}

/** Memory for a body, in parts as small as one wants. */
class Memory {
  readonly bytes: Uint8Array;
  readonly #roomBytes: number;
  length = 0;
  constructor(size: number, roomBytes = size) {
    this.bytes = new Uint8Array(size);
    this.#roomBytes = roomBytes;
  }
  room(): Uint8Array {
    return this.bytes.subarray(this.length, Math.min(this.bytes.length, this.length + this.#roomBytes));
  }
  wrote(bytes: number): void {
    this.length += bytes;
  }
}

function started(memory = new Memory(100)) {
  const socket = new ScriptedSocket();
  const connection = new HttpConnection({ open: (onread) => socket.open(onread), idleMs: 1000 });
  const abort = new AbortController();
  let head: HttpHead | undefined;
  const done = connection.send(
    { head: "GET / HTTP/1.1\r\n\r\n" },
    (seen) => {
      head = seen;
      return memory;
    },
    abort.signal,
  );
  done.catch(() => {});
  const text = () => Buffer.from(memory.bytes.subarray(0, memory.length)).toString("latin1");
  return { socket, connection, abort, memory, done, text, head: () => head };
}

const bytesOf = (text: string) => Buffer.from(text, "latin1");

/** An answer with the body, each in its own way: `length`, chunks of these sizes, or the connection's end. */
function answerOf(body: Uint8Array, framing: "length" | "close" | readonly number[]): Buffer {
  const parts: Uint8Array[] = [bytesOf('HTTP/1.1 206 Partial Content\r\nETag: "x"\r\n')];
  if (framing === "length") parts.push(bytesOf(`Content-Length: ${body.length}\r\n\r\n`), body);
  else if (framing === "close") parts.push(bytesOf("\r\n"), body);
  else {
    parts.push(bytesOf("Transfer-Encoding: chunked\r\n\r\n"));
    for (let at = 0, i = 0; at < body.length; i++) {
      const chunk = body.subarray(at, at + framing[i % framing.length]);
      parts.push(bytesOf(`${chunk.length.toString(16)}${i % 2 ? ";x=y" : ""}\r\n`), chunk, bytesOf("\r\n"));
      at += chunk.length;
    }
    parts.push(bytesOf("0\r\nX-Trailer: 1\r\n\r\n"));
  }
  return Buffer.concat(parts);
}

describe("a connection", () => {
  it("gives the same body in whatever pieces it comes, and takes the next request where one may follow", async () => {
    const framings = fc.oneof(
      fc.constantFrom("length" as const, "close" as const),
      fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 4 }),
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 150_000 }),
        framings,
        cuts,
        fc.integer({ min: 1, max: 200_000 }),
        async (size, framing, pieces, roomBytes) => {
          const body = Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8)));
          const { socket, connection, done, memory } = started(new Memory(size + 1, roomBytes));
          const answer = answerOf(body, framing);
          for (let at = 0, i = 0; at < answer.length; i++) {
            const piece = answer.subarray(at, at + pieces[i % pieces.length]);
            socket.receive(piece);
            at += piece.length;
          }
          if (framing === "close") socket.emit("end");
          await done;
          expect(memory.length).toBe(size);
          expect(body.equals(memory.bytes.subarray(0, size))).toBe(true);
          expect(connection.isUsable).toBe(framing !== "close");
        },
      ),
      { numRuns: 100 },
    );
  });

  it("makes one request after the other", async () => {
    const { socket, connection, done, head } = started();
    socket.receive(bytesOf("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab"));
    await done;
    const memory = new Memory(9);
    const next = connection.send(
      { head: "PUT /2\r\n\r\n", body: [bytesOf("ab"), bytesOf("cd")] },
      () => memory,
      new AbortController().signal,
    );
    socket.receive(bytesOf("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 OK\r\ncontent-length: 3\r\n\r\ncde"));
    await next;
    expect(socket.written).toEqual(["GET / HTTP/1.1\r\n\r\n", "PUT /2\r\n\r\n", "ab", "cd"]);
    expect(memory.length).toBe(3);
    expect(head()?.headers.get("content-length")).toBe("2");
  });

  it("is not used again when the rest of a body was not wanted, or bytes follow it", async () => {
    const short = started(new Memory(3));
    short.socket.receive(bytesOf("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabcdefghi"));
    await short.done;
    expect([short.text(), short.connection.isUsable, short.socket.isDestroyed]).toEqual(["abc", false, true]);
    const long = started();
    long.socket.receive(bytesOf("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n"));
    await long.done;
    expect([long.text(), long.connection.isUsable, long.socket.isDestroyed]).toEqual(["abc", false, true]);
  });

  it("is not used again when the answer came before the request was sent", async () => {
    const { socket, connection, done, head } = started();
    socket.writableLength = 5;
    socket.receive(bytesOf("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"));
    expect(await done).toBe(head());
    expect([connection.isUsable, socket.isDestroyed]).toEqual([false, true]);
  });

  it.each([
    ["HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", false],
    ["HTTP/1.1 204 None\r\n\r\n", true],
    ["HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n", true],
  ])("after %j may be used again: %s", async (answer, isUsable) => {
    const { socket, connection, done } = started();
    socket.receive(bytesOf(answer));
    await done;
    expect(connection.isUsable).toBe(isUsable);
  });

  it.each([
    ["no HTTP", "SSH-2.0-server\r\n\r\n", "status line"],
    ["another version", "HTTP/2 200\r\n\r\n", "status line"],
    [
      "a length and chunks",
      "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      "content-length and",
    ],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", '"1, 2"'],
    ["a length below zero", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", '"-1"'],
    ["a length beyond numbers", "HTTP/1.1 200 OK\r\ncontent-length: 9999999999999999\r\n\r\n", "content-length"],
    ["another coding", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "gzip, chunked"],
    ["a header in two lines", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n", "header line"],
    ["a header without a name", "HTTP/1.1 200 OK\r\nab\r\n\r\n", "header line"],
    ["a space before the colon", "HTTP/1.1 200 OK\r\ncontent-length : 1\r\n\r\n", "header line"],
    ["a break within a header", "HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n", "header line"],
    ["another protocol", "HTTP/1.1 101 Switching\r\n\r\n", "protocol"],
    ["a head that does not end", `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(3000)}`, "head is too long"],
    ["a chunk without a size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n", "without its size"],
    ["a chunk longer than its size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n", "longer than"],
    [
      "a size that does not end",
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${"0".repeat(5000)}`,
      "too long",
    ],
    [
      "trailers that do not end",
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${"a: b\r\n".repeat(101)}`,
      "too many trailers",
    ],
  ])("refuses %s", async (_title, answer, text) => {
    const { socket, connection, done } = started();
    socket.receive(bytesOf(answer));
    await expect(done).rejects.toThrow(text);
    expect([connection.isUsable, socket.isDestroyed]).toEqual([false, true]);
  });

  it.each<[string, (socket: ScriptedSocket) => void, object]>([
    ["its end", (socket) => socket.emit("end"), { code: "ECONNRESET" }],
    ["its close", (socket) => socket.emit("close"), { code: "ECONNRESET" }],
    [
      "an error",
      (socket) => socket.emit("error", Object.assign(new Error("no"), { code: "EPIPE" })),
      { code: "EPIPE" },
    ],
    ["silence", (socket) => socket.emit("timeout"), { code: "TimeoutError" }],
  ])("keeps what came before %s", async (_title, happens, error) => {
    const { socket, connection, done, text } = started();
    socket.receive(bytesOf("HTTP/1.1 206 OK\r\ncontent-length: 9\r\n\r\nabc"));
    happens(socket);
    await expect(done).rejects.toMatchObject(error);
    expect([text(), connection.isUsable, socket.isDestroyed]).toEqual(["abc", false, true]);
  });

  it("ends with its signal, and writes to the memory no more", async () => {
    const { socket, connection, done, abort, memory } = started();
    socket.receive(bytesOf("HTTP/1.1 206 OK\r\ncontent-length: 9\r\n\r\nabc"));
    abort.abort(new Error("stopped"));
    await expect(done).rejects.toThrow("stopped");
    expect([memory.length, connection.isUsable, socket.isDestroyed]).toEqual([3, false, true]);
  });

  it("sends nothing for who has given up before, and stays usable", async () => {
    const socket = new ScriptedSocket();
    const connection = new HttpConnection({ open: (onread) => socket.open(onread), idleMs: 1000 });
    const signal = AbortSignal.abort(new Error("stopped"));
    const sent = connection.send({ head: "GET / HTTP/1.1\r\n\r\n" }, () => new Memory(1), signal);
    await expect(sent).rejects.toThrow("stopped");
    expect([socket.written, connection.isUsable]).toEqual([[], true]);
  });

  it("that was idle when it ended is not used again", async () => {
    const { socket, connection, done } = started();
    socket.receive(bytesOf("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    await done;
    socket.emit("end");
    expect([connection.isUsable, socket.isDestroyed]).toEqual([false, true]);
  });
});
