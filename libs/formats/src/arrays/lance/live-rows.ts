import type { SourceFile } from "@sluice/object-store";
import { Damage, damageError } from "@sluice/parquet";
import { ArrowWindows } from "../../columnar/arrow/arrow-windows.ts";
import { openContainer } from "../../columnar/arrow/ipc/arrow-container.ts";
import type { LiveRows } from "../row-source.ts";
import type { LanceDeletions, LanceFragment } from "./manifest.ts";
import { RoaringBitmap } from "./roaring.ts";

/** Of a file of deleted rows: some ten million of them. */
const MAX_FILE_BYTES = 64 << 20;
const WINDOW_BYTES = 4 << 20;

/** Rows of a part that were deleted, by their numbers in it. */
interface DeletedRows {
  readonly count: number;
  /** Calls `mark` with each of `[begin, end)`. */
  each(begin: number, end: number, mark: (row: number) => void): void;
}

/** The rows of a table that were not deleted; of each part that is read its deleted ones are held. @param fileOf a path's */
export function liveRows(fragments: readonly LanceFragment[], fileOf: (path: string) => SourceFile): LiveRows {
  let firstRow = 0;
  const placed = fragments.map((fragment) => {
    firstRow += fragment.rowCount;
    return { ...fragment, firstRow: firstRow - fragment.rowCount };
  });
  let held: { readonly path: string; readonly rows: DeletedRows } | undefined;
  const deletedRows = async (deletions: LanceDeletions, signal: AbortSignal) => {
    if (held?.path !== deletions.path)
      held = { path: deletions.path, rows: await readDeletions(fileOf(deletions.path), deletions, signal) };
    return held.rows;
  };
  return {
    why: "deleted in the table",
    read: async (first, rows, target, signal) => {
      target.fill(1, 0, rows);
      for (const { firstRow: begin, rowCount, deletions } of placed) {
        if (!deletions || begin + rowCount <= first || begin >= first + rows) continue;
        const deleted = await deletedRows(deletions, signal);
        deleted.each(Math.max(0, first - begin), first + rows - begin, (row) => {
          if (row < rowCount) target[begin + row - first] = 0;
        });
      }
    },
  };
}

async function readDeletions(file: SourceFile, { count }: LanceDeletions, signal: AbortSignal): Promise<DeletedRows> {
  try {
    if (file.sizeBytes > MAX_FILE_BYTES)
      throw new Damage(`it has ${file.sizeBytes} bytes, more than ${MAX_FILE_BYTES}`);
    const rows = file.path.endsWith(".bin") ? await readBitmap(file, signal) : await readList(file, signal);
    if (rows.count === count) return rows;
    throw new Damage(`it has ${rows.count} rows, and the manifest tells of ${count}`);
  } catch (error) {
    throw damageError(error, "the list of deleted rows", { file: file.path });
  }
}

async function readBitmap(file: SourceFile, signal: AbortSignal): Promise<DeletedRows> {
  const bytes = new Uint8Array(file.sizeBytes);
  const found = await file.readInto(0, bytes, signal);
  return new RoaringBitmap(bytes.subarray(0, found));
}

/** An Arrow file with one column of 32-bit numbers, in any order. */
async function readList(file: SourceFile, signal: AbortSignal): Promise<DeletedRows> {
  const container = await openContainer(file, signal);
  const [field] = container.fields;
  if (container.fields.length !== 1 || field.type.layout !== "fixed" || field.type.width !== 4)
    throw new Damage("it is no column of numbers");
  const options = {
    paths: [[field]],
    rowBytes: 4,
    windowBytes: WINDOW_BYTES,
    range: undefined,
    signal,
    onOpenEnd: () => {},
  };
  const windows = new ArrowWindows(file, container, options);
  const parts: Uint32Array[] = [];
  for (let window = await windows.next(); window; window = await windows.next()) {
    const { data } = window.values[0];
    parts.push(Uint32Array.from(new Uint32Array(data.buffer, data.byteOffset, window.rowCount)));
    window.close();
  }
  const sorted = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    sorted.set(part, at);
    at += part.length;
  }
  return new SortedRows(sorted.sort());
}

class SortedRows implements DeletedRows {
  readonly #rows: Uint32Array;
  constructor(rows: Uint32Array) {
    this.#rows = rows;
  }

  get count(): number {
    return this.#rows.length;
  }

  each(begin: number, end: number, mark: (row: number) => void): void {
    for (let at = this.#lowerBound(begin); at < this.#rows.length && this.#rows[at] < end; at++) mark(this.#rows[at]);
  }

  #lowerBound(row: number): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle] < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
