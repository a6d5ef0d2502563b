import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType } from "@sluice/schema";
import type { ArrayHeader } from "../array-column.ts";
import type { NamedArray } from "../array-set.ts";
import { csrHeader, type Numbers } from "../csr-rows.ts";
import { parseDtype } from "../dtype.ts";
import { readNpyHeader } from "../npy/npy-arrays.ts";

/** Whether members of an archive are one matrix of `scipy.sparse.save_npz`. */
export function isSparseMatrix(names: ReadonlySet<string>): boolean {
  const has = (...members: string[]) => members.every((member) => names.has(member));
  return has("data", "format", "shape") && (has("indices", "indptr") || has("row", "col") || has("offsets"));
}

/**
 * The one array of such an archive: its rows are sparse vectors, or not read in other forms than compressed rows.
 * @param name of the array @param member opens a member
 */
export function sparseMatrix(
  name: string,
  source: SourceFile,
  member: (name: string) => SourceFile | undefined,
): NamedArray {
  const read = async (signal: AbortSignal | undefined): Promise<ArrayHeader> => {
    const [indptr, indices, values] = ["indptr", "indices", "data"].map(member);
    if ((await formatOf(member("format"), signal)) !== "csr" || !indptr || !indices || !values) throw notRows();
    const [starts, places] = [await numbersOf(indptr, signal), await numbersOf(indices, signal)];
    return csrHeader({ indptr: starts, indices: places, values: await numbersOf(values, signal) }, signal);
  };
  // Compressed members are read once at a time, and whoever numbers the rows asks too.
  let found: Promise<ArrayHeader> | undefined;
  const header = (signal: AbortSignal | undefined) => {
    found ??= read(signal);
    return found;
  };
  return { name, source, header, role: "vectors", dataType: DataType.SparseFloatVector };
}

function notRows(): ImportError {
  return new ImportError(
    "unsupported",
    "the archive is a sparse matrix of SciPy that is not stored by rows: save it with scipy.sparse.save_npz(file, matrix.tocsr())",
  );
}

/** `csr`, `csc`, `coo` …, which SciPy stores as bytes. */
async function formatOf(file: SourceFile | undefined, signal: AbortSignal | undefined): Promise<string> {
  if (!file) return "";
  const { dataOffset } = await readNpyHeader(file, signal);
  const text = new Uint8Array(12);
  const length = await file.readInto(dataOffset, text, signal);
  return Buffer.from(text.subarray(0, length)).toString("latin1").replaceAll("\0", "");
}

async function numbersOf(source: SourceFile, signal: AbortSignal | undefined): Promise<Numbers> {
  const { descr, shape, dataOffset } = await readNpyHeader(source, signal);
  const dtype = parseDtype(descr);
  const kind = dtype?.kind;
  if (!dtype || kind === undefined || dtype.bigEndian || shape.length !== 1) {
    const reason = `'${source.path}' has ${shape.length} dimensions of type ${excerpt(descr)}, where a sparse matrix has one of little-endian numbers`;
    throw new ImportError("unsupported", reason);
  }
  return { source, offset: dataOffset, count: shape[0], dtype: { ...dtype, kind } };
}
