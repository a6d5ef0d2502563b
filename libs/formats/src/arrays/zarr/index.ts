import { arrayFormat } from "../array-format.ts";

/**
 * The arrays of a zarr store of version 2 or 3: a folder of metadata and chunks, found as a whole, since its files have no
 * extension. Source: zarr-specs.
 */
export const zarrFormat = arrayFormat({
  name: "zarr",
  title: "zarr",
  extensions: [],
  grouping: "columns",
  arraysOf: async (sources, _, signal) => (await import("./zarr-arrays.ts")).zarrArrays(sources, signal),
});
