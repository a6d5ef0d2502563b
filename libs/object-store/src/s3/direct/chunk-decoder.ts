import { InvalidAnswer } from "./http-head.ts";

/** The most of one line between chunks: a size and its extension, or a trailer. */
const maxLineBytes = 4096;
/** Trailers behind the last chunk: none of them is of use. */
const maxTrailers = 100;
const LF = 10;

/** Takes a body apart that comes in chunks. Source: RFC 9112, section 7.1. */
export class ChunkDecoder {
  /** Bytes of the chunk that are still to come; without a chunk, -1. */
  #left = -1;
  #line = "";
  #trailers = 0;
  #place: "size" | "data" | "break" | "trailer" | "end" = "size";

  /** The last chunk and what follows it have been seen. */
  get isDone(): boolean {
    return this.#place === "end";
  }

  /** Hands on the data among `bytes`, as it lies there. Resolves to the bytes that belong to the body. @throws {InvalidAnswer} */
  take(bytes: Uint8Array, give: (data: Uint8Array) => void): number {
    let at = 0;
    while (at < bytes.length && !this.isDone) {
      if (this.#place === "data") {
        const data = bytes.subarray(at, at + this.#left);
        at += data.length;
        this.#left -= data.length;
        if (this.#left === 0) this.#place = "break";
        give(data);
      } else at = this.#takeLine(bytes, at);
    }
    return at;
  }

  #takeLine(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(LF, at);
    const stop = end < 0 ? bytes.length : end + 1;
    this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + at, stop - at).toString("latin1");
    if (this.#line.length > maxLineBytes) throw new InvalidAnswer("a line between its chunks is too long");
    if (end < 0) return stop;
    const line = this.#line.replace(/\r?\n$/, "");
    this.#line = "";
    this.#endLine(line);
    return stop;
  }

  #endLine(line: string): void {
    if (this.#place === "trailer") {
      if (line === "") this.#place = "end";
      else if (++this.#trailers > maxTrailers) throw new InvalidAnswer("too many trailers follow its chunks");
    } else if (this.#place === "break") {
      if (line !== "") throw new InvalidAnswer("a chunk is longer than its size");
      this.#place = "size";
    } else {
      const [, digits] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? [];
      if (digits === undefined) throw new InvalidAnswer("a chunk begins without its size");
      this.#left = Number.parseInt(digits, 16);
      this.#place = this.#left === 0 ? "trailer" : "data";
    }
  }
}
