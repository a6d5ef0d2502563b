import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { MAX_ROW_BYTES } from "../format.ts";

/** Bytes read at once; less of small files. */
const CHUNK_BYTES = 1 << 20;
const MIN_CHUNK_BYTES = 4096;
/** Zeros behind the data, at which inner loops stop. */
const SENTINEL_BYTES = 64;

/** A part of a file in memory, `bytes[begin, end)`, that goes forward through it. */
export class ByteWindow {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  begin = 0;
  end = 0;
  readonly #source: SourceFile;
  readonly #chunkBytes: number;
  /** Of the file, behind the window. */
  #position: number;

  constructor(source: SourceFile, position: number) {
    this.#source = source;
    this.#position = position;
    this.#chunkBytes = Math.max(MIN_CHUNK_BYTES, Math.min(CHUNK_BYTES, source.sizeBytes));
    this.bytes = new Uint8Array(2 * this.#chunkBytes + SENTINEL_BYTES);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Offset in the file of what stands at `at`. */
  offsetOf(at: number): number {
    return this.#position - (this.end - at);
  }

  /** Reads on; what is before `begin` is forgotten. False at the end of the file. @throws {ImportError} for a row without end */
  async more(signal: AbortSignal | undefined): Promise<boolean> {
    const left = this.end - this.begin;
    if (left > MAX_ROW_BYTES) throw tooLong(this.offsetOf(this.begin));
    const from = this.bytes;
    if (left + this.#chunkBytes + SENTINEL_BYTES > from.length) {
      this.bytes = new Uint8Array(2 * from.length);
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(from.subarray(this.begin, this.end));
    const count = await this.#source.readInto(
      this.#position,
      this.bytes.subarray(left, left + this.#chunkBytes),
      signal,
    );
    this.#position += count;
    this.begin = 0;
    this.end = left + count;
    this.bytes.fill(0, this.end, this.end + SENTINEL_BYTES);
    return count > 0;
  }

  /** Where the next of these bytes stands, from `begin` on; -1 where the file has none any more. */
  async find(byte: number, signal: AbortSignal | undefined): Promise<number> {
    let searched = 0;
    for (;;) {
      const at = this.bytes.indexOf(byte, this.begin + searched);
      if (at >= 0 && at < this.end) return at;
      searched = this.end - this.begin;
      if (!(await this.more(signal))) return -1;
    }
  }
}

function tooLong(byteOffset: number): ImportError {
  return new ImportError("malformed_file", `a row has more than ${MAX_ROW_BYTES} bytes`, { byteOffset });
}
