import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Column } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import { RowStore } from "./row-store.ts";

/** Rows that are gathered before they are written. */
const BUFFER_BYTES = 256 << 10;
/** Rows that go into the buffer before it is asked whether it is full. */
const ROWS_AT_ONCE = 2048;
/** Values begin where typed views may be laid over them. */
const ALIGN = 8;

/** Rows as they come back, in memory of their own. */
export interface SpilledBatch {
  readonly rowCount: number;
  readonly columns: readonly Column[];
}

let lastFile = 0;

/**
 * Rows on the worker's disk, written one behind the other and then read in the same order, as often as needed. The file has no
 * name: it lies in the system's folder for temporary files (`TMPDIR`) and is gone with the process, however that ends.
 */
export class Spill implements AsyncDisposable {
  readonly #fields: readonly FieldSchema[];
  readonly #file: FileHandle;
  readonly #buffer: RowStore;
  /** Of the batches, in order. */
  readonly #ends: number[] = [0];
  #rowCount = 0;
  /** Of the values in memory. */
  #bytes = 0;

  private constructor(fields: readonly FieldSchema[], file: FileHandle) {
    this.#fields = fields;
    this.#file = file;
    this.#buffer = new RowStore(fields);
  }

  /** @throws {ImportError} `object_store_refused` when the disk does not take it */
  static async open(fields: readonly FieldSchema[]): Promise<Spill> {
    const path = join(tmpdir(), `sluice-merge-${process.pid}-${++lastFile}`);
    const file = await onDisk(() => open(path, "wx+"));
    await onDisk(() => unlink(path));
    return new Spill(fields, file);
  }

  /** With those that wait to be written. */
  get rowCount(): number {
    return this.#rowCount + this.#buffer.rowCount;
  }

  /** On the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Some rows of a batch. @param columns parallel to the fields @throws {ImportError} as `flush` */
  async append(columns: readonly Column[], rows: Uint32Array): Promise<void> {
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const some = rows.subarray(at, at + ROWS_AT_ONCE);
      this.#buffer.appendSome(columns, { count: some.length, rows: some });
      if (this.#buffer.filledBytes >= BUFFER_BYTES) await this.flush();
    }
  }

  /** Writes what is gathered. @throws {ImportError} `object_store_refused` when the disk does not take it */
  async flush(): Promise<void> {
    const { rowCount } = this.#buffer;
    if (rowCount === 0) return;
    const pieces = encode(this.#buffer.all(), rowCount);
    const start = this.#ends[this.#ends.length - 1];
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    await onDisk(async () => {
      const { bytesWritten } = await this.#file.writev(pieces, start);
      if (bytesWritten !== size)
        await writeRest(this.#file, Buffer.concat(pieces).subarray(bytesWritten), start + bytesWritten);
    });
    this.#ends.push(start + size);
    this.#rowCount += rowCount;
    this.#bytes += size;
    this.#buffer.clear();
  }

  /** All rows that were flushed, in order; each batch has memory of its own. */
  async *batches(): AsyncGenerator<SpilledBatch> {
    for (let i = 0; i + 1 < this.#ends.length; i++) {
      const bytes = new Uint8Array(this.#ends[i + 1] - this.#ends[i]);
      let at = 0;
      while (at < bytes.length) {
        const { bytesRead } = await onDisk(() => this.#file.read(bytes, at, bytes.length - at, this.#ends[i] + at));
        if (bytesRead === 0)
          throw new ImportError("internal", "a temporary file of a merge is shorter than it was written");
        at += bytesRead;
      }
      yield decode(bytes, this.#fields);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#buffer[Symbol.dispose]();
    await this.#file.close();
  }
}

async function writeRest(file: FileHandle, rest: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < rest.length; ) at += (await file.write(rest, at, rest.length - at, position + at)).bytesWritten;
}

async function onDisk<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const reason = `rows of a merge do not fit into memory and cannot be put aside in ${tmpdir()}: ${(error as Error).message}; make room there, or set TMPDIR to another folder`;
    throw new ImportError("object_store_refused", reason, undefined, { cause: error });
  }
}

/** Number of rows, then of each column: whether it has nulls, its bytes; offsets where it has such; the values. */
function encode(columns: readonly Column[], rowCount: number): Uint8Array[] {
  const head = new Uint32Array(2 * Math.ceil((1 + 2 * columns.length) / 2));
  head[0] = rowCount;
  const pieces: Uint8Array[] = [new Uint8Array(head.buffer)];
  for (const [i, column] of columns.entries()) {
    head[1 + 2 * i] = column.validity ? 1 : 0;
    head[2 + 2 * i] = column.data.length;
    if (column.validity) pieces.push(...padded(column.validity));
    if (column.kind === "var") pieces.push(...padded(bytesOf(column.offsets.subarray(0, rowCount + 1))));
    pieces.push(...padded(column.data));
  }
  return pieces.filter((piece) => piece.length > 0);
}

/** They may lie anywhere in the memory of a thread. */
function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function padded(bytes: Uint8Array): Uint8Array[] {
  return [bytes, new Uint8Array((ALIGN - (bytes.length % ALIGN)) % ALIGN)];
}

function decode(bytes: Uint8Array<ArrayBuffer>, fields: readonly FieldSchema[]): SpilledBatch {
  const headWords = 2 * Math.ceil((1 + 2 * fields.length) / 2);
  const head = new Uint32Array(bytes.buffer, 0, headWords);
  const rowCount = head[0];
  let at = 4 * headWords;
  const take = (length: number) => {
    const part = bytes.subarray(at, at + length);
    at += length + ((ALIGN - (length % ALIGN)) % ALIGN);
    return part;
  };
  const columns = fields.map((field, i): Column => {
    const validity = head[1 + 2 * i] === 1 ? take(rowCount) : undefined;
    const width = fixedWidth(field);
    if (width > 0) return { kind: "fixed", width, data: take(head[2 + 2 * i]), validity };
    const offsetBytes = take(4 * (rowCount + 1));
    const offsets = new Uint32Array(offsetBytes.buffer, offsetBytes.byteOffset, rowCount + 1);
    return { kind: "var", offsets, data: take(head[2 + 2 * i]), validity };
  });
  return { rowCount, columns };
}
