import type { ObjectStore } from "@sluice/object-store";
import type { Column, FieldSchema } from "@sluice/schema";
import { readSegmentField, type SegmentLogs } from "@sluice/segment";

interface CacheEntry {
  readonly column: Promise<Column>;
  sizeBytes: number;
}

/**
 * Columns of visible segments, read when they are first asked for. Segments never change, so a column that was read
 * stays right; the least recently used ones go when the budget is passed.
 */
export class SegmentColumns {
  readonly #store: ObjectStore;
  readonly #budgetBytes: number;
  readonly #entries = new Map<string, CacheEntry>();
  #usedBytes = 0;

  constructor(store: ObjectStore, budgetBytes: number) {
    this.#store = store;
    this.#budgetBytes = budgetBytes;
  }

  /** @throws {ImportError} `object_store_unavailable`, or `internal` when a log is damaged */
  get(segment: SegmentLogs, field: FieldSchema, signal: AbortSignal): Promise<Column> {
    const key = `${segment.segmentId}/${field.fieldId}`;
    const known = this.#entries.get(key);
    if (known) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.column;
    }
    return this.#load(key, segment, field, signal);
  }

  #load(key: string, segment: SegmentLogs, field: FieldSchema, signal: AbortSignal): Promise<Column> {
    const column = readSegmentField(this.#store, segment, field, signal).then((read) => read.column);
    const entry: CacheEntry = { column, sizeBytes: 0 };
    this.#entries.set(key, entry);
    column.then(
      (value) => this.#account(key, entry, sizeOf(value)),
      () => this.#entries.delete(key),
    );
    return column;
  }

  #account(key: string, entry: CacheEntry, sizeBytes: number): void {
    if (this.#entries.get(key) !== entry) return;
    entry.sizeBytes = sizeBytes;
    this.#usedBytes += sizeBytes;
    for (const [oldest, { sizeBytes: freed }] of this.#entries) {
      if (this.#usedBytes <= this.#budgetBytes) return;
      this.#entries.delete(oldest);
      this.#usedBytes -= freed;
    }
  }
}

function sizeOf(column: Column): number {
  return (
    column.data.byteLength +
    (column.validity?.byteLength ?? 0) +
    (column.kind === "var" ? column.offsets.byteLength : 0)
  );
}
