import type { SourceFile } from "@sluice/object-store";
import { DataType } from "@sluice/schema";
import { withContent } from "../../foreign-content.ts";
import { arrayFormat } from "../array-format.ts";
import { csrHeader, type Numbers } from "../csr-rows.ts";
import { arraySet, baseName, malformed, readPart } from "../one-file.ts";

const HEADER_BYTES = 24;

/**
 * A sparse matrix of the big-ann benchmarks: rows, columns and values as 64-bit numbers, then where rows begin, 32-bit indices, and
 * 32-bit values. Source: big-ann-benchmarks, `dataset_io.py`, `read_sparse_matrix`.
 */
export const csrFormat = arrayFormat({
  name: "csr",
  title: "CSR file",
  extensions: [".csr", ".spmat"],
  grouping: "rows",
  mixesAs: "arrays",
  arraysOf: ([source]) => {
    const name = baseName(source, source.path.toLowerCase().endsWith(".csr") ? ".csr" : ".spmat");
    const header = (signal: AbortSignal | undefined) => headerOf(source, signal);
    return arraySet("CSR file", [{ name, source, header, role: "vectors", dataType: DataType.SparseFloatVector }]);
  },
});

async function headerOf(source: SourceFile, signal: AbortSignal | undefined) {
  const view = await readPart(source, 0, HEADER_BYTES, "its header of 24 bytes", signal);
  const [rowCount, columns, count] = [0, 8, 16].map((at) => Number(view.getBigInt64(at, true)));
  const indices = HEADER_BYTES + 8 * (rowCount + 1);
  const end = indices + 8 * count;
  if (rowCount < 0 || count < 0 || end !== source.sizeBytes) {
    const reason = `its header tells ${rowCount} rows of ${columns} columns and ${count} values, which end at byte ${end}, and it has ${source.sizeBytes} bytes`;
    throw await withContent(malformed(reason, 0), source, signal);
  }
  const numbers = (offset: number, kind: "int64" | "int32" | "float", length: number): Numbers => {
    const itemBytes = kind === "int64" ? 8 : 4;
    const code = kind === "int64" ? "i8" : kind === "int32" ? "i4" : "f4";
    return { source, offset, count: length, dtype: { code, bigEndian: false, itemBytes, kind, unit: undefined } };
  };
  return csrHeader(
    {
      indptr: numbers(HEADER_BYTES, "int64", rowCount + 1),
      indices: numbers(indices, "int32", count),
      values: numbers(indices + 4 * count, "float", count),
    },
    signal,
  );
}
