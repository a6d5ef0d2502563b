import { createHash } from "node:crypto";
import type { ExportedFile, ExportTaskInput } from "@sluice/jobs";
import type { ObjectWrites } from "@sluice/object-store";

/** Files that are on their way while the next one is made: one alone leaves a disk idle while it is synced. */
const WRITES_AT_ONCE = 2;

/** Writes the files of a task, and remembers them for the manifest. */
export class ExportedFiles {
  readonly #store: ObjectWrites;
  readonly #input: Pick<ExportTaskInput, "folder" | "partitionName">;
  readonly #signal: AbortSignal;
  readonly #files: ExportedFile[] = [];
  /** The oldest first. */
  readonly #writing: Promise<unknown>[] = [];

  constructor(store: ObjectWrites, input: Pick<ExportTaskInput, "folder" | "partitionName">, signal: AbortSignal) {
    this.#store = store;
    this.#input = input;
    this.#signal = signal;
  }

  /** Writes a file and notes it. @param path below the export's folder */
  async add(path: string, pieces: readonly Uint8Array[], rows: number): Promise<void> {
    const sizeBytes = await this.write(path, pieces);
    this.note({ path, rows, sizeBytes, sha256: hashOf(pieces) });
  }

  /** Resolves to its bytes when few enough are on their way; the pieces must not change before `finish`. */
  async write(path: string, pieces: readonly Uint8Array[]): Promise<number> {
    while (this.#writing.length >= WRITES_AT_ONCE) await this.#writing.shift();
    const written = this.#store.put(`${this.#input.folder}/${path}`, pieces, this.#signal);
    // It surfaces when a later one is written, or at the end.
    written.catch(() => {});
    this.#writing.push(written);
    return pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  note(file: Omit<ExportedFile, "partition">): void {
    this.#files.push({ ...file, partition: this.#input.partitionName });
  }

  /** All files, in the order in which they were added. */
  async finish(): Promise<readonly ExportedFile[]> {
    await Promise.all(this.#writing);
    return this.#files;
  }
}

function hashOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}
