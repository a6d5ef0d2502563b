import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../../foreign-content.ts";
import { arrayFormat } from "../../array-format.ts";
import type { ArraySet } from "../../array-set.ts";
import { arraySet, MAX_DIM, malformed, readPart } from "../../one-file.ts";
import { Records } from "../../records.ts";

/** The data that nmslib saves beside an index (`save_data=True`): vectors as they were given, whatever the space, and ids. */
export const nmslibFormat = arrayFormat({
  name: "nmslib",
  title: "nmslib data",
  extensions: [".nmslib", ".nmslib.dat"],
  grouping: "rows",
  arraysOf: ([source], _, signal) => nmslibArrays(source, signal),
});

const COUNT_BYTES = 8;
/** Before the vector of each object: u64 length of the object, i32 id, i32 label, u64 length of the vector. */
const OBJECT_BYTES = 24;
const ID_AT = 8;
const VECTOR_LENGTH_AT = 16;

async function nmslibArrays(source: SourceFile, signal: AbortSignal): Promise<ArraySet> {
  const start = await readPart(source, 0, COUNT_BYTES + OBJECT_BYTES, "its first object", signal);
  const [rowCount, vectorBytes] = [0, COUNT_BYTES + VECTOR_LENGTH_AT].map((at) => Number(start.getBigUint64(at, true)));
  const dim = vectorBytes / 4;
  const recordBytes = OBJECT_BYTES + vectorBytes;
  const fits =
    Number.isInteger(dim) && dim >= 1 && dim <= MAX_DIM && rowCount * recordBytes + COUNT_BYTES === source.sizeBytes;
  if (!fits) {
    const reason = `it tells of ${rowCount} objects with vectors of ${vectorBytes} bytes, which do not make its length of ${source.sizeBytes}; only dense float vectors are read`;
    throw await withContent(malformed(reason, 0), source, signal);
  }
  const check = checkLengths(vectorBytes, recordBytes);
  const records = new Records({ source, offset: COUNT_BYTES, recordBytes, check });
  const array = { fortranOrder: false, dataOffset: 0 };
  const vectors = { ...array, descr: "<f4", shape: [rowCount, dim], rows: records.part(OBJECT_BYTES, vectorBytes) };
  const ids = { ...array, descr: "<i4", shape: [rowCount], rows: records.part(ID_AT, 4) };
  return arraySet("nmslib data", [
    { name: "vector", source, role: "vectors", header: async () => ({ ...vectors, pitchBytes: recordBytes - 4 }) },
    { name: "id", source, role: "keys", header: async () => ids },
  ]);
}

/** Objects may be of any length in such a file; here all are as long as the first. */
function checkLengths(vectorBytes: number, recordBytes: number) {
  return (bytes: Uint8Array, firstRow: number, rows: number): void => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let row = 0; row < rows; row++) {
      const [object, vector] = [
        view.getUint32(row * recordBytes, true),
        view.getUint32(row * recordBytes + VECTOR_LENGTH_AT, true),
      ];
      if (object === vectorBytes + 16 && vector === vectorBytes) continue;
      const at = COUNT_BYTES + (firstRow + row) * recordBytes;
      throw malformed(
        `object ${firstRow + row} is ${object} bytes long with a vector of ${vector}, those before it have ${vectorBytes}`,
        at,
      );
    }
  };
}
