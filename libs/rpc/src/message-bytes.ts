/** A byte of flags and four of length stand before every message. Source: gRPC over HTTP/2, "Length-Prefixed-Message". */
export const PREFIX_BYTES = 5;
/** The most that deflate makes of a byte. Source: zlib's technical details, "Maximum Compression Factor". */
const MAX_INFLATION = 1032;

/** To read or write so much takes long enough that others get a turn of the event loop before anything else is done with it. */
const LONG_BYTES = 1 << 20;

/** Whether to read or write it takes a turn of the event loop of its own: more than 1 MiB. */
export function isLong(message: Uint8Array): boolean {
  return message.length > LONG_BYTES;
}

/** Follows the bytes of a call as they come, and says how much memory they may take once they are read. */
export class MessageBytes {
  readonly #maxMessageBytes: number;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #leftOfMessage = 0;
  #bytes = 0;

  /** @param maxMessageBytes of a message that is inflated; more is never made of one */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * What all messages so far may take. A compressed one counts as the most that can come of it as soon as its length is known:
   * gRPC inflates it at once. Others count by what has come, whatever they claim; twice, since the pieces are joined.
   */
  get bytes(): number {
    return 2 * this.#bytes;
  }

  /** Takes the next bytes; returns `bytes`. */
  add(chunk: Uint8Array): number {
    this.#bytes += chunk.length;
    if (this.#isWhole(chunk)) return this.bytes;
    for (let at = 0; at < chunk.length; ) {
      if (this.#leftOfMessage === 0) at += this.#readPrefix(chunk.subarray(at));
      const taken = Math.min(this.#leftOfMessage, chunk.length - at);
      this.#leftOfMessage -= taken;
      at += taken;
    }
    return this.bytes;
  }

  /** One message that is not compressed, as nearly all calls are: nothing is to be kept of it. */
  #isWhole(chunk: Uint8Array): boolean {
    if (this.#leftOfMessage + this.#prefixBytes > 0 || chunk.length < PREFIX_BYTES || chunk[0] !== 0) return false;
    const length = chunk[1] * 2 ** 24 + (chunk[2] << 16) + (chunk[3] << 8) + chunk[4];
    return chunk.length === PREFIX_BYTES + length;
  }

  #readPrefix(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, PREFIX_BYTES - this.#prefixBytes);
    this.#prefix.set(taken, this.#prefixBytes);
    this.#prefixBytes += taken.length;
    if (this.#prefixBytes === PREFIX_BYTES) {
      this.#prefixBytes = 0;
      this.#leftOfMessage = this.#prefix.readUInt32BE(1);
      const isCompressed = this.#prefix[0] === 1;
      if (isCompressed) this.#bytes += Math.min(this.#maxMessageBytes, MAX_INFLATION * this.#leftOfMessage);
    }
    return taken.length;
  }
}
