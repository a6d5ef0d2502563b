import type { ArrayHeader } from "../array-column.ts";
import { chunkedRows } from "../chunked-rows.ts";
import { parseDtype } from "../dtype.ts";
import { decoded, type StoredChunks } from "./chunk-files.ts";
import { fillBytes } from "./data-types.ts";
import type { ZarrArray } from "./metadata.ts";
import { textHeader } from "./text-rows.ts";
import { malformed, unsupported } from "./unsupported.ts";

const CURE = "by ds.chunk(…) or create_array(chunks=…)";

/** What is read of an array: numbers and texts of one length as they lie, texts of any length with room for the longest. */
export async function zarrHeader(array: ZarrArray, stored: StoredChunks, signal: AbortSignal): Promise<ArrayHeader> {
  const { name, shape, elements } = array;
  if (shape.length < 1 || shape.length > 2)
    throw unsupported(name, `has ${shape.length} dimensions: a table has one or two`);
  if (!Number.isSafeInteger(shape.reduce((product, size) => product * Math.max(1, size), 16)))
    throw malformed(name, `is larger than any store: (${shape.join(", ")})`);
  if (elements === "text") return await textHeader(array, stored, signal);
  const { descr } = elements;
  const itemBytes = parseDtype(descr)?.itemBytes;
  if (itemBytes === undefined) return { descr, fortranOrder: false, shape, dataOffset: 0 };
  const { missing } = array;
  return { descr, fortranOrder: false, shape, dataOffset: 0, missing, rows: numberRows(array, stored, itemBytes) };
}

function numberRows(array: ZarrArray, stored: StoredChunks, itemBytes: number) {
  const { name, shape, chunk, codecs, isTurned } = array;
  const chunkBytes = chunk.reduce((product, size) => product * size, itemBytes);
  const fill = () => fillBytes(array.elements, array.fill, name);
  return chunkedRows({
    ...{ title: `array '${name}'`, cure: CURE, chunk, itemBytes },
    counts: shape.map((size, i) => Math.ceil(size / chunk[i])),
    rowItems: shape[1] ?? 1,
    fill: undefined,
    load: async (place, signal) => {
      const found = await stored(place, signal);
      if (!found) return filled(chunkBytes, fill(), name);
      const bytes = decoded(codecs, found.bytes, chunkBytes, found.file, found.byteOffset);
      return isTurned && chunk.length === 2 ? turned(bytes, chunk, itemBytes) : bytes;
    },
  });
}

function filled(bytes: number, fill: Uint8Array | undefined, name: string): Uint8Array {
  if (!fill) throw malformed(name, "lacks a chunk, and tells no value for what was never written");
  const target = new Uint8Array(bytes);
  if (fill.some((byte) => byte !== 0)) for (let at = 0; at < bytes; at += fill.length) target.set(fill, at);
  return target;
}

/** Elements of a chunk row by row, that lie column by column. */
function turned(bytes: Uint8Array, [rows, columns]: readonly number[], itemBytes: number): Uint8Array {
  const target = new Uint8Array(bytes.length);
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) {
      const [from, to] = [(column * rows + row) * itemBytes, (row * columns + column) * itemBytes];
      for (let k = 0; k < itemBytes; k++) target[to + k] = bytes[from + k];
    }
  return target;
}
