import { arrayFormat } from "../array-format.ts";

/**
 * Data sets of an HDF5 file, called by their paths: as h5py, ann-benchmarks (whose `train` are the vectors) and MilvusDM
 * (`embeddings`, `ids`) write them, and MATLAB from version 7.3 of its files on. It may be cut between any two rows.
 */
export const hdf5Format = arrayFormat({
  name: "hdf5",
  title: "HDF5",
  extensions: [".h5", ".hdf5", ".hdf", ".mat"],
  grouping: "rows",
  mixesAs: "arrays",
  arraysOf: async ([source], _, signal) => (await import("./hdf5-arrays.ts")).hdf5Arrays(source, signal),
});
