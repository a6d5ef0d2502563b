import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../foreign-content.ts";
import type { ArrayHeader } from "../array-column.ts";
import type { ArraySet } from "../array-set.ts";
import { parseDtype } from "../dtype.ts";
import { arraySet, baseName, MAX_DIM, malformed, readPart, vectorsOf } from "../one-file.ts";
import { Records } from "../records.ts";

/** Of `.fvecs` and its like. */
export interface VecsKind {
  readonly name: string;
  readonly extension: string;
  /** Of the elements. */
  readonly descr: string;
}

const DIM_BYTES = 4;

/** The vectors of a file: records of an int32 with the dimension and so many elements. */
export function vecsArrays(source: SourceFile, { name, extension, descr }: VecsKind): ArraySet {
  const header = (signal: AbortSignal | undefined) => readHeader(source, descr, signal);
  const title = `${name} file`;
  return arraySet(title, [{ name: baseName(source, extension), source, header, ...vectorsOf(descr) }]);
}

async function readHeader(source: SourceFile, descr: string, signal?: AbortSignal): Promise<ArrayHeader> {
  const array = { descr, fortranOrder: false, dataOffset: 0 };
  if (source.sizeBytes === 0) throw malformed("it is empty, and no vector tells the dimension", 0);
  const dim = (await readPart(source, 0, DIM_BYTES, "the dimension of the first vector", signal)).getInt32(0, true);
  if (dim < 1 || dim > MAX_DIM) {
    const reason = `the first vector has the dimension ${dim}, which is not from 1 to ${MAX_DIM}`;
    throw await withContent(malformed(reason, 0), source, signal);
  }
  const rowBytes = dim * (parseDtype(descr)?.itemBytes ?? 0);
  const recordBytes = DIM_BYTES + rowBytes;
  const rowCount = Math.floor(source.sizeBytes / recordBytes);
  const check = checkDims(dim, recordBytes);
  const records = new Records({ source, offset: 0, recordBytes, check });
  if (source.sizeBytes % recordBytes !== 0) await refuseSize(source, records, rowCount, signal);
  return { ...array, shape: [rowCount, dim], rows: records.part(DIM_BYTES, rowBytes), pitchBytes: recordBytes };
}

/** Files of several dimensions are put together easily; read by the first one they would be noise from the second on. */
function checkDims(dim: number, recordBytes: number) {
  return (bytes: Uint8Array, firstRow: number, rows: number): void => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let row = 0; row < rows; row++) {
      const found = view.getInt32(row * recordBytes, true);
      if (found !== dim) throw otherDim(dim, found, firstRow + row, recordBytes);
    }
  };
}

function otherDim(dim: number, found: number, row: number, recordBytes: number): ImportError {
  const reason = `row ${row} has the dimension ${found}, the rows before it have ${dim}: the file is damaged, or was put together from several`;
  return new ImportError("malformed_file", reason, { row, byteOffset: row * recordBytes });
}

/** Bytes that are searched for another dimension before a file is said to be cut short. */
const SEARCHED_BYTES = 64 << 20;

/** The beginning of a row that has not the bytes of the others: it may be of another dimension. */
async function checkLast(source: SourceFile, { layout }: Records, row: number, signal: AbortSignal): Promise<void> {
  const { recordBytes } = layout;
  const view = await readPart(source, row * recordBytes, DIM_BYTES, "the dimension of the last vector", signal);
  layout.check?.(new Uint8Array(view.buffer, view.byteOffset, DIM_BYTES), row, 1);
}

async function refuseSize(
  source: SourceFile,
  records: Records,
  rowCount: number,
  signal = new AbortController().signal,
): Promise<never> {
  const { recordBytes } = records.layout;
  const step = Math.max(1, Math.floor((1 << 20) / recordBytes));
  const searched = Math.min(rowCount, Math.floor(SEARCHED_BYTES / recordBytes));
  for (let row = 0; row < searched; row += step) await records.read(row, Math.min(step, searched - row), signal);
  const rest = source.sizeBytes - rowCount * recordBytes;
  if (rest >= DIM_BYTES) await checkLast(source, records, rowCount, signal);
  const reason = `the file is cut short: row ${rowCount} needs ${recordBytes} bytes, and has ${rest}`;
  throw new ImportError("malformed_file", reason, { row: rowCount, byteOffset: source.sizeBytes });
}
