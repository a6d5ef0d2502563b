import type { InsertBatch } from "@sluice/columns";
import type { BatchOptions, FormatReader } from "./format.ts";

/**
 * A reader whose code is loaded when its rows are asked for. Each worker thread has a heap of its own: formats that few files
 * have, and that bring much code, would take megabytes in every one.
 */
export class LazyReader implements FormatReader {
  readonly #load: () => Promise<FormatReader>;
  #reader: FormatReader | undefined;

  constructor(load: () => Promise<FormatReader>) {
    this.#load = load;
  }

  get head(): string | undefined {
    return this.#reader?.head;
  }

  async *batches(options: BatchOptions): AsyncGenerator<InsertBatch> {
    this.#reader = await this.#load();
    yield* this.#reader.batches(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader?.[Symbol.asyncDispose]();
  }
}
