import type { Transform } from "node:stream";
import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { breaksOff, cannotDecompress, type Decompression } from "./decompression.ts";

/**
 * Bytes decompressed at once, in a thread of the pool, while those before are parsed: as many as a reader of text asks for.
 */
const CHUNK_BYTES = 4 << 20;

/** A compression that Node undoes, in a thread of its pool. */
export interface NodeCodec {
  /** As messages call it. */
  readonly name: string;
  /** Zeros may follow the last frame. */
  readonly isPadded: boolean;
  /** A decompressor of one frame at least, and how many bytes it has taken of what was written to it. */
  open(chunkBytes: number): Decompressor;
}

type Decompressor = Transform & { readonly bytesWritten: number };

/** What a file holds that Node decompresses. Frames that follow each other are one content. */
export class Inflation implements Decompression {
  readonly #file: SourceFile;
  readonly #codec: NodeCodec;
  readonly #input: AsyncIterator<Uint8Array>;
  readonly #chunks: AsyncGenerator<Uint8Array>;
  /** Of all frames before the present one. */
  #bytesBefore = 0;
  #present: Decompressor | undefined;
  #ahead: Promise<IteratorResult<Uint8Array>> | undefined;

  constructor(file: SourceFile, codec: NodeCodec, signal?: AbortSignal) {
    this.#file = file;
    this.#codec = codec;
    this.#input = file.read(undefined, signal)[Symbol.asyncIterator]();
    this.#chunks = this.#frames();
  }

  get compressedBytes(): number {
    return this.#bytesBefore + (this.#present?.bytesWritten ?? 0);
  }

  async next(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#chunks.next();
    return done ? undefined : value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#present?.destroy();
    await this.#chunks.return(undefined);
    await this.#input.return?.();
  }

  async *#frames(): AsyncGenerator<Uint8Array> {
    let rest = await this.#take();
    while (rest) rest = await this.#behindPadding(yield* this.#frame(rest));
  }

  /** Programs that write in blocks fill the last one with zeros, which gzip passes over. */
  async #behindPadding(rest: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    if (!this.#codec.isPadded) return rest;
    for (let chunk = rest; chunk; chunk = await this.#take()) {
      const at = chunk.findIndex((byte) => byte !== 0);
      this.#bytesBefore += at < 0 ? chunk.length : at;
      if (at >= 0) return chunk.subarray(at);
    }
    return undefined;
  }

  /** @returns what follows the frame, if anything does */
  async *#frame(first: Uint8Array): AsyncGenerator<Uint8Array, Uint8Array | undefined> {
    const frame = this.#codec.open(CHUNK_BYTES);
    this.#present = frame;
    let failure: unknown;
    const fed = this.#feed(frame, first).catch((error: unknown) => {
      failure ??= error;
      frame.destroy();
      return undefined;
    });
    try {
      for await (const chunk of frame) yield chunk;
      const rest = await fed;
      if (failure) throw failure;
      return rest;
    } catch (error) {
      throw this.#located(failure ?? error);
    } finally {
      frame.destroy();
      this.#bytesBefore += frame.bytesWritten;
      this.#present = undefined;
    }
  }

  /** Writes until the frame takes no more; the rest is not its own. Node's zstd ends with the first frame, without a word. */
  async #feed(frame: Decompressor, first: Uint8Array): Promise<Uint8Array | undefined> {
    let written = 0;
    for (let chunk: Uint8Array | undefined = first; chunk; chunk = await this.#take()) {
      await write(frame, chunk);
      written += chunk.length;
      const unread = written - frame.bytesWritten;
      if (unread > 0) return chunk.subarray(chunk.length - unread);
    }
    frame.end();
    return undefined;
  }

  /** The next bytes of the file; those behind them are asked for at once, to be there when these are decompressed. */
  async #take(): Promise<Uint8Array | undefined> {
    const taken = this.#ahead ?? this.#input.next();
    this.#ahead = taken.then(({ done }) => (done ? taken : this.#input.next()));
    // A failure surfaces when the bytes are taken.
    this.#ahead.catch(() => {});
    const { value, done } = await taken;
    return done ? undefined : value;
  }

  #located(error: unknown): unknown {
    if (error instanceof ImportError || !isOfZlib(error)) return error;
    const { name } = this.#codec;
    const byteOffset = this.compressedBytes;
    return cannotDecompress(this.#file, name, whyNot(error, name, byteOffset));
  }
}

/** @param byte of the compressed file, about */
function whyNot({ code, message }: Error & { readonly code: string }, name: string, byte: number): string {
  if (code === "Z_BUF_ERROR") return breaksOff(name, byte);
  if (code === "ZSTD_error_frameParameter_windowTooLarge")
    return "its window is larger than 128 MiB: compress it with --long=27 at most";
  return `${message}, about byte ${byte} of the compressed file`;
}

function isOfZlib(error: unknown): error is Error & { readonly code: string } {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" && /^(Z_|ZSTD_)/.test(code);
}

function write(frame: Decompressor, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    frame.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
