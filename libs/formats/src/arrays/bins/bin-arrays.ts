import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../foreign-content.ts";
import type { ArrayHeader } from "../array-column.ts";
import type { ArraySet } from "../array-set.ts";
import { parseDtype } from "../dtype.ts";
import { arraySet, baseName, MAX_DIM, malformed, readPart, vectorsOf } from "../one-file.ts";

/** Of `.fbin` and its like. */
export interface BinKind {
  readonly name: string;
  readonly extension: string;
  /** Of the elements. */
  readonly descr: string;
}

const HEADER_BYTES = 8;

/**
 * The vectors of a file: rows and dimension as 32-bit numbers, then the elements, row after row.
 * @param options `allow_truncated`: of a file that was fetched in part, the rows that it has
 */
export function binArrays(
  source: SourceFile,
  { name, extension, descr }: BinKind,
  options: Readonly<Record<string, string>>,
): ArraySet {
  const isPartTaken = options.allow_truncated?.toLowerCase() === "true";
  const header = (signal: AbortSignal | undefined) => readHeader(source, descr, isPartTaken, signal);
  return arraySet(`${name} file`, [{ name: baseName(source, extension), source, header, ...vectorsOf(descr) }]);
}

async function readHeader(
  source: SourceFile,
  descr: string,
  isPartTaken: boolean,
  signal?: AbortSignal,
): Promise<ArrayHeader> {
  const view = await readPart(source, 0, HEADER_BYTES, "its header of 8 bytes", signal);
  const [rowCount, dim] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (dim < 1 || dim > MAX_DIM) {
    const reason = `its header tells ${rowCount} rows of dimension ${dim}, which is not from 1 to ${MAX_DIM}`;
    throw await withContent(malformed(reason, 4), source, signal);
  }
  const rowBytes = dim * (parseDtype(descr)?.itemBytes ?? 0);
  const rows = Math.floor((source.sizeBytes - HEADER_BYTES) / rowBytes);
  checkSize(source, { rowCount, dim, rowBytes }, isPartTaken);
  return { descr, fortranOrder: false, shape: [Math.min(rows, rowCount), dim], dataOffset: HEADER_BYTES };
}

interface Claim {
  readonly rowCount: number;
  readonly dim: number;
  readonly rowBytes: number;
}

function checkSize({ sizeBytes }: SourceFile, { rowCount, dim, rowBytes }: Claim, isPartTaken: boolean): void {
  const end = HEADER_BYTES + rowCount * rowBytes;
  if (sizeBytes === end) return;
  const claim = `its header tells ${rowCount} rows of dimension ${dim}, which end at byte ${end}`;
  if (sizeBytes < end && isPartTaken) return;
  if (sizeBytes < end) {
    const reason = `the file is cut short: ${claim}, and it has ${sizeBytes} bytes; with the option allow_truncated=true the rows that are whole are imported`;
    const row = Math.max(0, Math.floor((sizeBytes - HEADER_BYTES) / rowBytes));
    throw new ImportError("malformed_file", reason, { row, byteOffset: sizeBytes });
  }
  // So many neighbours a query, as int32, and their distances, as float32.
  if (sizeBytes === HEADER_BYTES + rowCount * dim * 8)
    throw malformed(`it holds the true neighbours of ${rowCount} queries, not vectors`, HEADER_BYTES);
  throw malformed(`${claim}, and ${sizeBytes - end} bytes follow: the elements are not what the file's name says`, end);
}
