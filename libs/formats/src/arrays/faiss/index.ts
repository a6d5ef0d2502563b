import { arrayFormat } from "../array-format.ts";

/**
 * An index file of FAISS that keeps the vectors: Flat, IVFFlat, HNSWFlat and their like, with ids of their own or without, of
 * floats or bits. It may be cut between any two vectors.
 */
export const faissFormat = arrayFormat({
  name: "faiss",
  title: "FAISS index",
  extensions: [".faiss", ".index", ".faissindex"],
  grouping: "rows",
  optionKeys: ["allow_lossy"],
  arraysOf: async ([source], options, signal) =>
    (await import("./faiss-arrays.ts")).faissArrays(source, options, signal),
});
