import { createHash } from "node:crypto";
import type { ExportedFile, ExportTaskInput } from "@sluice/jobs";
import type { ObjectWrites } from "@sluice/object-store";

/** Bytes of files that are on their way while the next one is made; of one that is larger, one file. */
const WRITING_BYTES = 32 << 20;
/** A small file counts as this many: some are written at once, since each waits for storage. */
const MIN_FILE_BYTES = 2 << 20;

interface Writing {
  readonly written: Promise<unknown>;
  readonly weight: number;
  readonly memory: Disposable | undefined;
}

/** Writes the files of a task, and remembers them for the manifest. Disposing waits for those that are on their way. */
export class ExportedFiles implements AsyncDisposable {
  readonly #store: ObjectWrites;
  readonly #input: Pick<ExportTaskInput, "folder" | "partitionName">;
  readonly #signal: AbortSignal;
  readonly #files: ExportedFile[] = [];
  /** The oldest first. */
  readonly #writing: Writing[] = [];
  #writingBytes = 0;

  constructor(store: ObjectWrites, input: Pick<ExportTaskInput, "folder" | "partitionName">, signal: AbortSignal) {
    this.#store = store;
    this.#input = input;
    this.#signal = signal;
  }

  /** Writes a file and notes it. @param path below the export's folder @param memory as of `write` */
  async add(path: string, pieces: readonly Uint8Array[], rows: number, memory?: Disposable): Promise<void> {
    const sha256 = hashOf(pieces);
    const sizeBytes = await this.write(path, pieces, memory);
    this.note({ path, rows, sizeBytes, sha256 });
  }

  /**
   * Resolves to its bytes when few enough are on their way.
   * @param memory of pieces of this file and earlier ones: disposed of when all of them are written, or nothing is any more
   */
  async write(path: string, pieces: readonly Uint8Array[], memory?: Disposable): Promise<number> {
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const weight = Math.max(MIN_FILE_BYTES, sizeBytes);
    const written = this.#store.put(`${this.#input.folder}/${path}`, pieces, this.#signal);
    // It surfaces when it is waited for.
    written.catch(() => {});
    this.#writing.push({ written, weight, memory });
    this.#writingBytes += weight;
    while (this.#writing.length > 1 && this.#writingBytes > WRITING_BYTES) await this.#endOldest();
    return sizeBytes;
  }

  /** A file that was written, in the order in which the manifest has them. */
  note(file: Omit<ExportedFile, "partition">): void {
    this.#files.push({ ...file, partition: this.#input.partitionName });
  }

  /** All files, in the order in which they were added. */
  async finish(): Promise<readonly ExportedFile[]> {
    while (this.#writing.length > 0) await this.#endOldest();
    return this.#files;
  }

  async #endOldest(): Promise<void> {
    const { written, weight, memory } = this.#writing[0];
    await written;
    this.#writing.shift();
    this.#writingBytes -= weight;
    memory?.[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#writing.map(({ written }) => written));
    for (const { memory } of this.#writing.splice(0)) memory?.[Symbol.dispose]();
  }
}

function hashOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}
