import { Readable } from "node:stream";
import { crc32 } from "node:zlib";

/** Bodies up to this are sent as one buffer: a stream would cost more than the copy. */
const smallBodyBytes = 256 << 10;

/** What is sent as one object or part, in pieces, which must not change until it is sent. */
export class S3Body {
  readonly sizeBytes: number;
  readonly #pieces: readonly Uint8Array[];
  #crc32: string | undefined;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces.filter((piece) => piece.length > 0);
    this.sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** CRC-32 as S3 writes it: big-endian, base64. */
  get crc32(): string {
    if (this.#crc32 === undefined) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(this.#pieces.reduce((value, piece) => crc32(piece, value), 0));
      this.#crc32 = bytes.toString("base64");
    }
    return this.#crc32;
  }

  /** The bytes as one buffer: no copy where they are one piece. */
  whole(): Buffer {
    const pieces = this.#buffers();
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, this.sizeBytes);
  }

  /** The bytes for one try: many pieces as a stream, since a copy of them would double their memory. */
  open(): Buffer | Readable {
    const pieces = this.#buffers();
    if (pieces.length === 1 || this.sizeBytes <= smallBodyBytes) return this.whole();
    let next = 0;
    return new Readable({
      highWaterMark: smallBodyBytes,
      read() {
        this.push(next < pieces.length ? pieces[next++] : null);
      },
    });
  }

  #buffers(): Buffer[] {
    return this.#pieces.map((piece) => Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }
}
