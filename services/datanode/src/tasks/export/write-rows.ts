import { HeldMemory } from "@sluice/async";
import { columnBytes, sliceRows } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { ExportTaskInput } from "@sluice/jobs";
import { type FileFormName, type FileWriter, fileForm } from "@sluice/writers";
import type { TaskContext } from "../task-kind.ts";
import type { ExportedFiles } from "./exported-files.ts";
import type { PartRows } from "./live-rows.ts";
import { readLiveRows } from "./read-live-rows.ts";

/** Texts of NumPy may take many times what they are; a file of so many times its budget is refused. */
const MAX_GROWTH = 4;

/** The rows of segments into files, in their order. Resolves to their number. */
export async function writeRows(input: ExportTaskInput, files: ExportedFiles, context: TaskContext): Promise<number> {
  using out = new RollingFiles(input, files);
  let done = 0;
  for await (const rows of readLiveRows(input, context)) {
    await out.append(rows);
    done += rows.memoryBytes;
    context.onProgress(out.rowCount, done);
  }
  await out.finish();
  return out.rowCount;
}

/** Files of about the same size, one after the other; a set of column files counts as one. */
class RollingFiles implements Disposable {
  readonly #input: ExportTaskInput;
  readonly #files: ExportedFiles;
  #writer: FileWriter;
  /** Of what the file has pieces of. */
  #memory = new DisposableStack();
  #count = 0;
  rowCount = 0;

  constructor(input: ExportTaskInput, files: ExportedFiles) {
    this.#input = input;
    this.#files = files;
    this.#writer = this.#open();
  }

  async append({ columns, rowCount, memory }: PartRows): Promise<void> {
    using held = new DisposableStack();
    held.use(memory);
    const bytes = columns.reduce((sum, column) => sum + columnBytes(column, rowCount), 0);
    const { batchBytes = bytes } = this.#form;
    const atOnce = Math.min(batchBytes, this.#input.fileBytes);
    const step = Math.max(1, Math.floor((rowCount * atOnce) / Math.max(1, bytes)));
    for (let from = 0; from < rowCount; from += step) {
      const to = Math.min(rowCount, from + step);
      const slices = step >= rowCount ? columns : columns.map((column) => sliceRows(column, from, to));
      this.#writer.append(slices, to - from);
      if (to === rowCount && !this.#form.copiesColumns) this.#memory.use(held.move());
      if (this.#writer.sizeBytes >= this.#input.fileBytes) await this.#roll();
    }
    this.rowCount += rowCount;
  }

  async finish(): Promise<void> {
    if (this.#writer.rowCount > 0) await this.#roll();
  }

  get #form() {
    return fileForm(this.#input.form as FileFormName);
  }

  #open(): FileWriter {
    const memory = this.#memory.use(new HeldMemory());
    return this.#form.open(this.#input.output, (length) => memory.take(length));
  }

  async #roll(): Promise<void> {
    const { sizeBytes, rowCount } = this.#writer;
    if (this.#form.name === "numpy" && sizeBytes > MAX_GROWTH * this.#input.fileBytes)
      throw tooLarge(rowCount, sizeBytes);
    const { partitionName, segmentIds } = this.#input;
    // Imports pass over names that begin with `_`, as that of the default partition does.
    const name = `partition_${partitionName}/${segmentIds[0]}-${this.#count++}`;
    const files = this.#writer.finish();
    for (const [i, { suffix, pieces }] of files.entries()) {
      const memory = i === files.length - 1 ? this.#memory.move() : undefined;
      await this.#files.add(name + suffix, pieces, rowCount, memory);
    }
    this.#memory = new DisposableStack();
    this.#writer = this.#open();
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}

function tooLarge(rows: number, sizeBytes: number): ImportError {
  const reason = `${rows} rows would take ${Math.round(sizeBytes / (1 << 20))} MiB in this form, since every text of a NumPy array is as long as the longest: export parquet or jsonl, or leave long texts out`;
  return new ImportError("value_invalid", reason);
}
