import { type ArrayFormat, arrayFormat } from "../array-format.ts";
import { vecsArrays } from "./vecs-arrays.ts";

// Vectors of the TEXMEX corpora (SIFT, GIST), each with its dimension before it. A file is one array, called after the file.

export const fvecsFormat = vecsFormat("fvecs", "<f4");
export const ivecsFormat = vecsFormat("ivecs", "<i4");
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
