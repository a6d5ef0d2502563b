import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../foreign-content.ts";
import type { ArrayHeader } from "../array-column.ts";
import type { ArraySet, NamedArray } from "../array-set.ts";
import { FileCursor } from "../file-cursor.ts";
import { arraySet, numbersOf } from "../one-file.ts";
import { type RowSource, rowNumbers, rowsAt } from "../row-source.ts";
import { mappedIds } from "./mapped-ids.ts";
import { parseIndex } from "./parse-index.ts";
import { codeNames, scalarHeader } from "./scalar-codes.ts";
import type { StoredVectors } from "./stored-vectors.ts";

/** Metrics that collections have, of floats: inner product and L2. */
const KNOWN_METRICS = 1;

/**
 * The vectors of an index as the array `vector`, and their ids as `id`: those that were given, else positions.
 * @param options `allow_lossy`: vectors that are kept as codes of fewer bits are imported as what they are now
 */
export async function faissArrays(
  source: SourceFile,
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ArraySet> {
  const cursor = new FileCursor(source, signal);
  const stored = await parseIndex(cursor).catch(async (error: unknown) => {
    throw await withContent(error, source, signal);
  });
  const isLossyTaken = options.allow_lossy?.toLowerCase() === "true";
  const header = vectorHeader(source, stored, isLossyTaken);
  const whatOf = stored.codes.kind === "scalar" ? numbersOf(header.descr) : {};
  const vectors: NamedArray = { name: "vector", source, header: async () => header, role: "vectors", ...whatOf };
  return {
    ...arraySet("FAISS index", [vectors, idArray(source, stored)]),
    notes: [
      ...notesOn(stored),
      ...(cursor.bytesLeft > 0 ? [`${cursor.bytesLeft} bytes behind its end were not read`] : []),
    ],
  };
}

function notesOn({ isBinary, metric, codes }: StoredVectors): string[] {
  return [
    ...(isBinary || metric <= KNOWN_METRICS
      ? []
      : [`its metric (number ${metric} of FAISS) is none of a collection's: choose one`]),
    ...(codes.kind === "scalar"
      ? [`its vectors were ${codeNames[codes.quantizer.type]}: what is imported are these, not those that were put in`]
      : []),
  ];
}

function vectorHeader(source: SourceFile, stored: StoredVectors, isLossyTaken: boolean): ArrayHeader {
  const { codes, dim, rowCount, isBinary, place } = stored;
  if (codes.kind === "none") throw unsupported(`it keeps ${codes.what}, not the vectors`);
  const base = { fortranOrder: false, dataOffset: 0 };
  if (codes.kind === "scalar") {
    if (!isLossyTaken)
      throw unsupported(
        `its vectors are ${codeNames[codes.quantizer.type] ?? "quantized"}, with fewer bits than were put in: import them as they are by the option allow_lossy=true`,
      );
    return scalarHeader(codes.quantizer, { ...base, shape: [rowCount, dim] }, (bytes) => rowsOf(source, place, bytes));
  }
  const exact = { ...base, descr: isBinary ? "|u1" : "<f4", shape: [rowCount, isBinary ? dim / 8 : dim] };
  return typeof place === "number" ? { ...exact, dataOffset: place } : { ...exact, rows: place.codes };
}

function rowsOf(source: SourceFile, place: StoredVectors["place"], rowBytes: number): RowSource {
  return typeof place === "number" ? rowsAt(source, place, rowBytes) : place.codes;
}

function idArray(source: SourceFile, { ids, rowCount }: StoredVectors): NamedArray {
  const base = { descr: "<i8", fortranOrder: false, shape: [rowCount], dataOffset: 0 };
  const array = { name: "id", source, role: "keys" as const };
  switch (ids.kind) {
    case "position":
      return { ...array, isImplied: true, header: async () => ({ ...base, rows: rowNumbers(0) }) };
    case "lists":
      return { ...array, header: async () => ({ ...base, rows: ids.lists.ids }) };
    case "table":
      return { ...array, header: async () => ({ ...base, dataOffset: ids.offset }) };
    case "mapped": {
      const header = async (signal = new AbortController().signal) => ({
        ...base,
        rows: await mappedIds(source, ids, rowCount, signal),
      });
      return { ...array, header };
    }
  }
}

function unsupported(why: string): ImportError {
  return new ImportError("unsupported", `the FAISS index cannot be imported: ${why}`);
}
