import { takeMemory } from "@sluice/async";
import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { damaged } from "./damage.ts";
import { claimedBytes, inflateBuffer } from "./inflate-buffer.ts";
import { type BatchInfo, MAX_WHOLE_BYTES } from "./read-message.ts";

/** What the compressed buffers of one batch may hold, since they can only be read whole. */
const MAX_INFLATED_BYTES = 1 << 30;

/** What is read for some rows of a batch: memory that is given back, and how much of it there may be. */
export interface ReadMemory {
  readonly taken: Uint8Array<ArrayBuffer>[];
  /** Takes bytes from what may be read. @throws when they are too many */
  claim(bytes: number): void;
}

/** The buffers of one batch, by parts. */
export class BatchBody {
  readonly #source: SourceFile;
  readonly #batch: BatchInfo;
  readonly #signal: AbortSignal;
  readonly #inflated = new Map<number, Promise<Uint8Array>>();
  #inflatedBytes = 0;
  #whole: Promise<Uint8Array> | undefined;

  constructor(source: SourceFile, batch: BatchInfo, signal: AbortSignal) {
    this.#source = source;
    this.#batch = batch;
    this.#signal = signal;
    if (batch.body) this.#whole = Promise.resolve(batch.body);
  }

  /** Bytes that a buffer holds, decompressed. */
  async lengthOf(index: number): Promise<number> {
    const { length } = this.#batch.buffers[index];
    if (!this.#batch.compression || length === 0) return length;
    return (await this.#inflatedBuffer(index)).length;
  }

  /**
   * Bytes `[start, start + length)` of a buffer, 8-byte aligned, in memory that may be written.
   * @throws {ImportError} `malformed_file` where the buffer has fewer; as `SourceFile.readInto`
   */
  async range(index: number, start: number, length: number, memory: ReadMemory): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    memory.claim(length);
    const { compression, bodyBytes, bodyStart } = this.#batch;
    const buffer = this.#batch.buffers[index];
    if (compression) return part(await this.#inflatedBuffer(index), start, length);
    if (start + length > buffer.length) throw tooShort(buffer.length, start + length);
    if (bodyBytes <= MAX_WHOLE_BYTES) return part(await this.#wholeBody(), buffer.offset + start, length);
    const bytes = takeMemory(length);
    memory.taken.push(bytes);
    return await this.#read(bodyStart + buffer.offset + start, bytes);
  }

  async #read(position: number, bytes: Uint8Array): Promise<Uint8Array> {
    if ((await this.#source.readInto(position, bytes, this.#signal)) < bytes.length)
      throw damaged("the file breaks off");
    return bytes;
  }

  /** Bytes of the body as they stand. */
  async #raw(offset: number, length: number): Promise<Uint8Array> {
    if (this.#batch.bodyBytes <= MAX_WHOLE_BYTES) return (await this.#wholeBody()).subarray(offset, offset + length);
    return await this.#read(this.#batch.bodyStart + offset, new Uint8Array(length));
  }

  #wholeBody(): Promise<Uint8Array> {
    this.#whole ??= this.#read(this.#batch.bodyStart, new Uint8Array(this.#batch.bodyBytes));
    return this.#whole;
  }

  #inflatedBuffer(index: number): Promise<Uint8Array> {
    const known = this.#inflated.get(index) ?? this.#inflate(index);
    this.#inflated.set(index, known);
    return known;
  }

  async #inflate(index: number): Promise<Uint8Array> {
    const { offset, length } = this.#batch.buffers[index];
    if (length === 0) return new Uint8Array(0);
    // What it claims is looked at before anything is made for it.
    const head = await this.#raw(offset, Math.min(8, length));
    this.#inflatedBytes += claimedBytes(head, length);
    if (this.#inflatedBytes > MAX_INFLATED_BYTES) {
      const reason = `the compressed buffers of a record batch hold more than ${MAX_INFLATED_BYTES} bytes: write smaller batches`;
      throw new ImportError("unsupported", reason);
    }
    return inflateBuffer(this.#batch.compression as "lz4" | "zstd", await this.#raw(offset, length));
  }
}

function part(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length > bytes.length) throw tooShort(bytes.length, start + length);
  const found = bytes.subarray(start, start + length);
  return found.byteOffset % 8 === 0 ? found : new Uint8Array(found);
}

function tooShort(found: number, expected: number): ImportError {
  return damaged(`a buffer of ${found} bytes should have ${expected}`);
}
