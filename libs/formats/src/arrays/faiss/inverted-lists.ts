import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { FileCursor } from "../file-cursor.ts";
import { malformed } from "../one-file.ts";
import { type RowSource, shortened } from "../row-source.ts";

/** Greatest number of lists. A billion vectors have some hundred thousand. */
const MAX_LISTS = 1 << 24;
const ID_BYTES = 8;
/** Reads in flight for rows that lie in several lists. */
const READS = 16;

/** Rows with ids of their own. */
export interface RowsInLists {
  readonly codeBytes: number;
  readonly rowCount: number;
  readonly codes: RowSource;
  readonly ids: RowSource;
}

/** Rows in lists, of each its codes and behind them its ids. */
export class ListRows implements RowsInLists {
  readonly codeBytes: number;
  readonly rowCount: number;
  readonly #source: SourceFile;
  /** Of each list that is not empty: its first row, and where its codes begin; one more at the end. */
  readonly #firstRows: Float64Array;
  readonly #offsets: Float64Array;

  constructor(source: SourceFile, codeBytes: number, firstRows: Float64Array, offsets: Float64Array) {
    this.#source = source;
    this.codeBytes = codeBytes;
    this.#firstRows = firstRows;
    this.#offsets = offsets;
    this.rowCount = firstRows[firstRows.length - 1];
  }

  /** `codeBytes` a row. */
  get codes(): RowSource {
    return this.#rows(this.codeBytes, (list) => this.#offsets[list]);
  }

  /** Int64. */
  get ids(): RowSource {
    return this.#rows(ID_BYTES, (list) => this.#offsets[list] + this.#sizeOf(list) * this.codeBytes);
  }

  #sizeOf(list: number): number {
    return this.#firstRows[list + 1] - this.#firstRows[list];
  }

  #rows(rowBytes: number, startOf: (list: number) => number): RowSource {
    const offsetIn = (list: number, row: number) => startOf(list) + (row - this.#firstRows[list]) * rowBytes;
    return {
      offsetOf: (row) => offsetIn(this.#listOf(row), row),
      read: async (firstRow, rows, target, signal) => {
        const end = firstRow + rows;
        const reads: Promise<void>[] = [];
        for (let list = rows > 0 ? this.#listOf(firstRow) : 0, row = firstRow; row < end; list++) {
          const count = Math.min(end, this.#firstRows[list + 1]) - row;
          const part = target.subarray((row - firstRow) * rowBytes, (row - firstRow + count) * rowBytes);
          reads.push(this.#read(offsetIn(list, row), part, signal));
          row += count;
          if (reads.length === READS) await Promise.all(reads.splice(0));
        }
        await Promise.all(reads);
      },
    };
  }

  async #read(position: number, target: Uint8Array, signal: AbortSignal): Promise<void> {
    const count = await this.#source.readInto(position, target, signal);
    if (count < target.length) throw shortened(position + count);
  }

  /** The list that holds a row. */
  #listOf(row: number): number {
    let [low, high] = [0, this.#firstRows.length - 2];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#firstRows[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/**
 * Reads the sizes of inverted lists and passes over their content.
 * @param listCount, codeBytes as the index tells
 * @throws {ImportError} `malformed_file`; `unsupported` where the lists are in another file
 */
export async function readInvertedLists(cursor: FileCursor, listCount: number, codeBytes: number): Promise<ListRows> {
  await checkKind(cursor);
  const found = {
    lists: await cursor.count("the number of lists"),
    codeBytes: await cursor.count("the bytes of a code"),
  };
  if (found.lists !== listCount || found.codeBytes !== codeBytes) {
    const reason = `the inverted lists are ${found.lists} with codes of ${found.codeBytes} bytes, the index wants ${listCount} of ${codeBytes}`;
    throw malformed(reason, cursor.position - 16);
  }
  const sizes = await readSizes(cursor, listCount);
  const firstRows = new Float64Array(sizes.length + 1);
  const offsets = new Float64Array(sizes.length);
  for (let list = 0; list < sizes.length; list++) {
    firstRows[list + 1] = firstRows[list] + sizes[list];
    offsets[list] = cursor.skip(sizes[list], codeBytes + ID_BYTES, `an inverted list of ${sizes[list]} vectors`);
  }
  return new ListRows(cursor.source, codeBytes, firstRows, offsets);
}

async function checkKind(cursor: FileCursor): Promise<void> {
  const kind = await cursor.text(4);
  if (kind === "ilar") return;
  const elsewhere =
    kind === "ilod"
      ? "its inverted lists are in a file of their own (OnDiskInvertedLists): write the index with lists in memory"
      : kind === "il00"
        ? "it was saved without its inverted lists, in which the vectors are"
        : `its inverted lists are of the kind '${kind}', which is not read`;
  throw new ImportError("unsupported", `the FAISS index cannot be imported: ${elsewhere}`);
}

/** Sizes of the lists that are not empty, in order. */
async function readSizes(cursor: FileCursor, listCount: number): Promise<Float64Array> {
  const form = await cursor.text(4);
  const count = await cursor.count("the number of list sizes");
  const isSparse = form === "sprs";
  const isKnown = isSparse ? count % 2 === 0 && count <= 2 * listCount : form === "full" && count === listCount;
  if (!isKnown)
    throw malformed(
      `the sizes of ${listCount} inverted lists are ${count} numbers of the form '${form}'`,
      cursor.position,
    );
  if (listCount > MAX_LISTS)
    throw malformed(`it has ${listCount} inverted lists, more than ${MAX_LISTS}`, cursor.position);
  if (count * 8 > cursor.bytesLeft)
    throw malformed("it ends inside the sizes of its inverted lists", cursor.source.sizeBytes);
  const sizes = new Float64Array(isSparse ? count / 2 : count);
  let filled = 0;
  for (let i = 0; i < count; i += isSparse ? 2 : 1) {
    if (isSparse) await cursor.count("the number of a list");
    const size = await cursor.count("the size of a list");
    if (size > 0) sizes[filled++] = size;
  }
  return sizes.subarray(0, filled);
}
