import { excerpt, ImportError } from "@sluice/errors";
import type { FileCursor } from "../file-cursor.ts";
import { malformed } from "../one-file.ts";
import { withEqualVectors } from "./equal-vectors.ts";
import { type IndexHeader, readHeader } from "./index-header.ts";
import { readInvertedLists } from "./inverted-lists.ts";
import { multiIndex, PRODUCT, productQuantizer, readQuantizer, scalar, skipProductQuantizer } from "./quantizers.ts";
import { skipHnsw, skipNnDescent, skipNsg } from "./skip-graph.ts";
import type { StoredVectors, VectorCodes } from "./stored-vectors.ts";
import { unreadIndexes } from "./unread-indexes.ts";

// Layouts of FAISS's index files. Source: faiss/impl/index_write.cpp, the same from 1.5.3 (2019) to 1.15 (2026).

/** Indexes in indexes; the deepest that FAISS's factory makes has four levels. */
const MAX_DEPTH = 8;
const POSITION = { kind: "position" } as const;
const EXACT: VectorCodes = { kind: "exact" };

type Layout = (cursor: FileCursor, header: IndexHeader, depth: number) => Promise<StoredVectors>;

const hnsw = behindGraph(skipHnsw);
const layouts: Readonly<Record<string, Layout | undefined>> = {
  ...{ IxF2: flat, IxFI: flat, IxFl: flat, IBxF: flat },
  ...{ IxMp: idMap, IxM2: idMap, IBMp: idMap, IBM2: idMap },
  ...{ IwFl: ivfFlat, IBwF: ivfFlat, IwFd: ivfDedup },
  ...{ IHNf: hnsw, IHNs: hnsw, IHNp: hnsw, IH00: hnsw, IBHf: hnsw },
  ...{ INSf: behindGraph(skipNsg), INNf: behindGraph(skipNnDescent) },
  ...{ IxSQ: scalar, IwSq: ivfScalar },
  ...{ IxPq: productQuantizer, IwPQ: ivfProductQuantizer },
  ...{ IxRF: refine, Imiq: multiIndex },
};

/**
 * Reads one index, with those in it, and stands behind it then.
 * @throws {ImportError} `malformed_file` with the byte; `unsupported` for one whose vectors cannot be found
 */
export async function parseIndex(cursor: FileCursor, depth = 0): Promise<StoredVectors> {
  const at = cursor.position;
  const fourcc = await cursor.text(4);
  const layout = Object.hasOwn(layouts, fourcc) ? layouts[fourcc] : undefined;
  if (!layout) throw unknownIndex(fourcc, at);
  if (depth > MAX_DEPTH) throw malformed(`more than ${MAX_DEPTH} indexes lie in each other`, at);
  const header = await readHeader(cursor, fourcc.startsWith("IB"));
  return layout(cursor, header, depth + 1);
}

function unknownIndex(fourcc: string, at: number): ImportError {
  const reversed = [...fourcc].reverse().join("");
  if (Object.hasOwn(layouts, reversed))
    return unsupported("it was written by a big-endian machine: write it again on another one");
  const name = unreadIndexes(fourcc);
  if (name !== undefined) return unsupported(name);
  return malformed(`it is no FAISS index, or one of a kind that is not known: '${excerpt(fourcc)}'`, at);
}

function unsupported(why: string): ImportError {
  return new ImportError("unsupported", `the FAISS index cannot be imported: ${why}`);
}

async function flat(cursor: FileCursor, header: IndexHeader): Promise<StoredVectors> {
  // Of floats the count is that of the floats, of bits that of the bytes.
  const { start, count } = await cursor.skipVector(header.isBinary ? 1 : 4, "vectors");
  const wanted = header.rowCount * (header.isBinary ? header.codeBytes : header.dim);
  if (count !== wanted) throw malformed(`its vectors are ${count} elements, and should be ${wanted}`, start - 8);
  return { ...header, codes: EXACT, place: start, ids: POSITION };
}

async function idMap(cursor: FileCursor, header: IndexHeader, depth: number): Promise<StoredVectors> {
  const inner = await parseIndex(cursor, depth);
  const { start, count } = await cursor.skipVector(8, "ids");
  if (count !== inner.rowCount || count !== header.rowCount)
    throw malformed(`it has ${count} ids for ${inner.rowCount} vectors`, start - 8);
  const { ids } = inner;
  if (ids.kind === "position") return { ...inner, metric: header.metric, ids: { kind: "table", offset: start } };
  if (ids.kind !== "lists") throw unsupported("ids of ids (an IDMap in an IDMap) are not read");
  return { ...inner, metric: header.metric, ids: { kind: "mapped", lists: ids.lists, offset: start } };
}

