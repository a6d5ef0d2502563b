import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../../foreign-content.ts";
import { arrayFormat } from "../../array-format.ts";
import type { ArraySet } from "../../array-set.ts";
import { arraySet, MAX_DIM, malformed, readPart } from "../../one-file.ts";
import { ObjectSlots } from "./object-slots.ts";

/**
 * The objects of an NGT index, the file `obj` of its folder: vectors of float32 and, as ids, their places from 0 on, as ngtpy
 * counts them. It is read from front to back and not cut.
 */
export const ngtFormat = arrayFormat({
  name: "ngt",
  title: "NGT objects",
  extensions: [".ngt"],
  grouping: "rows",
  optionKeys: ["index_dim"],
  arraysOf: ([source], options, signal) => ngtArrays(source, options, signal),
});

const COUNT_BYTES = 8;

async function ngtArrays(
  source: SourceFile,
  options: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ArraySet> {
  const slots = Number((await readPart(source, 0, COUNT_BYTES, "the number of objects", signal)).getBigUint64(0, true));
  const { objects, dim, rowCount } = await fittingSlots(source, slots, options.index_dim, signal);
  const array = { fortranOrder: false, dataOffset: 0 };
  const vectors = { ...array, descr: "<f4", shape: [rowCount, dim], rows: objects.vectors };
  const ids = { ...array, descr: "<i8", shape: [rowCount], rows: objects.ids };
  return {
    ...arraySet("NGT objects", [
      { name: "vector", source, role: "vectors", header: async () => vectors },
      { name: "id", source, role: "keys", header: async () => ids },
    ]),
    isSequential: true,
  };
}

/** The file does not tell its dimension: what of it is no mark of a slot must be whole vectors, and marks stand between them. */
async function fittingSlots(source: SourceFile, slots: number, text: string | undefined, signal: AbortSignal) {
  const floats = (source.sizeBytes - COUNT_BYTES - slots) / 4;
  const dims = text === undefined || text === "" ? possibleDims(floats, slots) : [dimOf(text)];
  for (const dim of dims) {
    const objects = new ObjectSlots(source, COUNT_BYTES, dim);
    const rowCount = await objects.count(slots, signal);
    if (rowCount !== undefined) return { objects, dim, rowCount };
  }
  const error = malformed(`its ${slots} slots with marks and vectors of one dimension do not make its length`, 0);
  throw await withContent(error, source, signal);
}

function* possibleDims(floats: number, slots: number): Generator<number> {
  if (!Number.isInteger(floats) || floats < 1) return;
  for (let dim = 1; dim <= MAX_DIM; dim++) if (floats % dim === 0 && floats / dim < slots) yield dim;
}

function dimOf(text: string): number {
  const dim = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (dim >= 1 && dim <= MAX_DIM) return dim;
  throw new ImportError("request_invalid", `options.index_dim must be a dimension, found '${excerpt(text)}'`);
}
