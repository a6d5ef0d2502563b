import { rmSync } from "node:fs";
import { assignShards, completeBatch } from "@sluice/columns";
import { LocalObjectStore } from "@sluice/object-store";
import type { CollectionSchema } from "@sluice/schema";
import { SegmentWriterSet } from "@sluice/segment";

const BATCH_ROWS = 8192;

/** Rows of `id` and `vector` into the same segments as ours, which are removed at the end. */
export class SegmentRows implements AsyncDisposable {
  readonly #schema: CollectionSchema;
  readonly #folder: string;
  readonly #store: LocalObjectStore;
  readonly #writer: SegmentWriterSet;
  readonly #ids = new BigInt64Array(BATCH_ROWS);
  readonly #vectors: Float32Array;
  readonly #bucketOf = new Uint16Array(BATCH_ROWS);
  #rows = 0;

  private constructor(schema: CollectionSchema, folder: string, store: LocalObjectStore, writer: SegmentWriterSet) {
    this.#schema = schema;
    this.#folder = folder;
    this.#store = store;
    this.#writer = writer;
    this.#vectors = new Float32Array(BATCH_ROWS * schema.fields[1].dim);
  }

  /** @param schema of an integer key and one vector, in this order @param folder made by the store */
  static async open(schema: CollectionSchema, folder: string): Promise<SegmentRows> {
    const store = await LocalObjectStore.open({ root: folder });
    let nextId = 10n ** 15n;
    const take = (count: number) => (nextId += BigInt(count)) - BigInt(count);
    const writer = SegmentWriterSet.open({
      ...{ schema, collectionId: 1n, store, buckets: ["v0", "v1"].map((vchannel) => ({ partitionId: 1n, vchannel })) },
      newRows: { timestamp: BigInt(Date.now()) << 18n, rowIdBase: 1n },
      ids: { segments: async (wanted) => wanted.map(() => take(1)), logIds: async (count) => take(count) },
      ...{ segmentBytes: 1 << 30, flushBytes: 16 << 20, workerMemoryBytes: 96 << 20, nowMs: Date.now() },
      signal: new AbortController().signal,
    });
    return new SegmentRows(schema, folder, store, writer);
  }

  /** True when `flush` has to be awaited before the next row. */
  add(id: bigint, vector: ArrayLike<number>): boolean {
    this.#ids[this.#rows] = id;
    this.#vectors.set(vector, this.#rows * this.#schema.fields[1].dim);
    return ++this.#rows === BATCH_ROWS;
  }

  /** Writes the rows that were put since the last time. */
  async flush(): Promise<void> {
    if (this.#rows === 0) return;
    const columns = [
      { kind: "fixed" as const, width: 8, data: new Uint8Array(this.#ids.buffer), validity: undefined },
      {
        ...{ kind: "fixed" as const, width: this.#schema.fields[1].dim * 4, validity: undefined },
        data: new Uint8Array(this.#vectors.buffer),
      },
    ];
    const batch = completeBatch(this.#schema, { rowCount: this.#rows, columns, sourceBytes: 0 });
    const buckets = this.#bucketOf.subarray(0, this.#rows);
    assignShards(this.#schema, batch, 2, buckets);
    await this.#writer.append(batch, buckets);
    this.#rows = 0;
  }

  /** Writes what is left and seals the segments: all of it is durable then. */
  async seal(): Promise<void> {
    await this.flush();
    await this.#writer.seal();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
