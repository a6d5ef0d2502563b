import { type ArrayFormat, arrayFormat } from "../array-format.ts";
import { vecsArrays } from "./vecs-arrays.ts";

// Vectors of the TEXMEX corpora (SIFT, GIST), each with its dimension before it. A file is one array, called after the file.

/** Vectors of float32. */
export const fvecsFormat = vecsFormat("fvecs", "<f4");
/** Vectors of int32, such as lists of neighbours. */
export const ivecsFormat = vecsFormat("ivecs", "<i4");
/** Vectors of bytes. */
export const bvecsFormat = vecsFormat("bvecs", "|u1");

function vecsFormat(name: string, descr: string): ArrayFormat {
  const extension = `.${name}`;
  return arrayFormat({
    ...{ name, title: name, extensions: [extension] },
    grouping: "rows",
    mixesAs: "arrays",
    arraysOf: ([source]) => vecsArrays(source, { name, extension, descr }),
  });
}
