import { Turns } from "@sluice/async";
import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError, StatusError } from "@sluice/errors";
import type { RejectedRowRecord, RejectsFolder, WrittenRejects } from "@sluice/jobs";
import type { ObjectStore } from "@sluice/object-store";
import { volumeCodes } from "@sluice/volumes";
import { ReasonTable } from "@sluice/writers";
import type { VolumeWriter } from "../../volumes/volume-writer.ts";
import { partsByGroup } from "../file-details.ts";

/** Bytes of one job. What is beyond them, `errors` and `rejects` still give out. */
const MAX_BYTES = 2 ** 30;
const knownCodes: ReadonlySet<number> = new Set(Object.values(volumeCodes));

/** What one file of an import left out, as objects beside the segments. */
interface KeptRows {
  readonly rows: readonly string[];
  readonly reasons: readonly string[];
}

/** A stop that is no fault: the job completes, and says so. */
class NoMore extends Error {}

/**
 * Writes what imports have left out into folders of volumes: reasons as `_reasons.parquet`, and the rows as they stand in their files, as files of
 * the same format. A second time it writes the same files under the same names.
 */
export class RejectsWriter {
  readonly #objects: ObjectStore;
  readonly #volumes: VolumeWriter;
  readonly #maxBytes: number;

  constructor(objects: ObjectStore, volumes: VolumeWriter, maxBytes = MAX_BYTES) {
    this.#objects = objects;
    this.#volumes = volumes;
    this.#maxBytes = maxBytes;
  }

  /**
   * What a volume refuses is part of the answer: the rows that were imported stay imported.
   * @throws when storage or records are away
   */
  async write(
    job: JobRecord,
    tasks: readonly TaskRecord[],
    { folder, ...volume }: RejectsFolder,
    signal: AbortSignal,
  ): Promise<WrittenRejects> {
    const files = new WrittenFiles(
      this.#volumes,
      { ...volume, folder: `${folder}${job.jobId}/` },
      this.#maxBytes,
      signal,
    );
    const kept = partsByGroup(job, tasks).map(keptBy);
    try {
      await this.#writeReasons(kept, files, new Turns(signal));
      for (const [group, { rows }] of kept.entries()) await this.#copyRows(group, rows, files);
      return files.written;
    } catch (error) {
      return { ...files.written, refusal: refusalOf(error) };
    }
  }

  /** Memory holds a chunk of records and one file that is being written, whatever the job has left out. */
  async #writeReasons(kept: readonly KeptRows[], files: WrittenFiles, turns: Turns): Promise<void> {
    const table = new ReasonTable();
    let count = 0;
    const flush = async (isLast: boolean) => {
      const file = table.flush(isLast);
      if (file) await files.put(`_reasons${count === 0 ? "" : `-${count}`}.parquet`, file.pieces, file.rows);
      if (file) count++;
    };
    for (const record of kept.flatMap(({ reasons }) => reasons))
      for await (const lines of linesOf(this.#objects, record))
        for (const line of lines) {
          table.add(JSON.parse(line) as RejectedRowRecord);
          if (table.isFull) await flush(false);
          if (turns.isDue) await turns.next();
        }
    await flush(true);
  }

  /** Objects of some megabytes, each of them a whole file of its format. */
  async #copyRows(group: number, keys: readonly string[], files: WrittenFiles): Promise<void> {
    for (const [part, key] of keys.entries()) {
      const pieces = await Array.fromAsync(this.#objects.read(key));
      await files.put(`rejected-${group}-${part}${extensionOf(key)}`, pieces, 0);
    }
  }
}

/** The files of one job, and what they come to. */
class WrittenFiles {
  readonly #volumes: VolumeWriter;
  readonly #place: RejectsFolder;
  readonly #maxBytes: number;
  readonly #signal: AbortSignal;
  written: WrittenRejects = { files: 0, rows: 0, sizeBytes: 0 };

  constructor(volumes: VolumeWriter, place: RejectsFolder, maxBytes: number, signal: AbortSignal) {
    this.#volumes = volumes;
    this.#place = place;
    this.#maxBytes = maxBytes;
    this.#signal = signal;
  }

  /** @param rows whose reasons it tells */
  async put(name: string, pieces: readonly Uint8Array[], rows: number): Promise<void> {
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    const { written } = this;
    if (written.sizeBytes + size > this.#maxBytes)
      throw new NoMore(`they are more than ${this.#maxBytes} bytes: ask for the others by 'errors' and 'rejects'`);
    const { folder, ...volume } = this.#place;
    await this.#volumes.put({ ...volume, path: `${folder}${name}` }, streamOf(pieces), size, this.#signal);
    this.written = { files: written.files + 1, rows: written.rows + rows, sizeBytes: written.sizeBytes + size };
  }
}

function keptBy(tasks: readonly TaskRecord[]): KeptRows {
  const objects = tasks.flatMap(({ findings }) => (findings?.sets ?? []).flatMap((set) => set.objects ?? []));
  return { rows: objects.flatMap(({ rows }) => rows), reasons: objects.flatMap(({ reasons }) => reasons) };
}

/** What no waiting changes. @throws the error, where some may */
function refusalOf(error: unknown): string {
  if (error instanceof NoMore) return error.message;
  if (error instanceof StatusError && knownCodes.has(error.code)) return error.message;
  const isAway = error instanceof ImportError && error.code === "object_store_unavailable";
  if (error instanceof ImportError && !isAway) return error.reason;
  throw error;
}

/** Of `…/rows.3.jsonl`. */
function extensionOf(key: string): string {
  return /\/rows\.\d+(\.[^/]*)$/.exec(key)?.[1] ?? "";
}

async function* streamOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** The lines that end in each chunk of an object. */
async function* linesOf(objects: ObjectStore, key: string): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of objects.read(key)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield lines;
  }
  if (rest !== "") yield [rest];
}
