import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** What is sent as one object or part, in pieces, which must not change until it is sent. It is never copied. */
export class S3Body {
  readonly sizeBytes: number;
  readonly pieces: readonly Uint8Array[];
  #crc32: string | undefined;
  #sha256: string | undefined;

  constructor(pieces: readonly Uint8Array[]) {
    this.pieces = pieces.filter((piece) => piece.length > 0);
    this.sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** CRC-32 as S3 writes it: big-endian, base64. */
  get crc32(): string {
    if (this.#crc32 === undefined) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(this.pieces.reduce((value, piece) => crc32(piece, value), 0));
      this.#crc32 = bytes.toString("base64");
    }
    return this.#crc32;
  }

  /** In hex. */
  get sha256(): string {
    this.#sha256 ??= this.pieces.reduce((hash, piece) => hash.update(piece), createHash("sha256")).digest("hex");
    return this.#sha256;
  }
}