/** Lists and how vectors were told among them; the latter is passed over. */
async function ivfHeader(cursor: FileCursor, depth: number): Promise<number> {
  const listCount = await cursor.count("the number of lists");
  await cursor.count("the number of lists to look into");
  await parseIndex(cursor, depth);
  await skipDirectMap(cursor);
  return listCount;
}

async function skipDirectMap(cursor: FileCursor): Promise<void> {
  const type = await cursor.u8();
  if (type > 2) throw malformed(`its direct map is of type ${type}`, cursor.position - 1);
  await cursor.skipVector(8, "entries of its direct map");
  if (type === 2) await cursor.skipVector(16, "pairs of its direct map");
}

async function ivfFlat(cursor: FileCursor, header: IndexHeader, depth: number): Promise<StoredVectors> {
  const listCount = await ivfHeader(cursor, depth);
  return inLists(cursor, header, listCount, header.codeBytes, EXACT);
}

/** Of equal vectors one is in the lists, and of the others their ids, each behind the id of the one that they equal. */
async function ivfDedup(cursor: FileCursor, header: IndexHeader, depth: number): Promise<StoredVectors> {
  const listCount = await ivfHeader(cursor, depth);
  const { start: offset, count: numbers } = await cursor.skipVector(8, "ids of equal vectors");
  const lists = await readInvertedLists(cursor, listCount, header.codeBytes);
  const rows = await withEqualVectors(cursor.source, { lists, offset, count: Math.floor(numbers / 2) }, cursor.signal);
  if (numbers % 2 !== 0 || rows.rowCount !== header.rowCount) {
    const reason = `its lists hold ${lists.rowCount} vectors, ${numbers / 2} others equal them, and it tells of ${header.rowCount}`;
    throw malformed(reason, offset - 8);
  }
  return { ...header, codes: EXACT, place: rows, ids: { kind: "lists", lists: rows } };
}

async function inLists(
  cursor: FileCursor,
  header: IndexHeader,
  listCount: number,
  codeBytes: number,
  codes: VectorCodes,
): Promise<StoredVectors> {
  const lists = await readInvertedLists(cursor, listCount, codeBytes);
  if (lists.rowCount !== header.rowCount) {
    const reason = `its lists hold ${lists.rowCount} vectors, and it tells of ${header.rowCount}: it is damaged, or vectors were removed in place`;
    throw malformed(reason, cursor.position);
  }
  return { ...header, codes, place: lists, ids: { kind: "lists", lists } };
}

/** Behind a graph stands an index that has the vectors. */
function behindGraph(skipGraph: (cursor: FileCursor, header: IndexHeader) => Promise<void>): Layout {
  return async (cursor, header, depth) => {
    await skipGraph(cursor, header);
    const storage = await parseIndex(cursor, depth);
    if (storage.rowCount !== header.rowCount)
      throw malformed(`its graph has ${header.rowCount} vectors, its storage ${storage.rowCount}`, cursor.position);
    return { ...storage, metric: header.metric };
  };
}

async function ivfScalar(cursor: FileCursor, header: IndexHeader, depth: number): Promise<StoredVectors> {
  const listCount = await ivfHeader(cursor, depth);
  const quantizer = await readQuantizer(cursor);
  const codeBytes = await cursor.count("the bytes of a code");
  const isResidual = (await cursor.u8()) !== 0;
  const codes: VectorCodes = isResidual
    ? { kind: "none", what: "an IVF index of quantized residuals" }
    : { kind: "scalar", quantizer };
  return inLists(cursor, header, listCount, codeBytes, codes);
}

async function ivfProductQuantizer(cursor: FileCursor, header: IndexHeader, depth: number): Promise<StoredVectors> {
  const listCount = await ivfHeader(cursor, depth);
  await cursor.u8();
  const codeBytes = await cursor.count("the bytes of a code");
  await skipProductQuantizer(cursor);
  return inLists(cursor, header, listCount, codeBytes, PRODUCT);
}

/** What refines the results of another index has the vectors themselves. */
async function refine(cursor: FileCursor, header: IndexHeader, depth: number): Promise<StoredVectors> {
  await parseIndex(cursor, depth);
  const refined = await parseIndex(cursor, depth);
  cursor.skip(1, 4, "its factor");
  return { ...refined, metric: header.metric };
}
