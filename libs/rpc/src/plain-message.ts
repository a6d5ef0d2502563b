import { status as grpcStatus } from "@grpc/grpc-js";
import type { ByteBudget, ByteShare } from "@sluice/async";
import { PREFIX_BYTES } from "./message-bytes.ts";
import { spareBuffer } from "./message-writer.ts";
import { FREE_BYTES, OverBudget } from "./request-budget.ts";
import { GrpcError } from "./served-methods.ts";

/** What a piece takes besides its bytes: a client may send each byte in a frame of its own. */
const PIECE_BYTES = 160;

/** The one message of a call, not compressed, from the pieces that it comes in. */
export class PlainMessage implements Disposable {
  readonly #maxBytes: number;
  readonly #budget: ByteBudget | undefined;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #share: ByteShare | undefined;

  constructor(maxBytes: number, budget: ByteBudget | undefined) {
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  /** What is counted for the call; undefined where nothing is. It goes when the message does. */
  share(): ByteShare | undefined {
    this.#share ??= this.#budget?.open();
    return this.#share;
  }

  /** Takes the next bytes. @throws {OverBudget}; {GrpcError} RESOURCE_EXHAUSTED for a message that is too large, as soon as it says so */
  add(piece: Buffer): void {
    const before = this.#bytes;
    this.#bytes += piece.length;
    this.#pieces.push(piece);
    // By what has come, whatever it claims; twice, since the pieces are joined.
    const countedBytes = 2 * this.#bytes + PIECE_BYTES * this.#pieces.length - FREE_BYTES;
    if (countedBytes > 0 && this.share()?.resize(countedBytes) === false) throw new OverBudget();
    if (before < PREFIX_BYTES && this.#bytes >= PREFIX_BYTES) this.#checkLength();
  }

  #checkLength(): void {
    const length = this.#joined().readUInt32BE(1);
    if (length > this.#maxBytes)
      throw new GrpcError(
        grpcStatus.RESOURCE_EXHAUSTED,
        `Received message larger than max (${length} vs ${this.#maxBytes})`,
      );
  }

  /** Nothing more comes: the message without what stands before it. @throws {GrpcError} where it is none, more than one, or a part of one */
  whole(): Buffer {
    if (this.#bytes === 0) throw new GrpcError(grpcStatus.UNIMPLEMENTED, "the call has no request message");
    const bytes = this.#joined();
    if (bytes.length < PREFIX_BYTES || bytes.length < PREFIX_BYTES + bytes.readUInt32BE(1))
      throw new GrpcError(grpcStatus.INTERNAL, "the request message breaks off");
    if (bytes.length > PREFIX_BYTES + bytes.readUInt32BE(1))
      throw new GrpcError(grpcStatus.UNIMPLEMENTED, "the call has more than one request message");
    if (bytes[0] !== 0)
      throw new GrpcError(grpcStatus.INTERNAL, "the request message is compressed, and no header says how");
    return bytes.subarray(PREFIX_BYTES);
  }

  #joined(): Buffer {
    if (this.#pieces.length > 1) this.#pieces.splice(0, this.#pieces.length, joined(this.#pieces, this.#bytes));
    return this.#pieces[0];
  }

  [Symbol.dispose](): void {
    this.#share?.[Symbol.dispose]();
    this.#pieces.length = 0;
  }
}

/** In one piece; a large one is at the beginning of a memory of its own. */
function joined(pieces: readonly Buffer[], bytes: number): Buffer {
  if (bytes <= COPIED_BYTES) return Buffer.concat(pieces);
  const whole = spareBuffer(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A message as it travels, in one piece where that costs little. */
export function framed(message: Uint8Array): readonly Uint8Array[] {
  const isSmall = message.length <= COPIED_BYTES;
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + (isSmall ? message.length : 0));
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  if (!isSmall) return [bytes, message];
  bytes.set(message, PREFIX_BYTES);
  return [bytes];
}

/** To copy so much is quicker than a second write. */
const COPIED_BYTES = 1 << 14;
