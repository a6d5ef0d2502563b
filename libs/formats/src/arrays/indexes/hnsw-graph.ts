import type { SourceFile } from "@sluice/object-store";
import type { ArrayHeader } from "../array-column.ts";
import type { NamedArray } from "../array-set.ts";
import { MAX_DIM, malformed, readPart } from "../one-file.ts";
import { Records } from "../records.ts";
import type { LiveRows } from "../row-source.ts";

/** Greatest record of an element: the widest vector, and links by the thousand. */
const MAX_RECORD_BYTES = 1 << 20;
const HEADER_BYTES = 96;
const LABEL_BYTES = 8;
const DELETED_BYTE = 2;

/** How the elements of a hierarchical graph lie: links, vector and label of each in one record. */
export interface HnswHeader {
  readonly rowCount: number;
  readonly recordBytes: number;
  readonly vectorAt: number;
  readonly vectorBytes: number;
  readonly labelAt: number;
}

/** Elements as hnswlib saves them. */
export interface HnswGraph extends HnswHeader {
  readonly records: Records;
}

/**
 * Reads the header of a graph, which tells neither metric nor dimension: where vector and label stand in a record tells its size.
 * Source: `saveIndex` of hnswlib 0.8.
 * @param at where it begins
 * @throws {ImportError} `malformed_file` where its numbers do not fit each other
 */
export async function readHnswHeader(source: SourceFile, at: number, signal: AbortSignal): Promise<HnswHeader> {
  const view = await readPart(source, at, HEADER_BYTES, "the header of its graph", signal);
  const number = (offset: number) => Number(view.getBigUint64(offset, true));
  const [level0, rowCount, recordBytes] = [number(0), number(16), number(24)];
  const [labelAt, vectorAt, links] = [number(32), number(40), number(64)];
  const vectorBytes = labelAt - vectorAt;
  const fits =
    level0 === 0 &&
    rowCount <= number(8) &&
    vectorAt === 4 * (links + 1) &&
    recordBytes === labelAt + LABEL_BYTES &&
    recordBytes <= MAX_RECORD_BYTES &&
    vectorBytes > 0 &&
    vectorBytes <= 4 * (MAX_DIM + 1);
  if (!fits) throw malformed("its header is none of hnswlib: the sizes in it do not fit each other", at);
  return { rowCount, recordBytes, vectorAt, vectorBytes, labelAt };
}

/** @throws {ImportError} as `readHnswHeader` */
export async function readHnswGraph(source: SourceFile, at: number, signal: AbortSignal): Promise<HnswGraph> {
  const header = await readHnswHeader(source, at, signal);
  const { rowCount, recordBytes } = header;
  const offset = at + HEADER_BYTES;
  // Behind the elements stand the upper links of each, of no bytes at least.
  const end = offset + rowCount * (recordBytes + 4);
  if (end > source.sizeBytes) {
    const reason = `its ${rowCount} elements of ${recordBytes} bytes end at byte ${end} or later, it has ${source.sizeBytes} bytes`;
    throw malformed(reason, source.sizeBytes);
  }
  const records = new Records({ source, offset, recordBytes });
  return { ...header, records };
}

/** The labels of a graph, as given. */
export function labelArray({ records, rowCount, labelAt }: HnswGraph): NamedArray {
  const rows = records.part(labelAt, LABEL_BYTES);
  const header = async (): Promise<ArrayHeader> => ({
    ...{ descr: "<i8", fortranOrder: false, shape: [rowCount], dataOffset: 0, rows },
  });
  return { name: "id", source: records.layout.source, role: "keys", header };
}

/** Elements that were marked as deleted keep their place and vector. */
export function liveElements({ records }: HnswGraph): LiveRows {
  const { recordBytes } = records.layout;
  return {
    why: "marked as deleted in the index",
    read: async (firstRow, rows, target, signal) => {
      const bytes = await records.read(firstRow, rows, signal);
      for (let row = 0; row < rows; row++) target[row] = bytes[row * recordBytes + DELETED_BYTE] & 1 ? 0 : 1;
    },
  };
}

/** Vectors looked at to tell whether all have length 1. */
const LOOKED_AT = 64;

/** Whether the first vectors have length 1, as all have that an index normalised. */
export async function areNormalized(
  { records, rowCount, vectorAt }: HnswGraph,
  dim: number,
  signal: AbortSignal,
): Promise<boolean> {
  const rows = Math.min(rowCount, LOOKED_AT);
  const { recordBytes } = records.layout;
  const bytes = await records.read(0, rows, signal);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let k = 0; k < dim; k++) square += bytes.readFloatLE(row * recordBytes + vectorAt + 4 * k) ** 2;
    if (Math.abs(square - 1) > 1e-3) return false;
  }
  return rows > 0;
}
